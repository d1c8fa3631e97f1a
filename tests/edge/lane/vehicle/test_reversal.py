"""S2: what comes under an arm on its way down, at whatever moment, raises it at once; in virtual time, on the real
thread, driver and lane."""

from __future__ import annotations

import queue
from collections import deque
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.door.modbus_board import ModbusBoard
from devices.door.profiles import PROFILES
from devices.sim.relay_board import RelayBoardSim
from edge.lane import board as door_module
from edge.lane.board import Pulse
from edge.lane.inbox import Item, LoopsRead
from edge.lane.states import Relock
from edge.lane.vehicle import board as module
from edge.lane.vehicle.board import BarrierThread, BarrierWiring
from edge.lane.vehicle.machine import step
from edge.lane.vehicle.states import Granted, Open, PermitClose, Phase, VehicleLane
from models.values.ids import new_id
from tests.edge.lane.vehicle.promises import A, run
from tests.edge.lane.vehicle.test_stories import ARRIVES, PASSAGE

ANSWER_S = 0.025  # 8 and 6 bytes at 9600 8N1, and a slow board
OPEN, CLOSE = 1, 2
WIRING = BarrierWiring(open=OPEN, close=CLOSE, arming=1, safety=2, closing=3, up=4, down=5, beam=7)
FREE = (False, True, True, False, False, False, True, False)
"""Nobody at the arming loop, closed contacts where nothing stands, the arm between its ends."""


class Bus:
    """The line to the board on which time passes. `taken`: the terminal that opens, from `at` on, for `for_s`."""

    def __init__(self, taken: int, at: float, for_s: float = 1e9) -> None:
        self.now, self.taken, self.at, self.for_s = 0.0, taken, at, for_s
        self.sim = RelayBoardSim(clock=self.clock)
        self.under_way = b""
        self.orders: list[tuple[float, int, bool]] = []

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def write(self, data: bytes) -> None:
        if data[1] == 5:  # the output call, when it is made
            self.orders.append((self.now, data[3] + 1, data[2] == 2))
        self.now += ANSWER_S / 2
        busy = self.at <= self.now < self.at + self.for_s
        self.sim.set_inputs([level and not (busy and n == self.taken) for n, level in enumerate(FREE, 1)])
        self.under_way = self.sim.answer(data, data[0], data[1:-2])[0][1]

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        self.now += ANSWER_S / 2 if self.under_way else timeout_s
        answer, self.under_way = self.under_way, b""
        return answer

    def drain(self) -> None:
        self.under_way = b""

    def close(self) -> None:
        pass


class Jobs:
    """The thread's queue, on which waiting lets time pass."""

    def __init__(self, bus: Bus) -> None:
        self._bus, self._jobs = bus, deque[Pulse | Relock | None]()

    def put(self, job: Pulse | Relock | None) -> None:
        self._jobs.append(job)

    def get(self, timeout: float) -> Pulse | Relock | None:
        if not self._jobs:
            self._bus.now += timeout
            raise queue.Empty
        return self._jobs.popleft()

    def get_nowait(self) -> Pulse | Relock | None:
        return self._jobs.popleft()

    def empty(self) -> bool:
        return not self._jobs


class Lane:
    """The lane behind the thread: it hears of the loops and orders, at once. It begins with leave to come down."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.lane: VehicleLane = run(ARRIVES, Granted(A, 0.0), *PASSAGE)[0]
        assert self.lane.phase is Phase.LOWERING
        self.thread: BarrierThread
        self.began = False

    def put(self, item: Item) -> None:
        if not isinstance(item, LoopsRead):
            return
        if not self.began:
            self.began = True
            self.thread.relock()
        self.lane, does = step(self.lane, item.contacts, self.bus.now)
        for do in does:
            if isinstance(do, Open):
                self.thread.pulse(do.correlation or new_id())
            elif isinstance(do, PermitClose):
                self.thread.relock()


def closing(bus: Bus, until_s: float) -> Lane:
    """The thread's own loop over `bus` until then."""
    board = ModbusBoard(bus, PROFILES["waveshare-8"], clock=bus.clock, wait=bus.wait)
    lane = Lane(bus)
    lane.thread = BarrierThread("car", lambda: board, WIRING, lane)  # type: ignore[arg-type]  # a board of this test
    lane.thread._jobs = Jobs(bus)
    lane.thread._stopping = SimpleNamespace(is_set=lambda: bus.now > until_s, wait=bus.wait)
    with pytest.MonkeyPatch.context() as patch:
        for each in (door_module, module):
            patch.setattr(each, "time", SimpleNamespace(monotonic=bus.clock))
        lane.thread.run()
    return lane


@pytest.mark.req("LANE-17")
@settings(deadline=None, max_examples=150)
@given(at=st.floats(0.3, 4.0), terminal=st.sampled_from([WIRING.safety, WIRING.closing, WIRING.beam]))
def test_s2_whatever_comes_under_a_closing_arm_raises_it_within_50_ms_whenever_it_comes(
    at: float, terminal: int
) -> None:
    bus = Bus(terminal, at)
    lane = closing(bus, at + 1.0)
    assert [order[1:] for order in bus.orders if order[0] < at] == [(CLOSE, True)], "it was on its way down"
    after = [order for order in bus.orders if order[0] >= at]
    assert after and after[0][0] - at <= 0.050, "to the first output call"
    assert (OPEN, True) in [order[1:] for order in after] and (CLOSE, True) not in [order[1:] for order in after]
    assert lane.lane.phase is Phase.RAISED


@pytest.mark.req("LANE-17")
@settings(deadline=None, max_examples=40)
@given(at=st.floats(0.3, 4.0))
def test_an_arm_that_nothing_comes_under_is_let_down_once_and_never_raised(at: float) -> None:
    bus = Bus(WIRING.safety, at, for_s=0.0)
    closing(bus, at + 1.0)
    assert [order[1:] for order in bus.orders] == [(CLOSE, True)]
