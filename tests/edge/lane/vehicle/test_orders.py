"""What people at central order a barrier to do: hold it up, let it go on, turn it round (LANE-20, LANE-13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.lane.inbox import BoardDown
from edge.lane.vehicle.kept import Kept, KeptLanes
from edge.lane.vehicle.orders import NOT_EMPTY, NOT_HELD, NOT_TIDAL
from edge.lane.vehicle.shell import VehicleShell
from edge.lane.vehicle.states import HoldOpen, Phase, Seen, Settings
from models.access.lockdown import Lockdown
from models.parking.admission import LaneRules
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.commands import Action, Command
from models.wire.events import CommandDone, DecisionMade, LaneDirection, LaneHeld, Passage
from tests.edge.lane.vehicle.lane_bench import BUSY, LANE, REFERS, VehicleBench
from tests.edge.lane.vehicle.test_runner import MINE, OTHER, made, permit
from tests.models.parking.tariffs import T1


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path)
    yield bench
    bench.close()
    bench.keys.close()


def hold(bench: VehicleBench, minutes: int = 30) -> Command:
    held = bench.order(bench.command(Action.HOLD_OPEN, lane=LANE, minutes=minutes, reason="搬家车队"))
    bench.up = True
    bench.loops()
    return held


def later(bench: VehicleBench, minutes: float) -> None:
    """So much later, the loops being heard again."""
    bench.mono += minutes * 60
    bench.loops()
    bench.gate.tick()
    bench.loops()


def answers(bench: VehicleBench) -> list[str]:
    return [one.reason for one in bench.said(CommandDone)]


@pytest.mark.req("LANE-20")
def test_an_arm_is_held_up_by_a_persons_word_and_its_cars_are_counted_until_another_word(bench: VehicleBench) -> None:
    command = hold(bench)
    assert bench.arm.holds == [True] and not bench.arm.pulses and answers(bench) == ["ok"]
    (told,) = bench.said(LaneHeld)
    assert (told.held, told.passed, told.actor_id, told.said) == (True, 0, command.actor_id, "搬家车队")
    assert (told.until - told.since).total_seconds() == 30 * 60
    for _ in range(3):
        bench.drive_through()
    assert [one.passed for one in bench.said(LaneHeld)] == [0, 1, 2, 3] and not bench.arm.relocked
    over = bench.order(bench.command(Action.RESUME, lane=LANE, reason="已通过完"))
    bench.wait(5)
    assert bench.arm.holds == [True, False] and bench.arm.relocked == 1
    last = bench.said(LaneHeld)[-1]
    assert (last.held, last.passed, last.ended, last.ended_by) == (False, 3, "resumed", over.actor_id)
    assert last.actor_id == command.actor_id


@pytest.mark.req("LANE-20")
def test_a_hold_ends_by_itself_at_its_time(bench: VehicleBench) -> None:
    hold(bench, 15)
    later(bench, 14.9)
    assert bench.arm.holds == [True]
    later(bench, 0.2)
    assert bench.arm.holds == [True, False] and bench.said(LaneHeld)[-1].ended == "cap"


@pytest.mark.req("LANE-20", "LANE-17")
@pytest.mark.parametrize("ends", ["cap", "resumed", "fire"])
def test_as_a_hold_ends_the_arm_does_not_come_down_in_front_of_a_car_between_two_loops(
    bench: VehicleBench, ends: str
) -> None:
    hold(bench, 15)
    if ends == "fire":
        bench.loops(fire=True)
        bench.loops()
    if ends == "cap":
        bench.mono += 15 * 60 - 1
        bench.loops()
        bench.gate.tick()
    bench.loops(arming=BUSY)
    bench.wait(0.5)
    bench.loops()  # it has left the arming loop, and is not on the safety loop yet
    if ends == "resumed":
        bench.order(bench.command(Action.RESUME, lane=LANE))
    if ends == "fire":
        bench.order(bench.command(Action.END_FIRE_HOLD, lane=LANE))
    bench.wait(0.6)
    assert bench.said(LaneHeld)[-1].ended == ends and bench.shell.vehicle.phase is Phase.RAISED
    assert not bench.arm.holds[-1] and not bench.arm.relocked
    bench.drive_through()
    bench.wait(3.9)
    assert not bench.arm.relocked and not bench.arm.pulses, "no reversal was needed"
    bench.wait(0.4)
    assert bench.arm.relocked == 1


@pytest.mark.req("LANE-20")
def test_who_only_stands_before_an_arm_that_was_held_does_not_keep_it_up_for_ever(bench: VehicleBench) -> None:
    """A loop may be stuck, too."""
    hold(bench)
    bench.loops(arming=BUSY)
    bench.order(bench.command(Action.RESUME, lane=LANE))
    bench.wait(59)
    assert not bench.arm.relocked
    bench.wait(2)
    assert bench.arm.relocked == 1


@pytest.mark.req("LANE-20")
def test_however_often_it_is_prolonged_it_ends_after_twelve_hours(bench: VehicleBench) -> None:
    hold(bench, 120)
    for _ in range(7):
        later(bench, 100)
        hold(bench, 120)
    assert bench.arm.holds == [True]
    told = bench.said(LaneHeld)[-1]
    assert told.held and abs((told.until - told.since).total_seconds() - 12 * 3600) < 1
    later(bench, 21)
    assert bench.arm.holds == [True, False] and bench.said(LaneHeld)[-1].ended == "cap"


@pytest.mark.req("LANE-20")
@pytest.mark.parametrize("at", ["before", "within"])
def test_a_hold_that_is_said_as_the_last_one_ends_is_a_hold_of_its_own_and_everybody_is_told(
    bench: VehicleBench, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """`within`: the old one's end falls between two looks at the clock."""
    first = hold(bench, 30)
    bench.mono += 30 * 60 - 0.3
    bench.loops()
    bench.gate.tick()
    if at == "before":
        bench.mono += 0.31
    else:
        orders = bench.gate._vehicles._orders  # time passes inside one step, which no input from outside brings about
        tick = orders._step

        def slow(shell: VehicleShell, seen: Seen) -> None:
            if isinstance(seen, HoldOpen):
                bench.mono += 0.31
            tick(shell, seen)

        monkeypatch.setattr(orders, "_step", slow)
    second = bench.order(bench.command(Action.HOLD_OPEN, lane=LANE, minutes=120, reason="还有一队"))
    told = [(one.held, one.ended, one.actor_id) for one in bench.said(LaneHeld)][-2:]
    assert told == [(False, "cap", first.actor_id), (True, None, second.actor_id)]
    last = bench.said(LaneHeld)[-1]
    assert abs((last.until - last.since).total_seconds() - 120 * 60) < 1, "a new hold, with hours of its own"
    assert answers(bench) == ["ok", "ok"]
    bench.start()
    bench.loops()
    assert bench.arm.holds == [True], "kept through a restart"


