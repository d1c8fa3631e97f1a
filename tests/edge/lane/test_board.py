"""The board's thread on a real serial line, with a simulated board that misbehaves at the other end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from devices.door.paired import open_pair
from devices.errors import Unreachable
from devices.fault_words import cause_zh
from devices.ports import RelayBoard
from devices.registry import open_relay_board
from devices.sim.door import Deed
from devices.sim.gate import SimulatedGate
from devices.sim.lcus import LcusPort
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault
from devices.sim.serve import Serving
from edge.lane import board as module
from edge.lane.board import BoardThread, Wiring
from edge.lane.inbox import BoardDown, ContactsRead, HoldChanged, Item, Pulsed
from edge.lane.node_fire import NodeFire
from models.values.ids import new_id

Until = Callable[[Callable[[], object]], None]
ITEM = TypeVar("ITEM")
LOCK = 1
WIRING = Wiring(pulse_ms=300)


class Stand:
    """One door, and the thread under test. Its inbox is read by nobody but the test: a gate's thread that is stuck."""

    def __init__(self, folder: Path, until: Until):
        self.until = until
        self.gate = SimulatedGate(folder, fail_safe=False)
        self.gate.start()
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.heard: list[Item] = []
        self.thread: BoardThread | None = None
        self.serving: Serving | None = None

    def start(self, hold: bool = False, profile: str = "waveshare-8", wiring: Wiring = WIRING) -> BoardThread:
        """A fresh thread that has read the contacts once."""
        address = self.gate.board_address.replace("waveshare-8", profile)
        self.heard, self.inbox = [], queue.Queue()
        self.thread = BoardThread("lane", partial(open_relay_board, address), wiring, self.inbox, hold)
        self.thread.start()
        self.until(lambda: self.all(ContactsRead))
        return self.thread

    def stop(self) -> None:
        if self.thread is not None:
            self.thread.stop()
            self.thread.join()
            self.thread = None

    def close(self) -> None:
        self.stop()
        if self.serving is not None:
            self.serving.close()
        self.gate.close()

    def all(self, kind: type[ITEM]) -> list[ITEM]:
        """Everything of one kind that the thread has told so far."""
        while not self.inbox.empty():
            self.heard.append(self.inbox.get_nowait())
        return [item for item in self.heard if isinstance(item, kind)]

    def edges(self) -> list[bool]:
        return [edge.on for edge in self.gate.board.edges() if edge.channel == LOCK]

    def held(self) -> bool:
        return self.gate.board.output(LOCK)


@pytest.fixture
def stand(tmp_path: Path, until: Until) -> Iterator[Stand]:
    stand = Stand(tmp_path, until)
    yield stand
    stand.close()


def test_a_pulse_is_confirmed_by_reading_back_and_ends_by_itself(stand: Stand) -> None:
    thread, correlation = stand.start(), new_id()
    thread.pulse(correlation)
    stand.until(lambda: stand.all(Pulsed))
    (pulsed,) = stand.all(Pulsed)
    assert (pulsed.correlation, pulsed.fault) == (correlation, None)
    stand.until(lambda: stand.edges() == [True, False])


BAD = [
    (Fault.STUCK,), (Fault.SILENT,), (Fault.DEAF_ANSWER,), (Fault.GARBLED,), (Fault.WRONG,), (Fault.ECHOING,),
    (Fault.ECHOING, Fault.SILENT), (Fault.LATE,), (Fault.TWICE,), (Fault.SPEED,), (Fault.ANOTHER,), (Fault.SECOND,),
]  # fmt: skip


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("faults", BAD, ids=lambda faults: "+".join(fault.name for fault in faults))
def test_no_misbehaviour_of_the_board_is_ever_called_confirmed(stand: Stand, faults: tuple[Fault, ...]) -> None:
    """Confirmed is said only when the relay did move, and it moves at most once."""
    thread = stand.start()
    stand.gate.board.fault(*faults)
    thread.pulse(new_id())
    stand.until(lambda: stand.all(Pulsed))
    (pulsed,) = stand.all(Pulsed)
    moved = True in stand.edges()
    assert pulsed.fault is not None or moved
    assert pulsed.fault is None or not (pulsed.known and moved), "what may have opened is never called surely shut"
    assert faults != (Fault.STUCK,) or pulsed.known, "reading back says that it stayed off"
    if faults[0] not in (Fault.ECHOING, Fault.LATE, Fault.TWICE, Fault.SECOND):
        assert pulsed.fault is not None and ": " in pulsed.fault
    stand.gate.board.fault()
    stand.gate.do(Deed.HOLD)
    stand.gate.do(Deed.FORCE)
    stand.until(lambda: not stand.all(ContactsRead)[-1].contacts.closed)  # by now it works as before
    assert stand.edges().count(True) <= 1


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("fault", [Fault.SPEED, Fault.ANOTHER])
def test_a_board_at_another_speed_or_under_anothers_number_is_told_and_what_it_says_is_not_believed(
    stand: Stand, fault: Fault
) -> None:
    thread = stand.start()
    stand.gate.board.fault(fault)
    stand.gate.do(Deed.PRESS_EXIT)
    stand.until(lambda: stand.all(BoardDown))
    (down,) = stand.all(BoardDown)
    assert down.detail.startswith("Garbled: ") and "波特率" in cause_zh(down.detail)
    assert [read.contacts.exit_pressed for read in stand.all(ContactsRead)] == [False]
    thread.pulse(new_id())
    stand.until(lambda: stand.all(Pulsed))
    assert str(stand.all(Pulsed)[0].fault).startswith("Garbled: ")


