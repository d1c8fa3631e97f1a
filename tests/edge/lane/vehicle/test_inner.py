"""An inner lane of a car park: whoever drives through is inside before and after, and nobody pays there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.lane.vehicle.machine import step
from edge.lane.vehicle.states import SwitchDirection
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.site.topology import Between, Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import Alarm, AlarmKind, DecisionMade, Passage
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import LotTold, ToldStay
from tests.edge.lane.vehicle.lane_bench import BUSY, LANE, VehicleBench
from tests.models.parking.tariffs import T1

MINE, OTHER = "川A12345", "川B8K3H5"
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)
PERMITS_ONLY = LaneRules(temporary=False, stranger=Outcome.REFER, barred=Outcome.REFER)
DOWN, UP = Between("B1", "B2"), Between("B2", "B1")
WAYS = {Direction.IN: DOWN, Direction.OUT: UP}


def made(folder: Path, rules: LaneRules = OPENS, direction: Direction = Direction.IN) -> VehicleBench:
    bench = VehicleBench(folder, rules, direction)
    bench.shell.leads_between = WAYS
    bench.lists(tariffs=(T1,))
    bench.loops()
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path)
    yield bench
    bench.close()
    bench.keys.close()


def stay(hours: float, plate: str = MINE) -> ToldStay:
    return ToldStay(stay_id=new_id(), plate=plate, entered_at=utc_now() - timedelta(hours=hours), tariff_version=1)


def drives(bench: VehicleBench, plate: str, *, sure: bool = True) -> tuple[str, Between | None]:
    bench.arrive(plate, sure)
    said = bench.cases()[-1]
    bench.raised()
    bench.drive_through()
    bench.up = False
    bench.loops()
    return said, bench.said(Passage)[-1].between


@pytest.mark.req("PARK-20", "LANE-15")
def test_a_car_inside_drives_on_without_paying_and_its_stay_goes_on(bench: VehicleBench) -> None:
    told = stay(30)
    bench.news(told, lot=LotTold(free=0))
    assert drives(bench, MINE) == ("grant inner", DOWN)
    decision = bench.said(DecisionMade)[-1].decision
    assert decision.detail == {"case": "inner"} and decision.inputs["to_zone"] == "B2"
    assert bench.stays.account(MINE, bench.lanes[LANE].lane_id, bench.now()) is not None
    account = bench.stays.account(MINE, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside == told.entered_at, "neither ended nor begun anew"
    assert bench.stays.places(bench.now()) == 0


@pytest.mark.req("PARK-20")
def test_whom_nobody_saw_come_in_drives_on_too_and_is_not_inside_by_it(bench: VehicleBench) -> None:
    bench.news(lot=LotTold(free=5))
    assert drives(bench, OTHER) == ("grant inner", DOWN)
    account = bench.stays.account(OTHER, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is None and bench.stays.places(bench.now()) == 5


@pytest.mark.req("LANE-13", "PARK-20")
def test_switched_the_other_way_it_leads_back_and_holds_nobody(bench: VehicleBench) -> None:
    bench.news(stay(30))
    bench.shell.vehicle, _ = step(bench.shell.vehicle, SwitchDirection(Direction.OUT), bench.mono)
    assert bench.shell.between == UP
    assert drives(bench, MINE) == ("grant inner", UP)
    bench.arrive("")
    assert bench.cases()[-1] == "refer unread", "what nobody read opens nothing by itself: a guard is asked"


@pytest.mark.req("LANE-11", "PARK-06")
def test_an_inner_part_for_permits_asks_a_guard_about_others_on_the_way_in(tmp_path: Path) -> None:
    bench = made(tmp_path, PERMITS_ONLY)
    since = utc_now() - timedelta(days=1)
    permit = PlateEntry(
        entry_id=new_id(), list=PlateList.PERMIT, plate=MINE, since=since, until=since + timedelta(days=9)
    )
    bench.lists([permit], tariffs=(T1,))
    bench.news(stay(2), stay(1, OTHER))
    assert drives(bench, MINE) == ("grant permit", DOWN)
    bench.arrive(OTHER)
    assert bench.cases()[-1] == "refer no_temporary"
    bench.order(bench.command(lane=LANE))
    bench.raised()
    bench.drive_through()
    assert bench.said(Passage)[-1].between == DOWN, "a guard's opening leads the same way"
    bench.close()


@pytest.mark.req("LANE-16", "PARK-20")
def test_a_car_that_a_guard_was_asked_about_and_that_follows_another_is_told_with_its_way(tmp_path: Path) -> None:
    bench = made(tmp_path, PERMITS_ONLY)
    since = utc_now() - timedelta(days=1)
    permit = PlateEntry(
        entry_id=new_id(), list=PlateList.PERMIT, plate=MINE, since=since, until=since + timedelta(days=9)
    )
    bench.lists([permit], tariffs=(T1,))
    bench.news(stay(2, OTHER))
    bench.arrive(MINE)
    bench.raised()
    bench.loops(arming=BUSY, safety=BUSY)
    bench.loops(safety=BUSY)
    bench.arrive_behind(OTHER)
    bench.loops(arming=BUSY, safety=BUSY, closing=BUSY)
    bench.loops(arming=BUSY, closing=BUSY)
    bench.loops(arming=BUSY, safety=BUSY)
    bench.loops(safety=BUSY)
    bench.loops(safety=BUSY, closing=BUSY)
    bench.loops(closing=BUSY)
    bench.loops()
    assert [one.alarm for one in bench.said(Alarm)] == [AlarmKind.TAILGATE]
    assert [one.between for one in bench.said(Passage)] == [DOWN, DOWN]
    account = bench.stays.account(OTHER, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is not None, "it is still inside the car park"
    bench.close()
