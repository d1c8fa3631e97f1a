"""A visitor's car at a gate that is alone: the minutes of its stay are a visitor's, as the pass was when it came in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.parking.invited import Invited
from models.parking.tariff import FreeMinutes
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.plate import PlateColour
from models.values.time import utc_now
from models.wire.events import DecisionMade
from models.wire.stays import ToldStay
from tests.edge.lane.vehicle.lane_bench import LANE, VehicleBench
from tests.edge.lane.vehicle.test_scopes import drives_in
from tests.models.parking.tariffs import T1

VISITOR, LATE, OTHER = "川A12345", "川B8K3H5", "川B8K3H6"
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)
VISITING = T1.model_copy(update={"visitor_free": FreeMinutes(minutes=120)})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = VehicleBench(tmp_path, OPENS, Direction.IN)
    now = utc_now()
    hour = timedelta(hours=1)
    invited = (
        Invited(plate=VISITOR, since=now - hour, until=now + hour),
        Invited(plate=LATE, since=now - 2 * hour, until=now - hour),
    )
    bench.lists(tariffs=(VISITING,), invited=invited)
    bench.loops()
    bench.alone = True
    yield bench
    bench.close()
    bench.keys.close()


def due_on(bench: VehicleBench, plate: str) -> int:
    account = bench.stays.account(plate, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.due is not None
    return account.due.total


@pytest.mark.req("P34", "PARK-05", "SYNC-01")
def test_a_gate_alone_gives_a_visitor_their_minutes_also_after_a_restart(bench: VehicleBench) -> None:
    for plate in (VISITOR, LATE, OTHER):
        drives_in(bench, plate, PlateColour.BLUE)
    bench.began += timedelta(minutes=70)
    for _ in range(2):
        assert [due_on(bench, plate) for plate in (VISITOR, LATE, OTHER)] == [0, 7_00, 7_00]
        bench.start()  # killed; only its folder is left
    bench.began += timedelta(minutes=80)
    assert due_on(bench, VISITOR) == 9_00, "over the visitor's minutes it is charged from its entry"


@pytest.mark.req("P34", "PARK-05")
def test_of_a_car_that_central_tells_of_its_word_counts_and_the_bill_says_whose_minutes(tmp_path: Path) -> None:
    bench = VehicleBench(tmp_path, OPENS, Direction.OUT)
    bench.lists(tariffs=(VISITING,))
    bench.loops()
    since = bench.now() - timedelta(minutes=110, seconds=30)
    told = {"entered_at": since, "tariff_version": 1, "tariff_id": VISITING.tariff_id}
    bench.news(ToldStay(stay_id=new_id(), plate=VISITOR, invited=True, **told))
    bench.arrive(VISITOR)
    made = bench.said(DecisionMade)[-1].decision
    assert (made.outcome, made.detail["case"], made.detail["fee_fen"]) == (Outcome.GRANT, "nothing_due", "0")
    assert made.detail["bill"] == "visitor_minutes 0 110 110 0 0"
    bench.close()
    bench.keys.close()
