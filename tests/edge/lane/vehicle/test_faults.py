"""What is broken at a vehicle lane is told, and opens and closes nothing: loops, cameras and their clocks, central."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.lane.vehicle.alarms import CLOCK_WELL_S
from edge.lane.vehicle.camera_clock import APART_S
from edge.lane.vehicle.loops import FREE_S
from edge.lane.vehicle.reading import EARLY_S
from edge.lane.vehicle.states import Phase
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import Alarm, AlarmKind, PlateRead
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import Owed, ToldStay
from tests.edge.lane.vehicle.lane_bench import BUSY, LANE, VehicleBench
from tests.models.parking.tariffs import T1

MINE, OTHER = "川A12345", "川B8K3H5"
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = VehicleBench(tmp_path)
    since = utc_now() - DAY
    bench.lists([PlateEntry(entry_id=new_id(), list=PlateList.PERMIT, plate=MINE, since=since, until=since + 9 * DAY)])
    bench.loops()
    yield bench
    bench.close()
    bench.keys.close()


def device_alarms(bench: VehicleBench) -> list[tuple[str | None, bool]]:
    return [(one.device, one.over) for one in bench.said(Alarm) if one.alarm is AlarmKind.DEVICE_FAULT]


@pytest.mark.req("LANE-17")
@pytest.mark.parametrize("name", ["arming", "safety", "closing"])
def test_a_loop_that_is_stuck_is_told_and_the_arm_stays_up_over_it(bench: VehicleBench, name: str) -> None:
    bench.arrive(MINE)
    bench.raised()
    bench.drive_through()
    relocked = bench.arm.relocked
    bench.loops(**{name: BUSY})
    bench.wait(601)
    assert (f"loop_{name}", False) in device_alarms(bench)
    if name != "arming":
        assert bench.arm.relocked == relocked and bench.shell.vehicle.phase is Phase.RAISED
    bench.loops()
    assert (f"loop_{name}", True) in device_alarms(bench)


@pytest.mark.req("LANE-15")
def test_a_loop_that_sees_none_of_three_cars_is_told_once_and_a_good_car_ends_it(bench: VehicleBench) -> None:
    def car(blind: bool) -> None:
        stages = ({"arming"}, {"arming", "safety"}, {"safety"}, {"safety", "closing"}, {"closing"}, set[str]())
        for stage in stages:
            bench.loops(**dict.fromkeys(stage - ({"safety"} if blind else set()), BUSY))
            bench.wait(0.4)
        bench.wait(3)

    bench.wait(FREE_S + 1)
    for _ in range(2):
        car(blind=True)
    assert device_alarms(bench) == []
    for _ in range(3):
        car(blind=True)
    assert device_alarms(bench) == [("loop_safety", False)]
    car(blind=False)
    assert device_alarms(bench) == [("loop_safety", False), ("loop_safety", True)]


@pytest.mark.req("LANE-08")
def test_a_camera_two_minutes_off_is_told_and_opens_only_once_its_clock_is_known(bench: VehicleBench) -> None:
    ahead = timedelta(minutes=2)
    for asked in (["refer unread"], ["refer unread"] * 2, ["refer unread"] * 2 + ["grant permit"]):
        bench.loops(arming=BUSY)
        bench.push(MINE, taken_at=bench.now() + ahead)
        bench.wait(4.2)
        assert bench.cases() == asked and len(bench.arm.pulses) == asked.count("grant permit")
        if not bench.arm.pulses:
            bench.loops()
            bench.wait(APART_S)
    assert device_alarms(bench) == [("plate_clock", False)]
    assert [one.why for one in bench.said(PlateRead)] == ["clock", "clock"]
    bench.raised()
    bench.drive_through()
    bench.push(OTHER, taken_at=bench.now() - timedelta(days=2), stored=True)
    assert device_alarms(bench) == [("plate_clock", False)], "what is stored is old by nature"
    bench.loops(arming=BUSY)
    bench.push(OTHER, taken_at=bench.now())
    assert bench.cases()[-1] == "refer no_temporary"
    assert device_alarms(bench) == [("plate_clock", False)], "one good word is no good clock yet"
    bench.mono += CLOCK_WELL_S + 1
    bench.push(OTHER, taken_at=bench.now())
    assert device_alarms(bench)[-1] == ("plate_clock", True)


@pytest.mark.req("LANE-09")
def test_a_live_push_of_hours_ago_by_its_own_clock_opens_nothing_and_is_kept_as_history(bench: VehicleBench) -> None:
    for _ in range(4):
        bench.loops(arming=BUSY)
        bench.push(OTHER, taken_at=bench.now())
        bench.loops()
        bench.wait(APART_S + 1)
    bench.loops(arming=BUSY)
    for minutes in (180, 179.99, 100, 1, -1):
        bench.push(MINE, taken_at=bench.now() - timedelta(minutes=minutes))
    bench.push(MINE, taken_at=bench.now() - timedelta(seconds=20))
    assert not bench.arm.pulses and [one.why for one in bench.said(PlateRead)] == ["clock"] * 5 + ["earlier"]
    bench.push(MINE, taken_at=bench.now())
    assert bench.cases()[-1] == "grant permit" and bench.plates()[-1] == MINE


@pytest.mark.req("LANE-06")
def test_a_push_taken_before_this_vehicle_came_counts_by_the_clock_that_the_camera_has(bench: VehicleBench) -> None:
    """Its clock is 20 seconds slow, always: what it says of now is not late, and what it says of 10 seconds ago is."""
    slow = timedelta(seconds=20)
    for _ in range(3):
        bench.loops(arming=BUSY)
        bench.push(OTHER, taken_at=bench.now() - slow)
        bench.loops()
        bench.wait(APART_S + 1)
    bench.loops(arming=BUSY)
    bench.push(MINE, taken_at=bench.now() - slow - timedelta(seconds=10))
    assert not bench.arm.pulses and [one.why for one in bench.said(PlateRead)] == ["earlier"]
    bench.push(MINE, taken_at=bench.now() - slow - timedelta(seconds=1))
    assert len(bench.arm.pulses) == 1


@pytest.mark.req("LANE-07", "LANE-08")
def test_two_cameras_that_tell_of_one_car_let_one_car_in(bench: VehicleBench) -> None:
    """The second one, at the same lane, is a moment later; the one of the lane beside it has no car on its loop."""
    bench.loops(arming=BUSY)
    bench.push(MINE)
    bench.push(MINE)
    bench.push(OTHER)
    assert bench.cases() == ["grant permit"] and len(bench.arm.pulses) == 1
    assert bench.answered == [MINE, MINE, OTHER], "each camera hears that its word was taken"
    bench.raised()
    bench.drive_through()
    bench.push(MINE)
    bench.wait(EARLY_S + 0.2)
    assert bench.cases() == ["grant permit"] and len(bench.arm.pulses) == 1
    assert [one.why for one in bench.said(PlateRead)] == ["no_vehicle"]


@pytest.mark.req("SYNC-06", "PARK-14")
def test_a_day_without_central_lets_everybody_in_and_out_and_forgets_no_debt(tmp_path: Path) -> None:
    """Two hundred cars stay two hours each, all day long; the next morning central is back, and asks for the same."""
    bench = VehicleBench(tmp_path, OPENS, Direction.OUT)
    bench.lists(tariffs=(T1,))
    bench.loops()
    plates = [f"川B{number:05d}" for number in range(200)]
    came = [
        ToldStay(stay_id=new_id(), plate=plate, entered_at=bench.now() + 5 * MINUTE * n - 2 * HOUR, tariff_version=1)
        for n, plate in enumerate(plates)
    ]
    bench.news(*came)
    bench.alone = True
    for plate in plates:
        bench.arrive(plate)
        bench.raised()
        bench.drive_through()
        bench.up = False
        bench.loops()
        bench.began += 5 * MINUTE
    assert bench.cases() == ["grant owes"] * 200 and bench.passages() == ["loops"] * 200
    lane = bench.lanes[LANE].lane_id
    owed = {plate: bench.stays.account(plate, lane, bench.now()) for plate in plates}
    assert all(one is not None and one.owed == 7_00 and one.inside is None for one in owed.values())
    bench.arrive(plates[0])
    assert bench.cases()[-1] == "refer no_entry", "who has left is not let out again for the same stay"
    bench.loops()
    bench.alone = False
    debts = tuple(Owed(stay_id=one.stay_id, plate=one.plate, fen=7_00) for one in came)
    bench.news(after=0, heard_seq=bench.journal.head()[0], owed=debts)
    again = {plate: bench.stays.account(plate, lane, bench.now()) for plate in plates}
    assert {plate: one and one.owed for plate, one in again.items()} == dict.fromkeys(plates, 7_00)
    bench.close()
    bench.keys.close()
