"""Inner lanes at central: a stay goes on in another zone, which counts it without sensors and says where the car is."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.permissions import GUARD, MANAGER
from central.gates.access.site_keys import plate_key
from central.gates.parking.driver import signs
from central.gates.parking.lot import counts as lot_counts
from central.gates.parking.lot import find as lot_find
from central.gates.parking.lot import plans as lot_plans
from central.gates.parking.lot.occupancy import lot_of
from central.gates.parking.lot.zones import wrong_zones
from central.gates.parking.plates import listed as plates
from central.gates.parking.plates import permit_car
from central.gates.parking.rules import Kept
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.tables import StayFactRow, StayRow
from central.people.community.queries import lane_of
from models.parking.occupancy import How
from models.parking.plan import BayKind
from models.parking.stays import Cause, Odd, State
from models.site.topology import Between
from tests.browser.gate import seed
from tests.central.gates.parking.cars import FieldLane, drive, wait_and_be_let_in
from tests.central.gates.parking.lot.lots import content_of, keeper, plan_there
from tests.central.gates.parking.test_vehicle_lanes import enrol

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MINE, OTHER, THIRD = "川A12345", "川B8K3H5", "川C55555"
DOWN, UP = ("A", "C"), ("C", "A")


@pytest.fixture
def town_site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


class Street:
    """Cars at the entry, which leads into zone A, and at the ramp between A and C; told to central at once."""

    def __init__(self, site):
        self.site = site
        with site.gate.session() as db:
            self.key = plate_key(db, site.community_id)
        self.door, self.ramp = (FieldLane(site.gate, lane) for lane in site.gate.reply.lanes)

    def come(self, plate, at, direction="in"):
        return self._told(drive(self.door, self.key, plate, at, direction=direction))

    def down(self, plate, at, why="loops"):
        return self._told(drive(self.ramp, self.key, plate, at, why=why, between=DOWN))

    def up(self, plate, at):
        return self._told(drive(self.ramp, self.key, plate, at, direction="out", between=UP))

    def _told(self, correlation):
        self.site.gate.tell()
        return correlation

    def zones(self, at=None):
        """(how it is counted, free places) of A and C, less the places there are."""
        with self.site.gate.session() as db:
            lot = lot_of(db, self.site.community_id, at or clock.now())
        return {one.code: (one.how, (one.free or 0) - one.places) for one in lot.now.zones if one.code in "AC"}

    def look(self):
        with self.site.gate.session() as db:
            return stays.to_look_at(db, keeper(self.site), self.site.community_id, clock.now())


@pytest.fixture
def street(town_site):
    with town_site.gate.session() as db:
        plan_there(db, town_site, clock.now() - 10 * HOUR, sensors=False, zone="A")
    return Street(town_site)


@pytest.mark.req("PARK-20", "LANE-13")
def test_each_zone_counts_its_cars_as_they_drive_in_between_and_out(street):
    now = clock.now()
    street.come(MINE, now - 9 * HOUR)
    assert street.zones() == {"A": (How.LANES, -1), "C": (How.NOTHING, 0 - street_places(street, "C"))}
    street.down(MINE, now - 8 * HOUR)
    assert street.zones() == {"A": (How.LANES, 0), "C": (How.LANES, -1)}
    street.come(OTHER, now - 7 * HOUR)
    street.down(OTHER, now - 6 * HOUR, why="backed_out")
    assert street.zones() == {"A": (How.LANES, -1), "C": (How.LANES, -1)}, "who backs out is where it was"
    street.up(MINE, now - 5 * HOUR)
    assert street.zones() == {"A": (How.LANES, -2), "C": (How.LANES, 0)}
    street.down(OTHER, now - 4 * HOUR)
    street.come(OTHER, now - 3 * HOUR, "out")
    assert street.zones() == {"A": (How.LANES, -1), "C": (How.LANES, 0)}, "it left from C, by a way that nobody saw"


def street_places(street, zone):
    with street.site.gate.session() as db:
        plan = lot_of(db, street.site.community_id, clock.now()).plan
    return sum(bay.kind is BayKind.TEMPORARY for bay in plan.bays_in(zone))


@pytest.mark.req("PARK-20")
def test_a_count_of_a_zone_goes_on_from_there_with_every_move(street):
    now = clock.now()
    for plate in (MINE, OTHER):
        street.come(plate, now - 9 * HOUR)
        street.down(plate, now - 8 * HOUR)
    with street.site.gate.session() as db:
        for zone, counted in (("A", 4), ("C", 3)):
            who = keeper(street.site)
            lot_counts.count_cars(db, who, street.site.community_id, zone, counted, "晚上巡场", now - 3 * HOUR)
    assert street.zones() == {"A": (How.LANES, -4), "C": (How.LANES, -3)}
    street.up(MINE, now - 2 * HOUR)
    assert street.zones() == {"A": (How.LANES, -5), "C": (How.LANES, -2)}
    street.come(MINE, now - HOUR, "out")
    assert street.zones() == {"A": (How.LANES, -4), "C": (How.LANES, -2)}
    street.come(THIRD, now - HOUR)
    street.down(THIRD, now - 50 * MINUTE)
    assert street.zones() == {"A": (How.LANES, -4), "C": (How.LANES, -3)}
    street.come(OTHER, now - 40 * MINUTE)
    assert street.zones() == {"A": (How.LANES, -5), "C": (How.LANES, -2)}, "it had left unseen, and came again"


@pytest.mark.req("PARK-01", "PARK-20", "PARK-22")
def test_the_stay_goes_on_and_whoever_looks_for_the_car_is_told_its_zone(street):
    now, site = clock.now(), street.site
    stay_id = street.come(MINE, now - 3 * HOUR)
    with site.gate.session() as db:
        entry = plates.add_plate(
            db, keeper(site), site.community_id, kind=Kept.PERMIT, plate=MINE, note="", since=None,
            until=now + 30 * 24 * HOUR, now=now,
        )  # fmt: skip
        token = permit_car.make_link(db, keeper(site), entry, now)[1]
        assert lot_find.where_is(db, site.community_id, MINE).zone == "地下一层 · A 区"
    moved = street.down(MINE, now - 2 * HOUR)
    with site.gate.session() as db:
        stay = stays.stay_of(db, keeper(site), stay_id)
        assert (stay.state, stay.zone, stay.zone_name) == (State.ENTERED, "C", "地下二层 · C 区")
        line = stays.history_of(db, stay)[-1]
        assert (line.cause, line.from_zone, line.to_zone) == (Cause.MOVED, "A", "C")
        assert db.scalar(select(StayRow).where(StayRow.stay_id == moved)) is None, "no stay of its own"
        assert permit_car.own_car(db, token, now).car.zone == "地下二层 · C 区"
    assert street.look().odd == ()


@pytest.mark.req("PARK-20", "LANE-24")
def test_a_car_that_nobody_saw_come_in_is_listed_with_its_picture_and_keeps_no_place(street):
    now = clock.now()
    moved = street.down(OTHER, now - HOUR)
    unread = street.down("", now - 50 * MINUTE)
    odd = street.look().odd
    assert [(one.what, one.subject_id) for one in odd] == [(Odd.MOVED_UNREAD, unread), (Odd.MOVED_UNKNOWN, moved)]
    assert street.zones()["C"] == (How.LANES, 0)
    late = street.come(OTHER, now - 2 * HOUR)
    assert [one.what for one in street.look().odd] == [Odd.MOVED_UNREAD], "its entry came late from another node"
    with street.site.gate.session() as db:
        assert stays.stay_of(db, keeper(street.site), late).zone == "C"


@pytest.mark.req("PARK-20")
def test_a_guards_opening_at_an_inner_lane_moves_the_car_that_was_refused_there(street):
    now = clock.now()
    stay_id = street.come(MINE, now - 2 * HOUR)
    wait_and_be_let_in(street.ramp, street.key, MINE, now - HOUR, between=DOWN)
    street.site.gate.tell()
    with street.site.gate.session() as db:
        assert stays.stay_of(db, keeper(street.site), stay_id).zone == "C"
        kinds = [row.kind for row in db.scalars(select(StayFactRow).order_by(StayFactRow.at, StayFactRow.kind))]
    assert kinds == ["detected", "drove_in", "moved"]


@pytest.mark.req("LANE-13", "PARK-20")
def test_what_a_gate_says_of_its_zones_is_known_and_one_that_the_plan_lacks_is_told(street):
    now, site = clock.now(), street.site
    street.down(MINE, now - HOUR)
    ramp = street.ramp.lane.lane_id
    with site.gate.session() as db:
        plan = lot_plans.plan_in_force(db, site.community_id).plan
        assert lane_of(db, ramp).between == Between("C", "A"), "in the lane's own direction, which is out"
        assert wrong_zones(db, site.community_id, plan) == []
        assert ramp not in {one.lane.lane_id for one in signs.ways_out(db, site.community_id)}, "nobody pays there"
    street.come(OTHER, now - HOUR)
    drive(street.ramp, street.key, OTHER, now - 30 * MINUTE, between=("A", "B9"))
    site.gate.tell()
    with site.gate.session() as db:
        (wrong,) = wrong_zones(db, site.community_id, plan)
        assert (wrong.lane, wrong.missing) == ("东门人行出", ("B9",))
        found = lot_find.where_is(db, site.community_id, OTHER)
        assert found.zone == "", "a zone that nobody drew is none"
    drive(street.ramp, street.key, OTHER, now - 20 * MINUTE, direction="out")
    site.gate.tell()
    with site.gate.session() as db:
        assert lane_of(db, ramp).between is None, "it was made a way out"


@pytest.mark.req("LANE-13")
def test_a_node_says_at_its_enrolment_between_which_zones_its_lane_leads(site):
    ids = enrol(site, ("ramp", "in", True, "B1", "B2"), ("car-in", "in", True))
    with site.session() as db:
        assert [lane_of(db, one).between for one in ids] == [Between("B1", "B2"), None]


@pytest.mark.req("PARK-20", "PARK-22")
def test_pages_and_the_web_api_say_where_the_car_is(login_as, street):
    now, site = clock.now(), street.site
    stay_id = street.come(MINE, now - 2 * HOUR)
    street.down(MINE, now - HOUR)
    street.down(OTHER, now - HOUR)
    guard, manager = login_as(GUARD, community=site.community_id), login_as(MANAGER, community=site.community_id)
    here = {"community": str(site.community_id)}
    listed = guard.get("/parking", params=here).text
    assert 'data-zone="C"' in listed and "在 地下二层 · C 区" in listed
    one = guard.get(f"/parking/stays/{stay_id}").text
    assert "从 地下一层 · A 区 到 地下二层 · C 区" in one and "经内道换区" in one
    look = guard.get("/parking", params=here | {"tab": "look"}).text
    assert "有车经过内道，而场内没有它的停放" in look
    told = guard.get("/api/v1/parking/inside", params={"community_id": str(site.community_id)}).json()["items"]
    assert [each["zone"] for each in told] == ["C"]
    whole = guard.get(f"/api/v1/parking/stays/{stay_id}").json()
    assert whole["history"][-1] | {"from_zone": "A", "to_zone": "C", "cause": "moved"} == whole["history"][-1]
    found = guard.post(
        "/api/v1/parking/lot/find-car",
        json={"community_id": str(site.community_id), "part": "A123", "reason": "车主忘了"},
    )
    assert [each["zone"] for each in found.json()] == ["地下二层 · C 区"]
    assert "data-wrong-zone" not in guard.get("/parking/lot", params=here).text
    drive(street.ramp, street.key, MINE, now - 30 * MINUTE, between=("A", "B9"))
    site.gate.tell()
    for page in (guard.get("/parking/lot", params=here), manager.get("/parking/lot/plan", params=here)):
        assert 'data-wrong-zone="B9"' in page.text and "平面图上没有 B9" in page.text
    with site.gate.session() as db:
        content = json.dumps(content_of(db, site, sensors=False)).encode()
        other = lot_plans.upload_plan(db, keeper(site), site.community_id, content, now)
    assert 'data-wrong-zone="B9"' in manager.get(f"/parking/lot/plan/{other}").text
