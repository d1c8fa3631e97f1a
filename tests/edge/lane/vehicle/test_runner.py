"""The vehicle lane in the gate's thread: read, decided, on disk, raised, sensed, passed; and what opens nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.ports import PushRefused, PushTrouble
from edge.journal.journal import JournalFull
from edge.lane.inbox import BoardDown, PlatePushed, Pulsed
from models.access.decision import Outcome
from models.access.schedule import Span
from models.parking.admission import LaneRules
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.plate import PlateColour
from models.values.time import minute_of_day, utc_now
from models.wire.commands import Action
from models.wire.events import Actuated, AlarmKind, CommandDone, DecisionMade, PlateRead, Sensed
from models.wire.plates import PassingEntry, PassingList, PlateEntry, PlateList
from tests.edge.lane.bench import a_frame
from tests.edge.lane.vehicle.lane_bench import BUSY, LANE, REFERS, VehicleBench

MINE, OTHER = "川A12345", "川B8K3H5"
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)


def permit(plate: str = MINE, list_: PlateList = PlateList.PERMIT) -> PlateEntry:
    day = timedelta(days=1)
    return PlateEntry(entry_id=new_id(), list=list_, plate=plate, since=utc_now() - day, until=utc_now() + 9 * day)


def made(folder: Path, rules: LaneRules = REFERS, direction: Direction = Direction.IN) -> VehicleBench:
    bench = VehicleBench(folder, rules, direction)
    bench.lists([permit()])
    bench.loops()
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path)
    yield bench
    bench.close()
    bench.keys.close()


@pytest.mark.req("GEN-01")
@pytest.mark.req("LANE-15")
@pytest.mark.req("SYNC-06")
def test_a_car_with_a_permit_drives_in_and_each_fact_is_told(bench: VehicleBench) -> None:
    bench.arrive(MINE)
    (correlation,) = bench.arm.pulses
    assert bench.journal.head()[0] == bench.arm.heads[0], "on disk before the arm moves"
    bench.raised()
    bench.drive_through()
    bench.up = False
    bench.wait(0.2)
    mine = [body for event, body in bench.events() if event.correlation == correlation]
    assert [type(one).__name__ for one in mine] == ["DecisionMade", "Actuated", "Sensed", "Passage", "Sensed"]
    assert bench.cases() == ["grant permit"] and bench.passages() == ["loops"]
    assert bench.plates() == [MINE] and bench.arm.relocked == 1
    assert MINE not in (bench.folder / "journal.db").read_bytes().decode("utf-8", "ignore")


@pytest.mark.req("LANE-11")
@pytest.mark.req("LANE-05")
@pytest.mark.parametrize(
    ("text", "sure", "case"),
    [(OTHER, True, "refer no_temporary"), (MINE, False, "refer unsure"), ("", True, "refer unread")],
)
def test_who_is_not_known_for_sure_waits_for_a_person(bench: VehicleBench, text: str, sure: bool, case: str) -> None:
    bench.arrive(text, sure)
    assert bench.cases() == [case] and not bench.arm.pulses
    bench.wait(10)
    assert bench.cases() == [case], "one question a vehicle (LANE-07)"


@pytest.mark.req("LANE-11")
def test_an_unlisted_car_enters_where_the_lane_says_so_and_a_blocked_one_does_not(tmp_path: Path) -> None:
    bench = made(tmp_path, OPENS)
    bench.lists([permit(), permit(MINE, PlateList.BLOCK)])
    bench.arrive(OTHER)
    bench.raised()
    bench.drive_through()
    bench.arrive(MINE)
    assert bench.cases() == ["grant temporary", "refer black_list"] and len(bench.arm.pulses) == 1
    bench.close()


@pytest.mark.req("LANE-12")
@pytest.mark.parametrize(("list_", "case"), [(PassingList.SPECIAL, "special"), (PassingList.WHITE, "white_list")])
def test_a_listed_special_vehicle_passes_at_once_and_is_written_down_but_a_block_comes_first(
    bench: VehicleBench, list_: PassingList, case: str
) -> None:
    known = PassingEntry(entry_id=new_id(), list=list_, plate=MINE, since=utc_now() - timedelta(days=1))
    bench.lists([permit(MINE), known])
    bench.arrive(MINE)
    assert bench.cases() == [f"grant {case}"] and len(bench.arm.pulses) == 1
    bench.raised()
    bench.drive_through()
    bench.much_later()
    bench.lists([known, permit(MINE, PlateList.BLOCK)])
    bench.arrive(MINE)
    assert bench.cases()[1:] == ["refer black_list"] and len(bench.arm.pulses) == 1


@pytest.mark.req("PARK-07")
def test_nobody_whose_plate_is_read_is_kept_inside(tmp_path: Path) -> None:
    bench = made(tmp_path, direction=Direction.OUT)
    bench.lists([permit(MINE, PlateList.BLOCK)])
    bench.arrive(MINE)
    assert bench.cases() == ["grant nothing_due"] and len(bench.arm.pulses) == 1
    bench.close()


@pytest.mark.req("LANE-15")
def test_a_car_that_goes_away_again_is_told_as_backed_out_and_the_next_is_asked_anew(bench: VehicleBench) -> None:
    bench.arrive(MINE)
    bench.raised()
    bench.loops()
    bench.wait(5)
    assert bench.passages() == ["backed_out"]
    bench.arrive(OTHER)
    assert bench.cases() == ["grant permit", "refer no_temporary"]


@pytest.mark.req("LANE-16")
def test_who_drives_after_another_is_an_alarm_under_the_others_name(bench: VehicleBench) -> None:
    bench.arrive(MINE)
    bench.raised()
    bench.drive_through()
    bench.loops(safety=BUSY)
    alarms = [event.correlation for event, body in bench.events() if getattr(body, "alarm", "") == AlarmKind.TAILGATE]
    assert alarms == bench.arm.pulses[:1]


@pytest.mark.req("LANE-08")
@pytest.mark.req("LANE-09")
def test_a_push_opens_with_a_vehicle_on_the_loop_and_never_without(bench: VehicleBench) -> None:
    bench.push(MINE)
    bench.wait(2)
    bench.push(MINE, stored=True)
    assert not bench.arm.pulses and [one.why for one in bench.said(PlateRead)] == ["no_vehicle", "stored"]
    assert bench.plates() == [MINE, MINE] and bench.answered == [MINE, MINE], "kept, and the camera is told"
    bench.push(MINE)  # a moment before the loop
    bench.wait(0.5)
    bench.loops(arming=BUSY)
    assert bench.cases() == ["grant permit"] and len(bench.arm.pulses) == 1
    bench.push(MINE)  # the same vehicle once more
    assert len(bench.arm.pulses) == 1 and bench.cases() == ["grant permit"] and len(bench.answered) == 4


@pytest.mark.req("LANE-09")
def test_a_stored_push_opens_nothing_also_with_a_vehicle_there(bench: VehicleBench) -> None:
    bench.loops(arming=BUSY)
    bench.push(MINE, stored=True)
    assert not bench.arm.pulses and not bench.cases()
    bench.push(MINE, score=None)
    assert bench.cases() == ["refer unsure"], "a camera that does not say how sure it is, is not sure"


@pytest.mark.req("LANE-08")
def test_of_a_car_that_was_pushed_the_camera_beside_keeps_the_picture(bench: VehicleBench) -> None:
    bench.lists([permit()], send_pictures=True)
    bench.eyes_of_lane.frame = a_frame()
    bench.loops(arming=BUSY)
    bench.push(OTHER)
    assert bench.cases() == ["refer no_temporary"] and len(bench.kept.pictures) == 1


@pytest.mark.req("LANE-08")
def test_pushes_that_were_not_taken_are_counted_in_the_journal(bench: VehicleBench) -> None:
    refused = PushRefused(PushTrouble.STRANGER, "10.0.0.9", 7, bench.mono)
    bench.gate.handle(PlatePushed(LANE, refused, lambda push: False))
    assert [(one.why, one.count, one.detail) for one in bench.said(PlateRead)] == [("refused", 7, "stranger")]


@pytest.mark.req("ACC-25")
def test_a_guard_opens_once_with_or_without_a_vehicle_and_not_too_late(bench: VehicleBench) -> None:
    bench.arrive(OTHER)
    command = bench.order(bench.command(lane=LANE))
    assert bench.arm.pulses == [command.correlation]
    bench.raised()
    assert [one.result for one in bench.said(CommandDone)] == ["done"]
    bench.drive_through()
    assert bench.passages() == ["loops"]
    assert bench.order(bench.command(Action.LOOK, lane=LANE)) and len(bench.arm.pulses) == 1
    assert [one.reason for one in bench.said(CommandDone)] == ["ok", "not_permitted"]


@pytest.mark.req("ACC-22")
def test_fire_raises_holds_and_ends_with_a_person_only(bench: VehicleBench) -> None:
    bench.loops(fire=True)
    assert bench.arm.holds == [True] and bench.alarms(AlarmKind.FIRE) == [False]
    bench.order(bench.command(Action.END_FIRE_HOLD, lane=LANE))
    assert bench.arm.holds == [True], "it still burns"
    bench.start()
    assert bench.arm.holds == [True], "a restart finds it held"
    bench.loops()
    bench.order(bench.command(Action.END_FIRE_HOLD, lane=LANE))
    assert bench.arm.holds == [True, False]
    assert [one.reason for one in bench.said(CommandDone)] == ["fire", "ok"]


@pytest.mark.req("SYNC-06")
def test_what_cannot_be_written_down_raises_no_arm(bench: VehicleBench) -> None:
    bench.refusing = JournalFull
    bench.arrive(MINE)
    assert not bench.arm.pulses
    bench.refusing = None
    bench.wait(0.2)
    assert bench.cases() == ["grant permit"] and bench.passages() == ["not_released"]


@pytest.mark.req("LANE-19")
def test_an_arm_that_did_not_move_is_told_and_the_grant_is_over(bench: VehicleBench) -> None:
    bench.arrive(MINE)
    bench.gate.handle(Pulsed(LANE, bench.arm.pulses[0], "NotConfirmed: no answer", bench.mono))
    assert [one.confirmed for one in bench.said(Actuated)] == [False] and bench.passages() == ["not_released"]
    assert bench.alarms(AlarmKind.DEVICE_FAULT) == [False]


@pytest.mark.req("LANE-19")
def test_an_arm_that_went_up_though_its_answer_got_lost_was_not_lifted_by_hand(bench: VehicleBench) -> None:
    bench.arrive(MINE)
    lost = Pulsed(LANE, bench.arm.pulses[0], "Unreachable: unit 1 did not answer", bench.mono, known=False)
    bench.gate.handle(lost)
    bench.up = True
    bench.loops(arming=BUSY)
    bench.drive_through()
    assert bench.passages() == ["loops"] and not bench.alarms(AlarmKind.FORCED)


@pytest.mark.req("LANE-21")
def test_an_arm_that_somebody_lifts_is_an_alarm_until_it_is_down(bench: VehicleBench) -> None:
    bench.up = True
    bench.loops()
    bench.up = False
    bench.loops()
    assert bench.alarms(AlarmKind.FORCED) == [False, True]
    assert [one.position.value for one in bench.said(Sensed)][-2:] == ["open", "closed"]


def test_a_board_that_is_silent_is_an_alarm_and_nothing_moves(bench: VehicleBench) -> None:
    bench.gate.handle(BoardDown(LANE, "Unreachable: no answer"))
    bench.gate.tick()
    assert bench.alarms(AlarmKind.DEVICE_FAULT) == [False] and not bench.arm.pulses
    bench.loops(arming=BUSY)
    bench.read(MINE)
    assert bench.cases() == ["grant permit"] and bench.alarms(AlarmKind.DEVICE_FAULT) == [False, True]


@pytest.mark.req("LANE-17", "LANE-19")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(jumps=st.lists(st.sampled_from([-3600, 0, 3600]), min_size=9, max_size=9))
def test_s19_a_wall_clock_that_jumps_changes_no_order_to_the_arm(tmp_path_factory: Any, jumps: list[int]) -> None:
    """One story of a passage, a guard's opening, a fire and its end: with the wall clock jumping in it, and without."""

    def played(jumps: list[int]) -> list[tuple[object, ...]]:
        bench = made(tmp_path_factory.mktemp("lane"))
        deeds: list[Callable[[], object]] = [
            lambda: bench.arrive(MINE),
            bench.drive_through,
            lambda: bench.wait(1.5),
            lambda: bench.order(bench.command(lane=LANE)),
            lambda: bench.wait(30),
            lambda: bench.wait(40),
            lambda: bench.loops(fire=True),
            bench.loops,
            lambda: bench.order(bench.command(Action.END_FIRE_HOLD, lane=LANE)),
        ]
        seen: list[tuple[object, ...]] = []
        for deed, jump in zip(deeds, jumps, strict=True):
            bench.began += timedelta(seconds=jump)
            deed()
            lane = bench.shell.vehicle
            seen.append((len(bench.arm.pulses), bench.arm.relocked, tuple(bench.arm.holds), lane.phase, lane.arm))
        bench.close()
        bench.keys.close()
        return seen

    steady = played([0] * 9)
    assert played(jumps) == steady and steady[-1][:3] == (2, 3, (True, False))


