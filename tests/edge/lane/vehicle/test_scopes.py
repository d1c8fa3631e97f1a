"""Two tariffs at one gate that is alone: each car is priced by the one that was for it as it came in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.parking.scope import Group, Scope
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.plate import PlateColour
from models.values.time import utc_now
from models.wire.events import DecisionMade
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import ToldStay
from tests.edge.lane.vehicle.lane_bench import LANE, VehicleBench
from tests.models.parking.tariffs import T1, T7

LORRY, CAR = "川A12345", "川B8K3H5"
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)
LARGE = T7.model_copy(update={"tariff_id": new_id(), "name": "大型车", "scope": Scope(classes=frozenset({"large"}))})
PERMITS = T1.model_copy(
    update={"tariff_id": new_id(), "scope": Scope(classes=frozenset({"large"}), groups=frozenset({Group.PERMIT}))}
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = VehicleBench(tmp_path, OPENS, Direction.IN)
    bench.lists(tariffs=(T1, LARGE, PERMITS))
    bench.loops()
    bench.alone = True
    yield bench
    bench.close()
    bench.keys.close()


def drives_in(bench: VehicleBench, plate: str, colour: PlateColour) -> None:
    bench.arrive(plate, colour=colour)
    bench.raised()
    bench.drive_through()
    bench.up = False
    bench.wait(0.3)


def tariff_of(bench: VehicleBench, plate: str) -> str:
    account = bench.stays.account(plate, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is not None and account.tariff is not None
    return str(account.tariff.tariff_id)


@pytest.mark.req("P01", "PARK-05")
def test_a_gate_alone_prices_each_car_by_the_tariff_that_was_for_it_also_after_a_restart(bench: VehicleBench) -> None:
    drives_in(bench, LORRY, PlateColour.YELLOW)
    drives_in(bench, CAR, PlateColour.BLUE)
    assert bench.said(DecisionMade)[0].decision.inputs["plate_colour"] == "yellow"
    for _ in range(2):
        assert (tariff_of(bench, LORRY), tariff_of(bench, CAR)) == (str(LARGE.tariff_id), str(T1.tariff_id))
        bench.start()  # killed; only its folder is left
    bench.began += timedelta(hours=2)
    for plate, tariff in ((LORRY, LARGE), (CAR, T1)):
        account = bench.stays.account(plate, bench.lanes[LANE].lane_id, bench.now(), colour=PlateColour.UNKNOWN)
        assert account is not None and account.due is not None and account.tariff == tariff
    assert bench.stays.account(LORRY, bench.lanes[LANE].lane_id, bench.now()).due.total == 6_00
    assert bench.stays.account(CAR, bench.lanes[LANE].lane_id, bench.now()).due.total == 7_00


@pytest.mark.req("P01")
def test_a_permit_that_holds_as_the_car_comes_in_is_a_group_and_one_that_has_ended_is_not(bench: VehicleBench) -> None:
    for hours, tariff in ((1, PERMITS), (-1, LARGE)):
        now = utc_now()
        permit = PlateEntry(entry_id=new_id(), list=PlateList.PERMIT, plate=LORRY, since=now - timedelta(days=9),
                            until=now + timedelta(hours=hours))  # fmt: skip
        bench.lists([permit], tariffs=(T1, LARGE, PERMITS))
        drives_in(bench, LORRY, PlateColour.YELLOW)
        assert tariff_of(bench, LORRY) == str(tariff.tariff_id)
        bench.much_later()
        bench.news(after=0, heard_seq=bench.journal.head()[0])  # it has gone


@pytest.mark.req("P01")
def test_what_a_lane_cannot_see_names_no_tariff_that_asks_for_it(bench: VehicleBench) -> None:
    drives_in(bench, LORRY, PlateColour.UNKNOWN)
    assert tariff_of(bench, LORRY) == str(T1.tariff_id)
    assert "plate_colour" not in bench.said(DecisionMade)[0].decision.inputs


@pytest.mark.req("P01", "PARK-05")
def test_the_stay_that_central_tells_of_names_its_tariff_and_the_decision_at_the_exit_says_it(tmp_path: Path) -> None:
    bench = VehicleBench(tmp_path, OPENS, Direction.OUT)
    bench.lists(tariffs=(T1, LARGE, PERMITS))
    bench.loops()
    bench.news(
        ToldStay(stay_id=new_id(), plate=LORRY, entered_at=utc_now() - timedelta(hours=2), vehicle_class="large",
                 tariff_version=1, tariff_id=LARGE.tariff_id),
    )  # fmt: skip
    bench.arrive(LORRY, colour=PlateColour.BLUE)
    made = bench.said(DecisionMade)[-1].decision
    assert (made.detail["tariff"], made.detail["fee_fen"]) == (f"{LARGE.tariff_id} 1", "600")
    bench.close()
    bench.keys.close()