@pytest.mark.req("LANE-20")
def test_a_restart_holds_on_as_a_persons_word_and_not_as_a_fire_until_its_own_end(bench: VehicleBench) -> None:
    hold(bench)
    bench.drive_through()
    bench.mono += 600
    bench.start()
    bench.loops()
    assert bench.arm.holds == [True], "the van under the arm notices nothing"
    bench.drive_through()
    assert bench.said(LaneHeld)[-1].passed == 2, "counted on"
    bench.order(bench.command(Action.RESUME, lane=LANE))
    assert bench.arm.holds == [True, False] and answers(bench)[-1] == "ok"
    bench.start()
    assert not bench.arm.holds, "over is over"


@pytest.mark.req("LANE-20")
def test_a_hold_whose_time_is_past_after_a_restart_is_over_and_the_arm_comes_down(bench: VehicleBench) -> None:
    hold(bench)
    bench.mono += 3600
    bench.start()
    bench.up = True
    bench.loops()
    bench.wait(5)
    assert bench.arm.holds == [True, False] and bench.arm.relocked == 1
    assert [one.ended for one in bench.said(LaneHeld)] == [None, "cap"]


@pytest.mark.req("LANE-20", "LANE-17")
def test_a_barrier_that_comes_down_by_itself_is_kept_up_until_nobody_drives_also_through_a_restart(
    bench: VehicleBench,
) -> None:
    def without_close() -> None:
        bench.shell.vehicle = replace(bench.shell.vehicle, settings=Settings(closes=False))

    without_close()
    hold(bench)
    bench.loops(arming=BUSY)
    bench.order(bench.command(Action.RESUME, lane=LANE))
    bench.wait(2)
    assert bench.arm.holds == [True], "off, the output would let it down on whoever drives in now"
    bench.start()
    without_close()
    bench.gate.begin()
    bench.loops(arming=BUSY)
    bench.wait(2)
    assert set(bench.arm.holds) == {True} and bench.shell.held_by is None
    bench.loops()
    bench.wait(5)
    assert bench.arm.holds[-1] is False and not bench.arm.relocked and not bench.arm.pulses
    bench.start()
    assert not bench.arm.holds, "over is over"


