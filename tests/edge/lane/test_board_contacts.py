"""What the board's thread sees of its contacts, in virtual time: its own loop, the real driver, a bus that loses."""

from __future__ import annotations

import queue
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.door.modbus_board import ModbusBoard
from devices.door.profiles import PROFILES
from devices.sim.relay_board import RelayBoardSim
from edge.lane import board as module
from edge.lane.board import LOST_AFTER_S, BoardThread, Wiring
from edge.lane.inbox import BoardDown, ContactsRead, Item

ANSWER_S = 0.025  # 8 and 6 bytes at 9600 8N1, and a slow board
EXIT = 2


class Bus:
    """A serial line on which reading lets time pass. `pressed` is the exit button, `lost` whether an answer is lost."""

    def __init__(self, pressed: Callable[[float], bool], lost: Callable[[float], bool] = lambda now: False):
        self.now, self.pressed, self.lost = 0.0, pressed, lost
        self.sim = RelayBoardSim(clock=self.clock)
        self.under_way = b""

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def write(self, data: bytes) -> None:
        self.now += ANSWER_S / 2
        self.sim.set_inputs([True, self.pressed(self.now), True])
        answer = self.sim.answer(data, data[0], data[1:-2])[0][1]
        self.under_way = b"" if self.lost(self.now) else answer

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        self.now += ANSWER_S / 2 if self.under_way else timeout_s
        answer, self.under_way = self.under_way, b""
        return answer

    def drain(self) -> None:
        self.under_way = b""

    def close(self) -> None:
        pass


class Told(queue.Queue[Item]):
    """What the thread told, and when."""

    def __init__(self, bus: Bus):
        super().__init__()
        self.bus, self.items = bus, list[tuple[float, Item]]()

    def put(self, item: Item, block: bool = True, timeout: float | None = None) -> None:
        self.items.append((self.bus.now, item))

    def pressed(self) -> list[bool]:
        return [item.contacts.exit_pressed for _, item in self.items if isinstance(item, ContactsRead)]

    def down(self) -> list[float]:
        return [at for at, item in self.items if isinstance(item, BoardDown)]


def watched(bus: Bus, until_s: float) -> Told:
    """Let the thread's own loop run over `bus` until then."""
    board = ModbusBoard(bus, PROFILES["waveshare-8"], clock=bus.clock, wait=bus.wait)
    told = Told(bus)
    thread = BoardThread("lane", lambda: board, Wiring(), told)

    def nothing_to_do(timeout: float) -> None:
        bus.now += timeout
        raise queue.Empty

    thread._jobs = SimpleNamespace(get=nothing_to_do, empty=lambda: True)
    thread._stopping = SimpleNamespace(is_set=lambda: bus.now > until_s, wait=bus.wait)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "time", SimpleNamespace(monotonic=bus.clock))
        thread.run()
    return told


@pytest.mark.req("LANE-17")
@settings(deadline=None, max_examples=60)
@given(st.floats(0.3, 0.6), st.floats(0.401, 1.5), st.floats(-0.3, 1.5))
def test_any_pulse_longer_than_400_ms_is_seen_also_when_an_answer_is_lost_meanwhile(
    begins: float, lasts: float, loses_after: float
) -> None:
    lost: list[float] = []

    def lose_one(now: float) -> bool:
        if not lost and now >= begins + loses_after:
            lost.append(now)
            return True
        return False

    told = watched(Bus(lambda now: begins <= now < begins + lasts, lose_one), until_s=begins + lasts + 1.0)
    assert told.pressed() == [False, True, False]
    assert not told.down()


@pytest.mark.req("LANE-17")
@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0.0, 0.029), max_size=20), st.data())
def test_no_bounce_shorter_than_a_poll_is_taken_for_a_level(bounces: list[float], data: st.DataObject) -> None:
    pressed, now = list[tuple[float, float]](), 0.3
    for lasts in bounces:
        now += data.draw(st.floats(0.06, 0.2))
        pressed.append((now, now + lasts))
        now += lasts
    told = watched(Bus(lambda now: any(a <= now < b for a, b in pressed)), until_s=now + 0.5)
    assert told.pressed() == [False]


@settings(deadline=None, max_examples=60)
@given(st.floats(0.3, 0.6), st.floats(0.1, 6.0))
def test_a_level_too_old_to_count_is_unknown_and_what_is_told_next_was_read_anew(fails_at: float, for_s: float) -> None:
    def lost(now: float) -> bool:
        return fails_at <= now < fails_at + for_s

    told = watched(Bus(lambda now: now >= fails_at, lost), until_s=fails_at + for_s + 4.0)
    assert told.pressed() == [False, True]
    again = next(at for at, item in told.items if isinstance(item, ContactsRead) and item.contacts.exit_pressed)
    if told.down():
        assert fails_at + LOST_AFTER_S - 0.1 <= told.down()[0] < again
    else:
        assert for_s < 2 * LOST_AFTER_S, "nobody was told that the contacts are unknown"
