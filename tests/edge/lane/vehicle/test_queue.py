"""How long cars wait in front of a lane, as its own loops tell it, and what that gives a car that has paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.lane.vehicle.queue import GAP_S, Queue, queued
from edge.lane.vehicle.states import Loop, VehicleLane
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.events import DecisionMade
from models.wire.stays import PaidAt, ToldStay
from tests.edge.lane.vehicle.lane_bench import BUSY, VehicleBench
from tests.models.parking.tariffs import T1

EMPTY = VehicleLane(outer=Loop.FREE, safety=Loop.FREE, inner=Loop.FREE)
STANDS = replace(EMPTY, outer=Loop.OCCUPIED)
MINE = "川A12345"
MINUTE = timedelta(minutes=1)


@pytest.mark.req("LANE-25")
def test_a_queue_lasts_while_the_next_car_comes_up_at_once_and_is_over_when_nobody_does() -> None:
    queue = queued(Queue(), STANDS, False, 100.0)
    queue = queued(queue, EMPTY, True, 160.0)
    queue = queued(queue, STANDS, False, 160.0 + GAP_S - 1)
    queue = queued(queue, EMPTY, True, 300.0)
    assert [waited for _, waited in queue.left] == [60.0, 200.0]
    queue = queued(queue, EMPTY, False, 301.0)
    queue = queued(queue, EMPTY, False, 301.0 + GAP_S + 0.1)
    assert queue.since is None
    queue = queued(queue, STANDS, False, 400.0)
    queue = queued(queue, EMPTY, True, 410.0)
    assert queue.left[-1] == (410.0, 10.0)


@pytest.mark.req("PARK-13")
@pytest.mark.parametrize("jammed", [False, True])
def test_who_has_paid_and_was_kept_by_the_queue_leaves_without_another_fee(tmp_path: Path, jammed: bool) -> None:
    bench = VehicleBench(tmp_path, LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER), Direction.OUT)
    bench.lists(tariffs=(T1,))
    bench.loops()
    others = [f"川B0000{number}" for number in range(6)]
    now = bench.now()
    bench.news(
        *(ToldStay(stay_id=new_id(), plate=one, entered_at=now - 5 * MINUTE, tariff_version=1) for one in others),
        ToldStay(
            stay_id=new_id(), plate=MINE, entered_at=now - 120 * MINUTE, tariff_version=1,
            payments=(PaidAt(at=now - 10 * MINUTE, fen=7_00),),
        ),
    )  # fmt: skip
    for plate in others:
        bench.arrive(plate)
        bench.raised()
        bench.wait(80 if jammed else 2)
        bench.drive_through()
        bench.up = False
        bench.loops()
        if not jammed:
            bench.wait(78 + GAP_S)
    bench.arrive(MINE)
    made = bench.said(DecisionMade)[-1].decision
    if jammed:
        assert made.detail["case"] == "nothing_due" and int(made.detail["leave_extra_min"]) >= 6
    else:
        assert made.detail["case"] == "pay" and "leave_extra_min" not in made.detail
    bench.loops(arming=BUSY)
    bench.close()
    bench.keys.close()