@pytest.mark.req("LANE-20", "ACC-22")
def test_a_fire_ends_a_hold_and_no_hold_begins_in_one(bench: VehicleBench) -> None:
    hold(bench)
    bench.loops(fire=True)
    assert bench.arm.holds == [True] and bench.said(LaneHeld)[-1].ended == "fire"
    hold(bench)
    bench.order(bench.command(Action.RESUME, lane=LANE))
    assert answers(bench)[-2:] == ["fire", "fire"] and bench.arm.holds == [True]
    bench.loops()
    bench.order(bench.command(Action.END_FIRE_HOLD, lane=LANE))
    assert bench.arm.holds == [True, False]


def locked(bench: VehicleBench, hours: int = 8) -> Lockdown:
    mine = frozenset({bench.lanes[LANE].lane_id})
    return Lockdown(lockdown_id=new_id(), lanes=mine, group="medics", until=bench.now() + timedelta(hours=hours))


@pytest.mark.req("ACC-24", "LANE-20")
def test_one_guard_does_not_hold_a_way_in_open_that_two_persons_have_locked(bench: VehicleBench) -> None:
    two = locked(bench)
    bench.lists([permit()], lockdowns=(two,))
    bench.gate.tick()
    bench.order(bench.command(lane=LANE))
    hold(bench)
    assert answers(bench) == ["lockdown", "lockdown"] and not bench.arm.holds and not bench.said(LaneHeld)
    bench.mono += 8 * 3600
    bench.loops()
    hold(bench)
    assert answers(bench)[-1] == "ok" and bench.arm.holds == [True], "it was over by its hour"


@pytest.mark.req("ACC-24", "LANE-20")
def test_a_lockdown_ends_a_hold_that_lets_everybody_in_also_one_that_a_restart_finds(bench: VehicleBench) -> None:
    hold(bench, 120)
    bench.lists([permit()], lockdowns=(locked(bench),))
    bench.start()
    bench.loops()
    bench.gate.tick()
    last = bench.said(LaneHeld)[-1]
    assert (last.held, last.ended, last.ended_by) == (False, "lockdown", None) and bench.arm.holds == [True, False]
    bench.wait(5)
    assert bench.arm.relocked == 1
    bench.start()
    assert not bench.arm.holds


@pytest.mark.req("ACC-24", "LANE-20")
def test_a_way_out_is_held_up_in_a_lockdown_too(tmp_path: Path) -> None:
    bench = made(tmp_path, direction=Direction.OUT)
    hold(bench)
    bench.lists([permit()], lockdowns=(locked(bench),))
    bench.gate.tick()
    hold(bench)
    assert answers(bench) == ["ok", "ok"] and bench.arm.holds == [True]
    bench.close()


@pytest.mark.req("LANE-20")
def test_what_cannot_be_done_is_refused_with_its_reason(bench: VehicleBench) -> None:
    bench.order(bench.command(Action.RESUME, lane=LANE))
    bench.gate.handle(BoardDown(LANE, "Unreachable: no answer"))
    bench.order(bench.command(Action.HOLD_OPEN, lane=LANE, minutes=30))
    bench.order(bench.command(Action.SWITCH_DIRECTION, lane=LANE, direction=Direction.OUT))
    assert answers(bench) == [NOT_HELD, "fault", NOT_TIDAL] and not bench.arm.holds


@pytest.mark.req("LANE-20", "PARK-01")
def test_a_car_that_was_refused_and_drives_past_a_held_arm_is_told_under_its_own_read(bench: VehicleBench) -> None:
    """So that central makes its stay; whoever had a right drives as always, and nobody is said to follow another."""
    bench.lists([permit()], tariffs=(T1,))
    hold(bench)
    bench.arrive(OTHER)
    bench.drive_through()
    bench.arrive(MINE)
    bench.drive_through()
    assert bench.cases() == ["refer no_temporary", "grant permit"]
    decided = [event.correlation for event, body in bench.events() if type(body).__name__ == "DecisionMade"]
    passed = [(event.correlation, body.held) for event, body in bench.events() if isinstance(body, Passage)]
    assert passed == [(one, True) for one in decided]
    assert not [one for one in bench.events() if getattr(one[1], "alarm", None) == "tailgate"]
    for plate in (OTHER, MINE):
        account = bench.stays.account(plate, bench.lanes[LANE].lane_id, bench.now())
        assert account is not None and account.inside is not None, "the gate itself knows who is inside"


@pytest.mark.req("LANE-20", "ACC-25")
def test_who_opens_a_lane_that_is_held_is_answered_at_once(bench: VehicleBench) -> None:
    hold(bench)
    bench.arrive(OTHER)
    bench.order(bench.command(lane=LANE))
    assert answers(bench) == ["ok", "ok"] and not bench.arm.pulses