DEEDS = ["arrive", "leave", "sure", "unsure", "push", "stored", "confirm", "through", "tick", "open", "lost"]


@pytest.mark.req("LANE-08")
@pytest.mark.req("LANE-05")
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds=st.lists(st.sampled_from(DEEDS), max_size=14))
def test_whatever_happens_an_arm_is_raised_at_most_once_for_each_grant_on_disk(
    tmp_path_factory: Any, deeds: list[str]
) -> None:
    bench = made(tmp_path_factory.mktemp("lane"))
    for deed in deeds:
        match deed:
            case "arrive":
                bench.loops(arming=BUSY)
            case "leave":
                bench.loops()
            case "sure" | "unsure" if bench.eyes_of_lane.looks and bench.eyes_of_lane.looks[-1] is not None:
                bench.read(MINE, deed == "sure")
            case "push" | "stored":
                bench.push(MINE, stored=deed == "stored")
            case "confirm" if bench.arm.pulses:
                bench.gate.handle(Pulsed(LANE, bench.arm.pulses[-1], None, bench.mono))
                bench.up = True
            case "through":
                bench.drive_through()
            case "open":
                bench.order(bench.command(lane=LANE))
            case "lost":
                bench.gate.handle(BoardDown(LANE, "gone"))
            case _:
                bench.wait(1)
    granted = [
        e.correlation for e, b in bench.events() if isinstance(b, DecisionMade) and b.decision.outcome == "grant"
    ]
    for_somebody = [one for one in bench.arm.pulses if one in granted]
    assert len(for_somebody) == len(set(for_somebody))
    assert not any(
        b.decision.outcome == "grant" and b.decision.inputs.get("plate") == "unsure" for b in bench.said(DecisionMade)
    )
    bench.close()
    bench.keys.close()


