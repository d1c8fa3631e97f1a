"""Which car stands at a lane, as its gate has told: the newest visit says it, for as long as it can be true."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.gates.access.site_keys import plate_key
from central.gates.visits.at_lane import DRIVES_MAX, STANDS_MAX, car_at
from models.access.credential import Kind
from models.access.decision import Outcome
from models.values.ids import new_id
from models.wire.events import Passage
from tests.browser.gate import seed
from tests.central.gates.parking.cars import decided

PLATE, SECOND = "川A12345", timedelta(seconds=1)


@pytest.fixture
def gate(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


class Lane:
    def __init__(self, site):
        self.site, self.gate, self.now = site, site.gate, clock.now()
        self.lane_id = site.gate.reply.lanes[1].lane_id
        with site.gate.session() as db:
            self.key = plate_key(db, site.community_id)

    def says(self, outcome, plate=PLATE, kind=Kind.PLATE, ago=timedelta()):
        correlation, at = new_id(), self.now - ago
        body = decided(self.key, self.lane_id, at, correlation, plate, direction="out", outcome=outcome, kind=kind)
        self.gate.write(body, correlation, lane=1, at=at)
        self.gate.tell()
        return correlation

    def passes(self, correlation):
        self.gate.write(Passage(passed=True, why="loops"), correlation, lane=1, at=self.now)
        self.gate.tell()

    def car(self, later=timedelta()):
        with self.gate.session() as db:
            found = car_at(db, self.lane_id, self.now + later)
        return None if found is None else (found.plate, found.released)


@pytest.fixture
def lane(gate):
    return Lane(gate)


@pytest.mark.req("PARK-12")
def test_a_car_that_was_asked_to_wait_stands_there_until_it_is_let_through_and_drives(lane):
    assert lane.car() is None
    lane.says(Outcome.REFER, ago=30 * SECOND)
    assert lane.car() == (PLATE, False)
    out = lane.says(Outcome.GRANT)
    assert lane.car() == (PLATE, True)
    lane.passes(out)
    assert lane.car() is None


@pytest.mark.req("PARK-12", "LANE-20")
@pytest.mark.parametrize("plate", [PLATE, ""])
def test_who_was_asked_to_wait_and_drives_past_an_arm_that_is_held_up_is_gone_at_once(lane, plate):
    asked = lane.says(Outcome.REFER, plate)
    assert lane.car() == (plate, False)
    lane.passes(asked)
    assert lane.car() is None


@pytest.mark.req("PARK-12")
def test_what_was_told_long_ago_is_told_no_more(lane):
    lane.says(Outcome.REFER)
    assert lane.car(STANDS_MAX - SECOND) == (PLATE, False) and lane.car(STANDS_MAX) is None
    lane.says(Outcome.GRANT)
    assert lane.car(DRIVES_MAX - SECOND) == (PLATE, True) and lane.car(DRIVES_MAX) is None


@pytest.mark.req("PARK-12")
def test_the_newest_car_counts_and_one_that_a_guard_lets_out_is_nobodys_to_pay(lane):
    lane.says(Outcome.REFER, "川B8K3H5", ago=60 * SECOND)
    lane.says(Outcome.REFER, ago=30 * SECOND)
    assert lane.car() == (PLATE, False)
    lane.says(Outcome.GRANT, "", kind=Kind.REMOTE)
    assert lane.car() is None


@pytest.mark.req("PARK-12")
def test_a_car_whose_plate_was_not_read_stands_there_without_one(lane):
    lane.says(Outcome.REFER, "")
    assert lane.car() == ("", False)
