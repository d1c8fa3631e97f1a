"""A lift on a real serial line: its floors for a while after a grant, and its normal mode whenever we are not well."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from devices.errors import Unreachable
from devices.ports import RelayBoard
from devices.registry import open_relay_board
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.serve import Serving
from edge.lane import lift as module
from edge.lane.board import Wiring
from edge.lane.inbox import ContactsRead, HoldChanged, Item, Pulsed
from edge.lane.lift import LiftLock, LiftThread, LiftWiring
from edge.lane.machine import step
from edge.lane.states import Contacts, DoorLane, Granted, Phase, ReportPassage, Settings, Tick
from models.access.lifts import FloorsOf, Lift
from models.values.ids import new_id
from tests.edge.lane.bench import Bench

Until = Callable[[Callable[[], object]], None]
RESTRICT, FLOOR_1, FLOOR_11 = 8, 1, 2
WIRING = Wiring(door_contact=None, exit_button=None, fire_input=3, pulse_ms=300)


class LiftStand:
    """A lift's board, its fire contact healthy, and the thread that owns it."""

    def __init__(self, folder: Path):
        self.board = RelayBoardSim()
        self.board.set_input(3, True)
        self.line = PtyLine(folder / "lift")
        self.serving = Serving(self.board, self.line)
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.heard: list[Item] = []
        address = f"modbus+serial://{self.line.path}?profile=waveshare-8"
        lift = LiftWiring(RESTRICT, {"1": FLOOR_1, "11": FLOOR_11})
        self.thread = LiftThread("lift", partial(open_relay_board, address), WIRING, lift, self.inbox, renew_s=0.1)

    def all(self, kind: type[Item]) -> list[Item]:
        while not self.inbox.empty():
            self.heard.append(self.inbox.get_nowait())
        return [item for item in self.heard if isinstance(item, kind)]

    def moved(self, *channels: int) -> list[tuple[int, bool]]:
        return [(edge.channel, edge.on) for edge in self.board.edges() if edge.channel in channels]

    def close(self) -> None:
        self.thread.stop()
        if self.thread.is_alive():
            self.thread.join()
        self.serving.close()
        self.line.close()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[LiftStand]:
    stand = LiftStand(tmp_path)
    yield stand
    stand.close()


@pytest.mark.req("ACC-29")
def test_a_grant_frees_its_floors_for_a_while_and_no_other(stand: LiftStand, until: Until) -> None:
    stand.thread.start()
    until(lambda: stand.board.output(RESTRICT))
    assert stand.moved(FLOOR_1, FLOOR_11) == [], "restricting frees nothing"
    stand.thread.free(correlation := new_id(), ("11",))
    until(lambda: stand.all(Pulsed))
    (pulsed,) = stand.all(Pulsed)
    assert isinstance(pulsed, Pulsed) and (pulsed.correlation, pulsed.fault) == (correlation, None)
    until(lambda: stand.moved(FLOOR_1, FLOOR_11) == [(FLOOR_11, True), (FLOOR_11, False)])


@pytest.mark.req("LANE-27", "ACC-29")
def test_a_floor_that_was_freed_is_freed_no_more_once_an_ebike_is_in_the_lift(stand: LiftStand, until: Until) -> None:
    stand.board.set_input(1, False)
    stand.thread.start()
    until(lambda: stand.board.output(RESTRICT))
    lock = LiftLock(stand.thread, lambda: None)
    stand.thread.free(new_id(), ("11",))
    until(lambda: stand.board.output(FLOOR_11))
    lock.relock()
    until(lambda: not stand.board.output(FLOOR_11))
    assert stand.board.output(RESTRICT), "and no other button works either"


@pytest.mark.req("ACC-29", "ACC-23")
def test_after_our_death_the_board_itself_lets_the_lift_go(
    stand: LiftStand, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESTRICT_MS", 400)
    stand.thread.start()
    until(lambda: stand.board.output(RESTRICT))
    time.sleep(0.6)  # longer than one pulse: it is renewed, and never falls in between
    assert stand.moved(RESTRICT) == [(RESTRICT, True)]
    stand.thread.stop()
    stand.thread.join()
    until(lambda: stand.moved(RESTRICT) == [(RESTRICT, True), (RESTRICT, False)])


@pytest.mark.req("ACC-29", "ACC-22")
def test_fire_lets_the_lift_go_until_a_person_ends_it(stand: LiftStand, until: Until) -> None:
    stand.thread.start()
    until(lambda: stand.board.output(RESTRICT))
    stand.board.set_input(3, False)
    until(lambda: not stand.board.output(RESTRICT))
    until(lambda: any(isinstance(one, HoldChanged) and one.held for one in stand.all(HoldChanged)))
    stand.board.set_input(3, True)
    until(lambda: [one.contacts.fire for one in stand.all(ContactsRead) if isinstance(one, ContactsRead)][-1] is False)
    stand.thread.free(new_id(), ("1",))
    until(lambda: stand.all(Pulsed))
    assert not stand.board.output(RESTRICT) and not stand.moved(FLOOR_1), "the contact alone ends no fire"
    stand.thread.hold(False)
    until(lambda: stand.board.output(RESTRICT))


@pytest.mark.req("ACC-29")
def test_a_lift_that_is_found_burning_is_never_restricted(stand: LiftStand, until: Until) -> None:
    stand.board.set_input(3, False)
    stand.thread.start()
    until(lambda: stand.all(ContactsRead))
    assert stand.moved(RESTRICT) == []


def test_nobody_claims_to_know_whether_somebody_rode() -> None:
    lane = DoorLane(settings=Settings(release_s=5.0, senses_passage=False))
    lane, _ = step(lane, Contacts(closed=True, exit_pressed=False, fire=False), 0.0)
    lane, _ = step(lane, Granted(correlation := new_id()), 1.0)
    lane, does = step(lane, Tick(), 10.0)
    assert lane.phase is Phase.SECURED and does == (ReportPassage(correlation, False, "not_sensed"),)


def _nowhere() -> RelayBoard:
    raise Unreachable("no board")


@pytest.mark.req("ACC-29")
def test_a_recognition_frees_the_floors_of_its_decision_once_that_is_on_disk(bench: Bench) -> None:
    freed: list[tuple[tuple[str, ...], int]] = []

    class Hands(LiftThread):
        """Never started: what it is told is all that is asked here."""

        def free(self, correlation: UUID, floors: tuple[str, ...]) -> None:
            freed.append((floors, bench.journal.head()[0]))

    shell = bench.gate.lane("east-in")
    thread = Hands("east-in", _nowhere, WIRING, LiftWiring(RESTRICT, {}), bench.inbox)
    shell.lift = Lift(floors=frozenset({"1", "11", "12"}), common=frozenset({"1"}))
    shell.lock = LiftLock(thread, lambda: shell.last)
    pass_id, token = bench.authority.a_pass()
    own = FloorsOf(subject_id=pass_id, lanes=frozenset({shell.lane.lane_id}), floors=frozenset({"11"}))
    bench.rules(more={"floors": (own,)})
    bench.scan(token)
    bench.scan(bench.authority.a_pass()[1])
    assert [floors for floors, _ in freed] == [("1", "11"), ("1",)] and freed[0][1] > 0
    bench.order(bench.command())
    assert freed[-1][0] == ("1", "11", "12"), "a guard knows who goes where, and frees them all"
    shell.lift = Lift(floors=frozenset({"12"}))
    bench.scan(bench.authority.a_pass()[1])
    assert bench.decisions()[-1] == "deny wrong_point" and len(freed) == 3