@pytest.mark.req("LANE-19")
def test_a_lane_that_has_just_started_says_so_and_not_that_its_board_is_silent(tmp_path: Path) -> None:
    bench = VehicleBench(tmp_path)
    bench.lists()
    bench.order(bench.command(lane=LANE))
    bench.gate.handle(BoardDown(LANE, "Unreachable: no answer"))
    bench.order(bench.command(lane=LANE))
    assert [one.decision.detail.get("device") for one in bench.said(DecisionMade)] == ["starting", "relay"]
    bench.loops()
    bench.wait(0.2)
    bench.gate.handle(BoardDown(LANE, "Unreachable: no answer"))
    bench.order(bench.command(lane=LANE))
    assert bench.said(DecisionMade)[-1].decision.detail.get("device") == "relay"
    bench.close()
    bench.keys.close()


@pytest.mark.req("LANE-06", "PARK-01")
def test_a_guards_opening_says_whether_anybody_stood_there(bench: VehicleBench) -> None:
    """Else what drives in is taken to be whoever was refused last."""

    def opens() -> bool | None:
        bench.order(bench.command(lane=LANE))
        return bench.said(DecisionMade)[-1].stood

    bench.arrive(OTHER)
    assert bench.said(DecisionMade)[-1].stood is None, "only a person's opening asks"
    assert opens() is True
    bench.much_later()
    assert opens() is False, "it has driven away"
    bench.much_later()
    bench.arrive(OTHER)
    bench.loops()
    bench.wait(2)
    assert opens() is True, "between the arming loop and the arm"
    bench.much_later()
    bench.gate.handle(BoardDown(LANE, "silent"))
    bench.order(bench.command(lane=LANE))
    assert bench.said(DecisionMade)[-1].stood is None, "nobody knows"


