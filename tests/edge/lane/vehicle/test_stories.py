"""What happens at a vehicle lane, as stories: each names what would be broken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.lane.vehicle.machine import ANSWERED_MAX
from edge.lane.vehicle.states import (
    HOLD_CEILING_S,
    Arm,
    AskLook,
    BoardLost,
    Contacts,
    Do,
    Ended,
    EndFireHold,
    Granted,
    HoldOpen,
    NotOpened,
    Open,
    Over,
    PermitClose,
    Phase,
    Raise,
    Refused,
    RemoteOpen,
    ReportArm,
    ReportDirection,
    ReportFire,
    ReportHoldOver,
    ReportPassage,
    ReportTailgate,
    Resume,
    Seen,
    Settings,
    SwitchDirection,
    Tick,
    Trouble,
    VehicleLane,
)
from models.site.topology import Direction
from tests.edge.lane.vehicle.promises import BUSY, DARK, FREE, SHORT, A, B, contacts, run

IDLE, UP = contacts(FREE, FREE, FREE), contacts(FREE, FREE, FREE, Arm.UP)
ARRIVES, WAITS = contacts(BUSY, FREE, FREE), contacts(BUSY, FREE, FREE, Arm.UP)
UNDER, BEHIND = contacts(FREE, BUSY, FREE, Arm.UP), contacts(FREE, BUSY, BUSY, Arm.UP)
OUT = contacts(FREE, FREE, BUSY, Arm.UP)
LOWERS = contacts(FREE, FREE, FREE, Arm.MOVING)
FIRE = contacts(FREE, FREE, FREE, Arm.DOWN, fire=True)
PASSAGE: tuple[Seen, ...] = (WAITS, UNDER, BEHIND, OUT, UP)


def opens(said: list[Do]) -> list[Do]:
    return [do for do in said if isinstance(do, Open)]


@pytest.mark.req("LANE-15", "LANE-19", "GEN-01")
def test_a_passage_is_told_in_its_own_words() -> None:
    lane, said = run(IDLE, ARRIVES, Granted(A, 0.0), *PASSAGE, IDLE)
    assert lane.phase is Phase.RESTING
    assert said == [
        ReportArm(Arm.DOWN),
        AskLook(),
        Open(A),
        ReportArm(Arm.UP),
        ReportPassage(A, Ended.PASSED),
        PermitClose(),
        ReportArm(Arm.DOWN),
    ]


@pytest.mark.req("LANE-15")
def test_who_backs_out_has_not_entered() -> None:
    """From the arming loop, from under the arm, and from the closing loop back again."""
    for way in ((WAITS,), (WAITS, UNDER, WAITS), (WAITS, UNDER, BEHIND, UNDER, WAITS)):
        lane, said = run(ARRIVES, Granted(A, 0.0), *way, 1.0, UP, 4.5, Tick(), IDLE)
        assert ReportPassage(A, Ended.BACKED_OUT) in said and ReportPassage(A, Ended.PASSED) not in said
        assert PermitClose() in said and lane.phase is Phase.RESTING


@pytest.mark.req("LANE-15")
def test_only_loop_in_then_loop_out_is_a_passage() -> None:
    """Who comes against the lane is on the closing loop first; a board that was silent proves no order."""
    against = (contacts(FREE, FREE, BUSY, Arm.UP), BEHIND, BEHIND, contacts(FREE, FREE, BUSY, Arm.UP))
    assert not any(isinstance(do, ReportPassage) for do in run(UP, *against)[1])
    lane, said = run(ARRIVES, Granted(A, 0.0), WAITS, UNDER, BoardLost(), UP, 4.5, Tick(), Tick())
    assert ReportPassage(A, Ended.UNSEEN) in said and not lane.grants, "it may have entered: nobody knows"


@pytest.mark.req("LANE-16")
def test_a_second_vehicle_on_one_grant_is_told_and_opens_nothing() -> None:
    lane, said = run(ARRIVES, Granted(A, 0.0), *PASSAGE[:-1], contacts(FREE, BUSY, BUSY, Arm.UP))
    assert ReportTailgate(A) in said and opens(said) == [Open(A)]
    assert lane.phase is Phase.RAISED, "nothing comes down on it"
    said = run(UNDER, BEHIND, OUT, UP, lane=lane)[1]
    assert ReportPassage(None, Ended.PASSED) in said and PermitClose() in said


@pytest.mark.req("LANE-16", "LANE-17")
def test_a_second_vehicle_under_a_lowering_arm_raises_it_at_once() -> None:
    lane, said = run(ARRIVES, Granted(A, 0.0), *PASSAGE, LOWERS)
    assert lane.permits_close
    lane, said = run(contacts(FREE, BUSY, FREE, Arm.MOVING), lane=lane)
    assert said == [ReportTailgate(A), Open(None)] and lane.phase is Phase.RAISED


@pytest.mark.req("LANE-16")
def test_the_grant_of_who_waits_is_not_used_by_who_drives_after_another() -> None:
    """A passed, somebody follows without a grant, and B, behind, is granted while that one is under the arm."""
    both = contacts(BUSY, BUSY, FREE, Arm.UP)
    lane, said = run(ARRIVES, Granted(A, 0.0), *PASSAGE[:-1], UNDER, both, Granted(B, 0.0))
    assert ReportTailgate(A) in said
    lane, said = run(contacts(BUSY, BUSY, BUSY, Arm.UP), contacts(BUSY, FREE, BUSY, Arm.UP), WAITS, lane=lane)
    assert said == [ReportPassage(None, Ended.PASSED)]
    assert ReportPassage(B, Ended.PASSED) in run(*PASSAGE, lane=lane)[1]


@pytest.mark.req("LANE-16")
def test_two_grants_for_one_vehicle_let_one_vehicle_in() -> None:
    lane, said = run(ARRIVES, Granted(A, 0.0), RemoteOpen(B, 0.0), *PASSAGE)
    assert ReportPassage(A, Ended.REPLACED) in said and ReportPassage(B, Ended.PASSED) in said
    assert not lane.grants and PermitClose() in said


def test_two_vehicles_with_a_grant_each_pass_in_one_opening() -> None:
    behind_both = contacts(BUSY, FREE, BUSY, Arm.UP)
    lane, said = run(ARRIVES, Granted(A, 0.0), WAITS, UNDER, contacts(BUSY, BUSY, FREE, Arm.UP), Granted(B, 0.0))
    lane, more = run(contacts(BUSY, BUSY, BUSY, Arm.UP), behind_both, WAITS, UNDER, BEHIND, OUT, UP, lane=lane)
    passed = [do for do in more if isinstance(do, ReportPassage)]
    assert passed == [ReportPassage(A, Ended.PASSED), ReportPassage(B, Ended.PASSED)]
    assert not any(isinstance(do, ReportTailgate) for do in said + more)


@pytest.mark.req("LANE-08")
def test_a_grant_without_a_vehicle_on_the_loop_opens_nothing_and_a_person_may() -> None:
    for seen in (IDLE, contacts(DARK, FREE, FREE), BoardLost()):
        assert run(seen, Granted(A, 0.0))[1][-1] == ReportPassage(A, Ended.NO_VEHICLE)
    assert Open(A) in run(contacts(DARK, FREE, FREE), RemoteOpen(A, 0.0))[1], "a dead loop traps nobody"


@pytest.mark.req("ACC-25")
def test_a_late_open_is_told_and_opens_nothing_and_none_opens_twice() -> None:
    assert run(ARRIVES, 5.1, RemoteOpen(A, 0.0))[1][-1] == ReportPassage(A, Ended.EXPIRED)
    lane, _ = run(ARRIVES, Granted(A, 0.0), *PASSAGE, IDLE, ARRIVES)
    for again in (Granted(A, 0.0), RemoteOpen(A, 0.0)):
        assert run(again, lane=lane) == (lane, [])
    assert ANSWERED_MAX > 4


def test_nobody_came_and_it_closes_when_that_is_safe() -> None:
    lane, said = run(ARRIVES, Granted(A, 0.0), WAITS, 61.0, Tick())
    assert ReportPassage(A, Ended.NO_PASSAGE) in said and PermitClose() in said
    lane, said = run(ARRIVES, Granted(A, 0.0), WAITS, UNDER, 600.0, Tick())
    assert lane.phase is Phase.RAISED and lane.grants, "a vehicle that stands under the arm has all the time it needs"


@pytest.mark.req("LANE-17")
@pytest.mark.parametrize("level", [BUSY, DARK])
@pytest.mark.parametrize("which", ["safety", "inner"])
def test_no_loop_that_is_not_free_is_lowered_on(level: object, which: str) -> None:
    loops = {"outer": FREE, "safety": FREE, "inner": FREE, which: level}
    lane, said = run(ARRIVES, Granted(A, 0.0), *PASSAGE, LOWERS, contacts(**loops, arm=Arm.MOVING))
    assert said[-1] == Open(None)
    assert PermitClose() not in run(5.0, Tick(), lane=lane)[1]


@pytest.mark.req("LANE-17")
def test_a_loop_older_than_a_second_reverses_and_a_lost_board_too() -> None:
    lane, _ = run(ARRIVES, Granted(A, 0.0), *PASSAGE, LOWERS)
    assert Open(None) in run(Tick(), lane=lane, at=1.1)[1]
    assert run(Tick(), lane=lane, at=0.9)[0].permits_close
    assert Open(None) in run(BoardLost(), lane=lane)[1]


@pytest.mark.req("LANE-17")
def test_an_open_signal_while_lowering_raises_at_once() -> None:
    lane, _ = run(ARRIVES, Granted(A, 0.0), *PASSAGE, LOWERS, contacts(BUSY, FREE, FREE, Arm.MOVING))
    assert Open(B) in run(Granted(B, 0.0), lane=lane)[1]


@pytest.mark.req("LANE-17")
def test_a_vehicle_between_two_loops_is_under_the_arm() -> None:
    """Followed as a level: neither loop feels it for a moment, and it has no grant that would keep the arm up."""
    lane, said = run(ARRIVES, Granted(A, 0.0), *PASSAGE[:-1], BEHIND, UNDER, UP, 2.0, Tick())
    assert ReportTailgate(A) in said and PermitClose() not in said
    assert PermitClose() in run(4.5, Tick(), lane=lane, at=2.0)[1], "and not for ever"


@pytest.mark.req("LANE-19")
def test_an_arm_that_does_not_arrive_in_its_time_is_a_fault() -> None:
    lane, said = run(ARRIVES, Granted(A, 0.0), 4.9, Tick())
    assert Raise(Trouble.ARM_STUCK) not in said
    lane, said = run(0.2, Tick(), 5.0, Tick(), lane=lane, at=4.9)
    assert said.count(Raise(Trouble.ARM_STUCK)) == 1
    assert Over(Trouble.ARM_STUCK) in run(WAITS, lane=lane, at=10.1)[1]
    lane, _ = run(ARRIVES, Granted(A, 0.0), *PASSAGE, LOWERS)
    assert Raise(Trouble.ARM_STUCK) in run(5.1, Tick(), lane=lane)[1], "on its way down too"


@pytest.mark.req("LANE-19")
def test_what_is_sensed_is_shown_apart_from_what_is_asked() -> None:
    for arm in Arm:
        lane, _ = run(ARRIVES, Granted(A, 0.0), contacts(BUSY, FREE, FREE, arm))
        assert (lane.phase, lane.arm) == (Phase.RAISED, arm)
    assert run(LOWERS, 4.9)[0].arm is Arm.MOVING and run(LOWERS, 5.1)[0].arm is Arm.UNKNOWN, "no arm moves so long"
    assert run(UP, BoardLost())[0].arm is Arm.NOT_REPORTED
    assert run(Contacts(FREE, FREE, FREE, False, None))[0].arm is Arm.UNKNOWN


@pytest.mark.req("LANE-19")
def test_a_write_only_board_opens_and_never_closes() -> None:
    lane = VehicleLane(settings=Settings(closes=False))
    lane, said = run(ARRIVES, Granted(A, 0.0), *PASSAGE, lane=lane)
    assert lane.phase is Phase.RESTING and PermitClose() not in said
    lane, said = run(UP, 60.0, LOWERS, IDLE, lane=lane)
    assert not any(isinstance(do, Raise) for do in said), "it comes down by itself, when it likes"


@pytest.mark.req("LANE-20", "LANE-17")
@pytest.mark.parametrize("ends", ["cap", "resumed", "fire"])
def test_a_barrier_without_a_close_output_keeps_its_open_output_on_until_nobody_drives_there(ends: str) -> None:
    """It comes down by itself as soon as that output is off: on whoever drove when everybody could."""
    lane = VehicleLane(settings=Settings(closes=False))
    burning = replace(UP, fire=True)
    lane, _ = run(IDLE, *((burning,) if ends == "fire" else (HoldOpen(60.0),)), UP, lane=lane)
    assert lane.holds_open
    lane, _ = run(replace(UP, outer=BUSY), UP, lane=lane, at=58.0)  # it has left the arming loop just now
    over = {"cap": Tick(), "resumed": Resume(), "fire": EndFireHold()}[ends]
    lane, _ = run(UP, over, UP, lane=lane, at=60.5)
    assert lane.phase is Phase.RAISED and lane.holds_open and lane.lets_go
    lane, _ = run(*PASSAGE, 4.1, UP, lane=lane, at=61.0)
    assert lane.phase is Phase.RESTING and not lane.holds_open
    assert not run(UP, Resume(), lane=lane, at=90.0)[0].holds_open, "and nothing switches it on again"


@pytest.mark.req("LANE-20", "LANE-17")
def test_whoever_is_granted_the_way_meanwhile_is_not_under_an_arm_that_is_let_go() -> None:
    lane = VehicleLane(settings=Settings(closes=False))
    lane, _ = run(IDLE, HoldOpen(60.0), UP, replace(UP, outer=BUSY), Resume(), lane=lane)
    lane, _ = run(Granted(A, 1.0), lane=lane, at=1.0)
    assert lane.holds_open and lane.grants
    lane, said = run(*PASSAGE, lane=lane, at=2.0)
    assert ReportPassage(A, Ended.PASSED) in said and lane.holds_open
    assert not run(UP, 4.1, UP, lane=lane, at=9.0)[0].holds_open


@pytest.mark.req("LANE-20")
def test_a_hold_ends_by_its_cap_and_counts_who_passed() -> None:
    lane, said = run(IDLE, HoldOpen(9e9), UP, *PASSAGE, *PASSAGE)
    assert lane.holds_open and lane.hold and lane.hold.until == 7200.0
    assert not any(isinstance(do, ReportTailgate) for do in said), "who is let through by a person follows nobody"
    lane, said = run(Tick(), UP, 4.1, lane=lane, at=7200.0)
    assert ReportHoldOver(2, "cap") in said and PermitClose() in said and not lane.holds_open


@pytest.mark.req("LANE-20")
def test_a_hold_that_is_prolonged_and_prolonged_ends_at_the_ceiling() -> None:
    lane, now = run(IDLE, HoldOpen(7200.0))[0], 0.0
    while lane.holds_open:
        now += 3600.0
        lane, _ = run(Tick(), lane=lane, at=now)
        if lane.holds_open:
            lane, _ = run(HoldOpen(7200.0), lane=lane, at=now)
    assert now == HOLD_CEILING_S


@pytest.mark.req("LANE-20", "LANE-28")
def test_a_new_word_begins_the_ceiling_anew() -> None:
    lane, _ = run(IDLE, HoldOpen(7200.0), UP, *PASSAGE)
    lane, _ = run(HoldOpen(7200.0, anew=True), lane=lane, at=7000.0)
    assert lane.hold is not None and (lane.hold.since, lane.hold.until, lane.hold.passed) == (7000.0, 14200.0, 1)


@pytest.mark.req("LANE-20", "LANE-17")
def test_a_hold_that_ends_over_a_vehicle_lowers_nothing_on_it() -> None:
    lane, said = run(IDLE, HoldOpen(60.0), UP, UNDER, Resume())
    assert ReportHoldOver(0, "resumed") in said and lane.phase is Phase.RAISED and PermitClose() not in said


@pytest.mark.req("LANE-21")
def test_an_arm_lifted_without_a_command_is_told_until_it_is_down() -> None:
    lane, said = run(IDLE, LOWERS, UP)
    assert said[-1] == Raise(Trouble.MECHANICAL_LIFT) and not opens(said)
    assert PermitClose() not in run(600.0, Tick(), lane=lane)[1], "who lifted it may stand under it"
    assert Over(Trouble.MECHANICAL_LIFT) in run(IDLE, lane=lane)[1]
    let_down = run(UP, Resume(), 4.1, lane=lane)[1]
    assert let_down == [Over(Trouble.MECHANICAL_LIFT), PermitClose()], "a person may let it down"


@pytest.mark.req("LANE-22")
def test_after_a_start_or_a_power_return_the_arm_is_where_it_is_sensed() -> None:
    for seen in (IDLE, UP, LOWERS, UNDER, BEHIND):
        lane, said = run(seen, 600.0, Tick())
        assert not any(isinstance(do, Open | PermitClose | Raise) for do in said) and not lane.holds_open
        lane, said = run(IDLE, BoardLost(), seen, 60.0, Tick())
        assert not any(isinstance(do, Open | PermitClose) for do in said)
    assert run(UP)[0].phase is Phase.LIFTED
    assert AskLook() in run(ARRIVES)[1], "who stands there at the start is looked at"


@pytest.mark.req("ACC-22")
def test_fire_opens_and_holds_until_a_person_ends_it_with_the_input_healthy() -> None:
    lane, said = run(ARRIVES, Granted(A, 0.0), FIRE)
    assert lane.holds_open and ReportPassage(A, Ended.FIRE) in said and Raise(Trouble.FIRE) in said
    assert run(EndFireHold(), lane=lane)[0].holds_open, "it still burns"
    assert run(IDLE, HoldOpen(60.0), FIRE)[1][-3:] == [
        ReportHoldOver(0, "fire"), Raise(Trouble.FIRE), ReportFire(True),
    ]  # fmt: skip
    assert run(IDLE, BoardLost(), EndFireHold(), lane=lane)[0].holds_open, "nothing is known of it"
    assert ReportFire(False) in run(UP, lane=lane)[1], "from now on a person's word would end it"
    lane, said = run(UP, EndFireHold(), 4.1, lane=lane)
    assert Over(Trouble.FIRE) in said and PermitClose() in said


@pytest.mark.req("LANE-13")
def test_a_tidal_lane_turns_only_when_empty() -> None:
    lane, said = run(IDLE, SwitchDirection(Direction.OUT))
    assert lane.direction is Direction.OUT and said[-1] == ReportDirection(Direction.OUT, True)
    assert AskLook() in run(contacts(FREE, FREE, BUSY), lane=lane)[1], "the inner loop is now the arming loop"
    for busy in (ARRIVES, contacts(FREE, FREE, BUSY), contacts(FREE, DARK, FREE), UP, BoardLost()):
        lane, said = run(IDLE, busy, SwitchDirection(Direction.OUT))
        assert lane.direction is Direction.IN and said[-1] == ReportDirection(Direction.IN, False)


@pytest.mark.req("LANE-07")
def test_a_vehicle_that_stands_is_looked_at_once_and_the_next_bumper_to_bumper_too() -> None:
    said = run(ARRIVES, Refused(), 60.0, ARRIVES, BoardLost(), ARRIVES)[1]
    assert said.count(AskLook()) == 1
    close = [contacts(BUSY, *levels, Arm.UP) for levels in ((BUSY, FREE), (BUSY, BUSY), (FREE, BUSY))]
    assert run(ARRIVES, Granted(A, 0.0), WAITS, *close)[1].count(AskLook()) == 2


@pytest.mark.req("LANE-19")
def test_an_opening_that_the_board_did_not_confirm_ends_the_grant_unless_the_arm_is_up() -> None:
    assert ReportPassage(A, Ended.NOT_OPENED) in run(ARRIVES, Granted(A, 0.0), NotOpened(A))[1]
    assert run(ARRIVES, Granted(A, 0.0), WAITS, NotOpened(A))[0].grants


def test_only_differences_of_times_matter() -> None:
    """S19: the same history an hour later says the same."""
    early = run(ARRIVES, Granted(A, 0.0), 3.0, WAITS, UNDER, 9.0, UP, 5.0, Tick())[1]
    assert early == run(ARRIVES, Granted(A, 3600.0), 3.0, WAITS, UNDER, 9.0, UP, 5.0, Tick(), at=3600.0)[1]


def test_a_grant_that_comes_now_is_not_for_a_vehicle_that_left_before() -> None:
    """What time alone has ended is over first: else this one would open for somebody long gone, and close at once."""
    lane, _ = run(contacts(FREE, BUSY, FREE), IDLE, lane=VehicleLane(settings=SHORT))
    lane, said = run(RemoteOpen(A, 0.9), lane=lane, at=0.9)
    assert opens(said) == [Open(A)] and lane.grants and PermitClose() not in said