@pytest.mark.req("ACC-23")
def test_a_pulse_asked_for_while_the_board_was_silent_is_not_made_up_for_when_it_is_back(stand: Stand) -> None:
    """The lane asked in the second before it heard that the board is gone."""
    thread = stand.start()
    stand.gate.board.fault(Fault.SILENT)
    thread.pulse(new_id())
    stand.until(lambda: stand.all(BoardDown))
    thread.pulse(new_id())
    stand.until(lambda: len(stand.all(Pulsed)) == 2)
    assert all(pulsed.fault for pulsed in stand.all(Pulsed)), "each is answered, with the reason"
    told = len(stand.all(ContactsRead))
    stand.gate.board.fault()
    stand.until(lambda: len(stand.all(ContactsRead)) > told)
    assert stand.edges() == [] and len(stand.all(BoardDown)) == 1


@pytest.mark.req("ACC-16", "ACC-23")
def test_a_pulse_that_could_not_begin_in_time_is_dropped(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = stand.start()
    monkeypatch.setattr(module, "PULSE_WAITS_S", -1.0)
    thread.pulse(new_id())
    stand.until(lambda: stand.all(Pulsed))
    assert str(stand.all(Pulsed)[0].fault).startswith("Late: ") and stand.edges() == []


@pytest.mark.req("ACC-23")
def test_an_unplugged_board_is_told_and_found_again_and_makes_up_for_nothing(stand: Stand, tmp_path: Path) -> None:
    thread = stand.start()
    line = stand.gate._board_line
    path = Path(line.path)
    line.close()
    thread.pulse(new_id())
    stand.until(lambda: stand.all(BoardDown))
    thread.pulse(new_id())  # asked by a lane that had not heard of it yet
    stand.until(lambda: len(stand.all(Pulsed)) == 2)
    assert all(pulsed.fault for pulsed in stand.all(Pulsed))
    told = len(stand.all(ContactsRead))
    stand.serving = Serving(stand.gate.board, PtyLine(path))
    stand.until(lambda: len(stand.all(ContactsRead)) > told)
    assert stand.edges() == [], "nothing that was asked of it while it was gone is done now"


@pytest.mark.req("ACC-22")
def test_fire_is_held_although_nobody_in_the_node_listens_and_until_the_hold_is_taken_back(stand: Stand) -> None:
    thread = stand.start()
    stand.gate.do(Deed.FIRE)
    stand.until(stand.held)
    stand.gate.do(Deed.FIRE_OVER)
    stand.until(lambda: [read.contacts.fire for read in stand.all(ContactsRead)] == [False, True, False])
    thread.pulse(new_id())
    stand.until(lambda: stand.all(Pulsed))
    assert stand.held() and stand.edges() == [True], "the loop is healthy again, and still a person must end it"
    thread.hold(True)
    thread.hold(False)
    stand.until(lambda: len(stand.all(HoldChanged)) == 2)
    assert stand.edges() == [True, False]
    assert [(done.held, done.fault) for done in stand.all(HoldChanged)] == [(True, None), (False, None)]


@pytest.mark.req("ACC-22")
@pytest.mark.parametrize("profile", ["waveshare-8", "plain-8"])
def test_fire_in_the_middle_of_a_pulse_outlives_the_pulse(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    thread = stand.start(profile=profile, wiring=Wiring(pulse_ms=60_000))
    thread.pulse(new_id())
    stand.until(stand.held)
    stand.gate.do(Deed.FIRE)
    stand.until(lambda: stand.all(HoldChanged))  # long before the pulse would have ended
    if profile == "plain-8":
        thread._off_at = 0.0  # now it is over
    told = len(stand.all(ContactsRead))
    stand.gate.do(Deed.PULL)
    stand.until(lambda: len(stand.all(ContactsRead)) > told)
    assert stand.edges() == [True]


@pytest.mark.req("ACC-22")
def test_a_board_that_forgets_a_hold_is_told_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its power was gone for a moment, and back before anybody missed an answer."""
    monkeypatch.setattr(module, "HOLD_CHECK_S", 0.0)
    stand.start()
    stand.gate.do(Deed.FIRE)
    stand.until(stand.held)
    stand.gate.board._write(LOCK - 1, 0x0000, True)
    stand.until(lambda: stand.edges() == [True, False, True])


@pytest.mark.req("ACC-22", "ACC-23")
def test_a_relay_that_sticks_in_a_fire_is_told_and_the_fire_is_too(stand: Stand) -> None:
    stand.start()
    stand.gate.board.fault(Fault.STUCK)
    stand.gate.do(Deed.FIRE)
    stand.until(lambda: any(read.contacts.fire for read in stand.all(ContactsRead)))
    (said,) = stand.all(HoldChanged)
    assert said.held and "NotConfirmed" in str(said.fault)
    stand.gate.board.fault()
    stand.until(stand.held)
    stand.until(lambda: stand.all(HoldChanged)[-1].fault is None)


@pytest.mark.req("ACC-22", "ACC-23")
@pytest.mark.parametrize("unplugged", [False, True])
def test_a_board_that_is_silent_when_a_fire_begins_elsewhere_says_that_its_lock_was_not_released(
    stand: Stand, unplugged: bool
) -> None:
    """Silent on an open line, or the line itself gone: either way nobody may be sent to this door unwarned."""
    thread = stand.start()
    if unplugged:
        stand.gate._board_line.close()
    else:
        stand.gate.board.fault(Fault.SILENT)
    stand.until(lambda: stand.all(BoardDown))
    thread._fire.tell("neighbour", True)
    stand.until(lambda: stand.all(HoldChanged))
    (said,) = stand.all(HoldChanged)
    assert said.held and said.fault is not None
    if not unplugged:
        stand.gate.board.fault()
        stand.until(lambda: stand.all(HoldChanged)[-1].fault is None)
        assert stand.held()


@pytest.mark.req("ACC-22", "ACC-23")
def test_a_restart_in_a_fire_moves_nothing(stand: Stand) -> None:
    stand.start()
    stand.gate.do(Deed.FIRE)
    stand.until(stand.held)
    stand.stop()
    assert stand.held(), "stopping secures nothing"
    stand.gate.do(Deed.FIRE_OVER)
    stand.start(hold=True)
    stand.until(lambda: stand.all(HoldChanged))
    assert stand.edges() == [True]


@pytest.mark.req("ACC-23")
def test_a_hundred_restarts_move_no_output(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """S10, also while the exit button is held down by something. Fast form: only the wait between polls is shorter."""
    monkeypatch.setattr(module, "POLL_S", 0.001)
    for number in range(100):
        if number == 50:
            stand.gate.do(Deed.PRESS_EXIT)
        stand.start()
        stand.stop()
    assert stand.gate.board.edges() == ()


def test_while_a_board_pulses_that_cannot_end_it_itself_the_contacts_are_still_read(stand: Stand) -> None:
    """The door is used and shut again long before the pulse is over; nothing of that is missed."""
    thread = stand.start(profile="plain-8", wiring=Wiring(pulse_ms=60_000))
    stand.gate.do(Deed.PULL)
    thread.pulse(new_id())
    stand.until(lambda: [read.contacts.closed for read in stand.all(ContactsRead)] == [True, False, True])
    assert stand.all(Pulsed)[0].fault is None and stand.held()
    stand.stop()
    assert not stand.held(), "a pulse that only the node can end is ended when it stops"


@pytest.mark.req("LANE-19")
def test_a_board_that_only_obeys_is_never_called_seen_and_is_held_for_fire_by_its_neighbours_contacts(
    stand: Stand, tmp_path: Path
) -> None:
    lock = LcusPort(tmp_path / "lock")
    contacts = partial(open_relay_board, stand.gate.board_address.replace("waveshare-8", "inputs-8"))
    pair = partial(open_pair, partial(open_relay_board, lock.address), contacts)
    stand.thread = thread = BoardThread("lane", pair, WIRING, stand.inbox)
    thread.start()
    stand.until(lambda: stand.all(ContactsRead))
    thread.pulse(new_id())
    stand.until(lambda: [edge.on for edge in lock.board.edges()] == [True, False])
    stand.gate.do(Deed.FIRE)
    stand.until(lambda: stand.all(HoldChanged))
    (pulsed,), (held,) = stand.all(Pulsed), stand.all(HoldChanged)
    assert (pulsed.fault, pulsed.seen, held.fault, held.seen) == (None, False, None, False)
    lock.close()
    stand.until(lambda: stand.all(BoardDown))


@pytest.mark.req("SEC-12")
def test_the_contacts_that_not_every_lane_has_are_heard_in_their_own_sense(stand: Stand) -> None:
    """Tamper and beam are closed loops: opening one or cutting its cable is the alarm. A turnstile's contacts close."""

    def heard() -> tuple[bool, bool, bool, bool]:
        now = stand.all(ContactsRead)[-1].contacts
        return now.tamper, now.beam, now.passed, now.timeout

    for channel in (4, 5):
        stand.gate.board.set_input(channel, True)
    stand.start(wiring=Wiring(pulse_ms=300, tamper=4, beam=5, passed=6, timeout=7))
    assert heard() == (False, False, False, False)
    for channel, closed, told in ((4, False, 0), (5, False, 1), (6, True, 2), (7, True, 3)):
        stand.gate.board.set_input(channel, closed)
        stand.until(lambda told=told: heard()[told])
        stand.gate.board.set_input(channel, not closed)
        stand.until(lambda told=told: not heard()[told])
    assert stand.edges() == [], "none of them moves the lock"


@pytest.mark.req("ACC-22")
def test_a_fire_at_one_lane_releases_every_lane_of_the_node_until_every_input_is_healthy(
    stand: Stand, tmp_path: Path
) -> None:
    """Also the lane that has no input of its own, and with nobody reading the inbox."""
    fire = NodeFire()
    with SimulatedGate(tmp_path / "other", name="other") as other:
        stand.thread = BoardThread(
            "lane", partial(open_relay_board, stand.gate.board_address), WIRING, stand.inbox, fire=fire
        )
        blind = Wiring(fire_input=None, pulse_ms=300)
        inbox: queue.Queue[Item] = queue.Queue()
        neighbour = BoardThread("other", partial(open_relay_board, other.board_address), blind, inbox, fire=fire)
        stand.thread.start()
        neighbour.start()
        stand.until(lambda: stand.all(ContactsRead) and not inbox.empty())
        stand.gate.do(Deed.FIRE)
        stand.until(lambda: stand.held() and other.board.output(LOCK))
        told = []
        stand.until(lambda: told.extend([inbox.get()] if not inbox.empty() else []) or any(
            isinstance(item, ContactsRead) and item.contacts.fire for item in told))  # fmt: skip
        burns = [item.fire_at for item in told if isinstance(item, ContactsRead) and item.contacts.fire]
        assert burns == [("lane",)], "and it is told where the fire was seen"
        stand.gate.do(Deed.FIRE_OVER)
        stand.until(lambda: not stand.all(ContactsRead)[-1].contacts.fire)
        assert stand.held() and other.board.output(LOCK), "what is held is held until a person ends it"
        neighbour.hold(False)
        stand.thread.hold(False)
        stand.until(lambda: not stand.held() and not other.board.output(LOCK))
        neighbour.stop()
        neighbour.join()


@pytest.mark.req("ACC-22")
def test_a_lane_that_falls_silent_in_a_fire_goes_on_burning() -> None:
    fire, woken = NodeFire(), []
    fire.on_fire(lambda: woken.append(True))
    fire.tell("a", True)
    fire.tell("a", True)
    fire.tell("b", False)
    assert fire.anywhere and woken == [True]
    fire.tell("a", False)
    assert not fire.anywhere


@pytest.mark.req("ACC-22")
def test_a_fire_that_was_over_before_a_blocked_board_came_back_still_opens_its_door(
    stand: Stand, tmp_path: Path
) -> None:
    """Only a person ends what a fire began, also at a lane that did not look while it burned."""
    fire, plugged = NodeFire(), threading.Event()
    with SimulatedGate(tmp_path / "other", name="other") as other:

        def opened() -> RelayBoard:
            if not plugged.is_set():
                raise Unreachable("unplugged")
            return open_relay_board(other.board_address)

        inbox: queue.Queue[Item] = queue.Queue()
        late = BoardThread("other", opened, Wiring(pulse_ms=300), inbox, fire=fire)
        late.start()
        fire.tell("lane", True)
        fire.tell("lane", False)
        plugged.set()
        stand.until(lambda: other.board.output(LOCK))
        told: list[bool] = []

        def both() -> bool:
            item = inbox.get(timeout=30)
            if isinstance(item, ContactsRead):
                told.append(item.contacts.fire)
            return len(told) == 2

        stand.until(both)
        assert told == [True, False], "the lane hears of the fire, and that it may be ended"
        assert other.board.output(LOCK)
        late.hold(False)
        stand.until(lambda: not other.board.output(LOCK))
        late.stop()
        late.join()