@pytest.mark.req("LANE-13")
def test_a_lane_lets_in_only_the_classes_and_at_the_hours_that_its_file_says_and_keeps_nobody_inside(
    tmp_path: Path,
) -> None:
    every_day, now = frozenset(range(1, 9)), utc_now()
    minute = minute_of_day(now)
    shut = Span(days=every_day, start_minute=(minute + 600) % 1440, end_minute=(minute + 660) % 1440 or 1440)
    for rules, colour, case in (
        (OPENS, PlateColour.YELLOW, "grant temporary"),
        (OPENS.model_copy(update={"classes": frozenset({"small"})}), PlateColour.BLUE, "grant temporary"),
        (OPENS.model_copy(update={"classes": frozenset({"small"})}), PlateColour.YELLOW, "deny class"),
        (OPENS.model_copy(update={"hours": (shut,)}), PlateColour.BLUE, "deny hours"),
    ):
        for direction in Direction:
            folder = tmp_path / new_id().hex
            folder.mkdir()
            bench = made(folder, rules, direction)
            bench.arrive(OTHER, colour=colour)
            assert bench.cases()[-1] == case if direction is Direction.IN else bench.cases()[-1] not in (
                "deny class", "deny hours"
            )  # fmt: skip
            bench.much_later()
            bench.arrive(MINE, colour=colour)
            assert bench.cases()[-1].startswith("grant"), "a permit counts at any hour, and of any class"
            bench.close()
            bench.keys.close()