class Tidal(VehicleBench):
    """A lane that may be turned round."""

    def start(self) -> None:
        super().start()
        self.turned: list[Direction] = []
        self.shell.tidal, self.shell.turn = True, self.turned.append
        self.gate.begin()


@pytest.fixture
def tidal(tmp_path: Path) -> Iterator[Tidal]:
    bench = Tidal(tmp_path, LaneRules(**{**REFERS.model_dump(), "temporary": True}))
    bench.lists([permit()])
    bench.loops()
    yield bench
    bench.close()
    bench.keys.close()


@pytest.mark.req("LANE-13")
def test_the_site_file_says_which_way_a_lane_leads_that_nobody_has_turned(tidal: Tidal) -> None:
    """Neither a hold that is kept nor a turn there and back takes its place."""
    for way in (Direction.OUT, Direction.IN):
        tidal.order(tidal.command(Action.SWITCH_DIRECTION, lane=LANE, direction=way, reason="晚高峰"))
    hold(tidal)
    tidal.order(tidal.command(Action.RESUME, lane=LANE))
    tidal.wait(5)
    assert answers(tidal) == ["ok"] * 4 and not list(tidal.folder.glob("lane-kept-*"))
    hold(tidal)
    tidal.lanes[LANE] = tidal.lanes[LANE].model_copy(update={"direction": Direction.OUT})
    tidal.start()
    assert tidal.shell.vehicle.direction is Direction.OUT and tidal.shell.vehicle.phase is Phase.HELD


@pytest.mark.req("LANE-13")
def test_what_an_earlier_version_kept_of_a_lane_that_nobody_turned_is_forgotten(tidal: Tidal) -> None:
    KeptLanes(tidal.folder).keep(LANE, Kept(direction=Direction.IN))
    tidal.start()
    assert not list(tidal.folder.glob("lane-kept-*"))


@pytest.mark.req("LANE-13", "PARK-01")
def test_each_passage_of_a_tidal_lane_tells_which_way_it_led(tidal: Tidal) -> None:
    """An unread car is counted by it; of another lane central knows it."""
    tidal.order(tidal.command(Action.SWITCH_DIRECTION, lane=LANE, direction=Direction.OUT, reason="晚高峰"))
    hold(tidal)
    tidal.drive_through()
    tidal.shell.tidal = False
    tidal.drive_through()
    assert [one.direction for one in tidal.said(Passage)] == [Direction.OUT, None]


@pytest.mark.req("LANE-13", "ACC-24")
def test_a_tidal_lane_that_leads_out_is_opened_for_in_a_lockdown(tidal: Tidal) -> None:
    tidal.lists([permit()], lockdowns=(locked(tidal),))
    tidal.order(tidal.command(lane=LANE))
    tidal.order(tidal.command(Action.SWITCH_DIRECTION, lane=LANE, direction=Direction.OUT, reason="晚高峰"))
    tidal.order(tidal.command(lane=LANE))
    assert [one.decision.reason for one in tidal.said(DecisionMade)] == ["lockdown", "ok"]


@pytest.mark.req("LANE-13")
def test_a_tidal_lane_turns_round_only_when_nobody_is_in_it_and_stays_turned(tidal: Tidal) -> None:
    def turn(way: Direction) -> str:
        tidal.order(tidal.command(Action.SWITCH_DIRECTION, lane=LANE, direction=way, reason="晚高峰"))
        return answers(tidal)[-1]

    tidal.arrive(MINE)
    assert turn(Direction.OUT) == NOT_EMPTY, "somebody was let in"
    tidal.raised()
    tidal.drive_through()
    tidal.up = False
    tidal.loops()
    tidal.wait(1)
    tidal.loops(closing=BUSY)
    assert turn(Direction.OUT) == NOT_EMPTY
    tidal.loops()
    assert turn(Direction.OUT) == "ok" and tidal.turned[-1] is Direction.OUT
    told = tidal.said(LaneDirection)[-1]
    assert (told.direction, told.said) == (Direction.OUT, "晚高峰")
    tidal.start()
    tidal.loops()
    assert tidal.shell.vehicle.direction is Direction.OUT and tidal.turned[-1] is Direction.OUT
    assert tidal.said(LaneDirection)[-1].direction is Direction.OUT, "each start tells it"
    assert turn(Direction.OUT) == "ok", "as it is"
    assert turn(Direction.IN) == "ok" and tidal.turned[-1] is Direction.IN
