"""A whole node at a barrier: real serial line, real drivers, real plate networks on drawn plates, journal on disk."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from devices.sim.barrier import Move
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import Alarm, AlarmKind, DecisionMade, Passage
from models.wire.plates import PlateEntry, PlateList
from scripts.prepare.plate_weights import prepare_plate_weights
from tests.architecture.tree import ROOT
from tests.edge.car_lane import CarLane

CACHE = ROOT / os.environ.get("MENTING_CACHE", ".menting/cache")
MINE, OTHER = "川B8K3H5", "川F31717"


def permit(plate: str) -> PlateEntry:
    now, day = utc_now(), timedelta(days=1)
    return PlateEntry(entry_id=new_id(), list=PlateList.PERMIT, plate=plate, since=now - day, until=now + day)


@pytest.fixture
def cars(tmp_path: Path) -> Iterator[CarLane]:
    weights = prepare_plate_weights(CACHE).with_name("weights")
    lane = CarLane(tmp_path, weights)
    yield lane
    lane.close()


@pytest.mark.req("LANE-03")
@pytest.mark.req("LANE-15")
@pytest.mark.req("LANE-17")
def test_a_known_car_drives_in_an_unknown_one_waits_and_fire_raises_the_arm(cars: CarLane) -> None:
    """One story, because a whole node costs seconds to start."""
    cars.start([permit(MINE)])
    cars.street.show(MINE)
    cars.barrier.do(Move.ARRIVE)
    cars.until(lambda: cars.said(Passage))
    cars.street.show("")
    cars.until(lambda: cars.barrier.barrier.height == 0 and cars.barrier.barrier.passed == 1)
    (made,) = cars.said(DecisionMade)
    assert isinstance(made, DecisionMade)
    assert made.decision.detail["case"] == "permit" and made.decision.inputs["plate"] == "sure"
    assert [one.why for one in cars.said(Passage) if isinstance(one, Passage)] == ["loops"]
    assert cars.barrier.barrier.hits == 0

    cars.street.show(OTHER)
    cars.barrier.do(Move.ARRIVE)
    cars.until(lambda: len(cars.said(DecisionMade)) == 2)
    second = cars.said(DecisionMade)[1]
    assert isinstance(second, DecisionMade) and second.decision.detail["case"] == "no_temporary"
    assert cars.barrier.barrier.height == 0 and cars.barrier.barrier.passed == 1

    cars.barrier.do(Move.FIRE)
    cars.until(lambda: cars.barrier.barrier.height == 1)
    cars.until(lambda: any(isinstance(one, Alarm) and one.alarm is AlarmKind.FIRE for one in cars.said(Alarm)))
    cars.barrier.do(Move.FIRE_OVER)
    cars.until(lambda: cars.barrier.barrier.passed == 2)
    assert cars.barrier.barrier.height == 1, "a person ends it, and nobody else"
