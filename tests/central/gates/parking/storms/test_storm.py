"""Storm mode of a car park: begun by one person, told to every gate, owners told one by one, ended (LANE-28)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from nacl.signing import SigningKey

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.kernel.session import open_session
from central.gates.access import snapshot
from central.gates.nodes import service as nodes
from central.gates.nodes.snapshots import newer_than
from central.gates.nodes.tables import NodeRow
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.plates.listed import add_plate
from central.gates.parking.rules import Kept
from central.gates.parking.storms import cars, storm
from central.gates.visits.held import tidal_lanes
from central.gates.visits.presence import heard
from central.gates.visits.queries import lanes_now, open_alarms
from central.gates.visits.service import Status
from central.gates.visits.storm_lanes import There, at_lanes
from models.parking.plan import BayKind
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.commands import EnrolLane, EnrolRequest
from models.wire.events import Alarm, AlarmKind, LaneDirection, LaneHeld
from models.wire.snapshot import Snapshot
from tests.central.gates.conftest import T0, FieldNode
from tests.central.gates.nodes.test_fire import audited
from tests.central.gates.parking.cars import drive, key_of
from tests.central.gates.parking.lot.lots import keeper, plan_there

pytestmark = pytest.mark.req("LANE-28")

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RIGHTS = ("storm.run", "stay.read", "plate.keep", "lot.keep", "arrears.write_off")


def person(site, *rights, name="李经理"):
    return Actor(
        site.tenant_id, ActorKind.ACCOUNT, new_id(), name, system(site.tenant_id, "t", rights or RIGHTS).grants
    )


@pytest.fixture
def gate(site):
    """A node with a way in, a way out, and a lane between two levels each way."""
    with site.session() as db:
        token = nodes.make_token(db, site.actor, site.community_id, site.gate_id, "东门岗", T0)
    key = SigningKey.generate()
    lanes = (
        EnrolLane(code="car-in", name="进", direction="in", vehicles=True),
        EnrolLane(code="car-out", name="出", direction="out", vehicles=True),
        EnrolLane(code="down", name="下", direction="in", vehicles=True, from_zone="B1", to_zone="B2"),
        EnrolLane(code="up", name="上", direction="out", vehicles=True, from_zone="B2", to_zone="B1"),
        EnrolLane(code="walk", name="人行", direction="in", vehicles=False),
    )
    asked = EnrolRequest(token=token, public_key=bytes(key.verify_key).hex(), name="east", version="0.1.0", lanes=lanes)
    with open_session(site.engine) as db:
        return FieldNode(key, nodes.enrol(db, asked, None, T0))


def begin(site, now=T0, *, zones=(), hours=4, actor=None):
    with site.session() as db:
        return storm.begin(
            db, actor or person(site), site.community_id, zones=zones, hours=hours, reason=" 暴雨红色预警 ", now=now
        )


def view(site, storm_id, now=T0):
    with site.session() as db:
        return storm.storm_of(db, person(site), storm_id, now)


def rules(site, gate, now):
    with site.session() as db:
        row = db.get(NodeRow, gate.id)
        return Snapshot.model_validate_json(newer_than(db, row, 0, now).payload)


def names(lanes):
    return {one.lane.code for one in lanes}


def test_the_whole_car_park_opens_every_way_out_and_closes_every_way_into_it_and_the_gates_are_told(site, gate):
    """A lane from one level to another may be the way to the exit: nobody is kept in by it."""
    storm_id, codes = begin(site), {lane.code: lane.lane_id for lane in gate.reply.lanes}
    (told,) = rules(site, gate, T0).storms
    assert (told.storm_id, told.until) == (storm_id, T0 + 4 * HOUR)
    assert told.opens == {codes["car-out"], codes["up"]} and told.closes == {codes["car-in"]}
    ((reason, _, after),) = audited(site, "storm.begin")
    assert reason == "暴雨红色预警" and len(after["lanes"]) == 3


def test_some_levels_close_only_what_leads_there_and_open_the_ways_out_of_the_car_park_too(site, gate):
    with site.session() as db:
        lanes = storm.lanes_for(db, site.community_id, ["B2"])
    assert (names(lanes.opens), names(lanes.closes)) == ({"car-out", "up"}, {"down"})


def test_it_ends_by_a_persons_word_by_its_hour_and_is_prolonged_by_a_word_too(site, gate):
    storm_id = begin(site, hours=2)
    with site.session() as db:
        before = snapshot.version(db, site.community_id)
        storm.prolong(db, person(site), storm_id, hours=12, reason="还在下", now=T0 + HOUR)
        assert snapshot.version(db, site.community_id) > before
    with site.session() as db, pytest.raises(Invalid) as problem:
        storm.prolong(db, person(site), storm_id, hours=4, reason="按错", now=T0 + 2 * HOUR)
    assert problem.value.fields == {"hours": "storm.not_shorter"}, "prolonging never shortens"
    assert view(site, storm_id).until == T0 + 13 * HOUR and rules(site, gate, T0 + 12 * HOUR).storms
    assert not view(site, storm_id, T0 + 13 * HOUR).runs
    with site.session() as db:
        storm.end(db, person(site), storm_id, reason="水退了", now=T0 + 3 * HOUR)
    assert rules(site, gate, T0 + 3 * HOUR).storms == ()
    with site.session() as db, pytest.raises(Conflict, match="over"):
        storm.end(db, person(site), storm_id, reason="再按一次", now=T0 + 3 * HOUR)
    assert len(audited(site, "storm.prolong")) == len(audited(site, "storm.end")) == 1


@pytest.mark.req("SEC-02")
def test_who_may_not_and_what_cannot_be_is_refused(site, gate):
    for hours in (0, 13):
        with pytest.raises(Invalid):
            begin(site, hours=hours)
    with pytest.raises(Invalid):
        begin(site, zones=("C9",))
    with pytest.raises(Forbidden):
        begin(site, actor=person(site, "stay.read"))
    begin(site)
    with pytest.raises(Conflict, match="runs"):
        begin(site)
    begin(site, now=T0 + 5 * HOUR)  # that one was over by its hour


def test_a_place_without_barriers_is_told_so(site):
    site.enrol("walk", vehicles=False)
    with pytest.raises(Conflict, match="no_lane"):
        begin(site)


def test_each_lane_says_whether_it_is_in_force_there(site, gate):
    storm_id, codes = begin(site), {lane.lane_id: lane.code for lane in gate.reply.lanes}

    def there(now):
        with site.session() as db:
            return {codes[one.lane.lane_id]: one.there for one in at_lanes(db, view(site, storm_id), now)}

    assert set(there(T0).values()) == {There.SILENT}, "a gate that nobody has heard of yet"
    with site.session() as db:
        heard(db, gate.id, Status(rules_version=view(site, storm_id).version - 1), T0)
    assert set(there(T0).values()) == {There.ON_ITS_WAY}
    with site.session() as db:
        heard(db, gate.id, Status(rules_version=view(site, storm_id).version), T0)
    assert there(T0) == {"car-in": There.IN_FORCE, "car-out": There.NOT_HELD, "up": There.NOT_HELD}
    held = LaneHeld(held=True, since=T0, until=T0 + 2 * HOUR, storm_id=storm_id)
    by_code = {code: lane_id for lane_id, code in codes.items()}
    gate.write(held, lane_id=by_code["car-out"])
    gate.write(held.model_copy(update={"storm_id": None}), lane_id=by_code["up"])
    site.send(gate, gate.batch())
    assert (there(T0)["car-out"], there(T0)["up"]) == (There.IN_FORCE, There.BY_HAND)
    assert there(T0 + HOUR)["car-in"] is There.IN_FORCE, "it has the rules, also when it falls silent"


def test_a_way_in_that_somebody_holds_up_is_not_said_to_be_closed(site, gate):
    storm_id, codes = begin(site), {lane.code: lane.lane_id for lane in gate.reply.lanes}
    with site.session() as db:
        heard(db, gate.id, Status(rules_version=view(site, storm_id).version), T0)
    held = LaneHeld(held=True, since=T0, until=T0 + 2 * HOUR)
    gate.write(held, lane_id=codes["car-in"])
    site.send(gate, gate.batch())
    with site.session() as db:
        there = {one.lane.code: one.there for one in at_lanes(db, view(site, storm_id), T0)}
    assert there["car-in"] is There.NOT_CLOSED


@pytest.mark.req("LANE-13")
def test_a_tidal_lane_is_told_both_and_shown_as_it_leads_now(site, gate):
    codes = {lane.code: lane.lane_id for lane in gate.reply.lanes}
    for code, way in (("car-in", Direction.IN), ("down", Direction.IN)):
        gate.write(LaneDirection(direction=way), lane_id=codes[code])
    site.send(gate, gate.batch())
    with site.session() as db:
        tidal = tidal_lanes(db, site.community_id)
        whole, some = (storm.lanes_for(db, site.community_id, zones, tidal) for zones in ((), ("B2",)))
    assert tidal == {codes["car-in"], codes["down"]}
    assert names(whole.opens) == {"car-in", "car-out", "down", "up"} and names(whole.closes) == {"car-in"}
    assert names(some.opens) == {"car-in", "car-out", "down", "up"} and names(some.closes) == {"down"}
    with site.session() as db:
        storm_id = storm.begin(
            db, person(site), site.community_id, zones=(), hours=4, reason="暴雨", now=T0, tidal=tidal
        )
        heard(db, gate.id, Status(rules_version=storm.storm_of(db, person(site), storm_id, T0).version), T0)

    def there():
        with site.session() as db:
            found = at_lanes(db, view(site, storm_id), T0)
        return {one.lane.code: (one.opens, one.there) for one in found}

    assert there()["car-in"] == (False, There.IN_FORCE) and "down" not in there(), "it goes on as always, leading in"
    for code in ("car-in", "down"):
        gate.write(LaneDirection(direction=Direction.OUT), lane_id=codes[code])
    site.send(gate, gate.batch())
    assert there()["car-in"] == there()["down"] == (True, There.NOT_HELD), "what a turned lane is not yet is said"


@pytest.mark.req("SEC-03")
def test_owners_are_listed_by_level_and_marked_as_told_once_each_by_name_and_who_looked_is_written_down(site, gate):
    guard, key = person(site, "storm.run", "stay.read", name="陈值班"), key_of(site)
    with site.session() as db:
        plan_there(db, site, T0)
        add_plate(
            db, person(site), site.community_id, kind=Kept.PERMIT, plate="川A12345", note="5-2-101 张 138", since=T0,
            until=T0 + 30 * 24 * HOUR, now=T0,
        )  # fmt: skip
    mine, other = (drive(gate, key, plate, clock.now() - HOUR) for plate in ("川A12345", "川B8K3H5"))
    now = clock.now()
    site.send(gate, gate.batch(), now)
    storm_id = begin(site, now)
    with site.session() as db:
        levels = cars.cars_inside(db, guard, view(site, storm_id, now), now)
        cars.cars_inside(db, guard, view(site, storm_id, now), clock.now())
    listed = {car.stay_id: car for level in levels for car in level.cars}
    assert {stay_id: car.whose for stay_id, car in listed.items()} == {mine: "5-2-101 张 138", other: None}
    assert len(audited(site, "storm.look")) == 1
    for name in ("陈值班", "王班长"):
        with site.session() as db:
            cars.mark_told(db, person(site, "storm.run", name=name), view(site, storm_id, now), mine, now)
    with site.session() as db:
        levels = cars.cars_inside(db, guard, view(site, storm_id, now), now)
    (level,) = levels
    assert level.told == 1 and [car.told_by for car in level.cars] == [None, "陈值班"], "the first word stays"
    assert len(audited(site, "storm.told")) == 1
    with site.session() as db, pytest.raises(Forbidden):
        cars.cars_inside(db, person(site, "storm.run"), view(site, storm_id, now), now)


def test_lanes_are_directions_as_the_gate_told_them(site, gate):
    with site.session() as db:
        lanes = storm.lanes_for(db, site.community_id, ())
    assert {one.lane.direction for one in lanes.opens} == {Direction.OUT}


def test_an_alarm_of_water_knows_whether_storm_mode_runs_where_it_is(site, gate, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: T0)
    for kind in (AlarmKind.WATER, AlarmKind.FORCED):
        gate.write(Alarm(alarm=kind, device="water" if kind is AlarmKind.WATER else None))
    site.send(gate, gate.batch(), T0)

    def in_storm():
        with site.session() as db:
            return {one.kind: one.in_storm for one in open_alarms(db, None)}

    assert in_storm() == {"water": False, "forced": False}
    storm_id = begin(site)
    assert in_storm() == {"water": True, "forced": False}
    with site.session() as db:
        storm.end(db, person(site), storm_id, reason="水退了", now=T0)
    assert in_storm() == {"water": False, "forced": False}


def test_a_car_whose_level_no_lane_told_stands_under_that_of_the_bay_it_has_and_that_is_said(site, gate):
    guard, key = person(site), key_of(site)
    with site.session() as db:
        plan = plan_there(db, site, T0)
        bay = next(iter(one for one in plan.bays.values() if one[1].kind is BayKind.TEMPORARY))[1]
        add_plate(
            db, guard, site.community_id, kind=Kept.PERMIT, plate="川A12345", note="5-2-101 张", since=T0,
            until=T0 + 30 * 24 * HOUR, bay="C9-404", now=T0,
        )  # fmt: skip
    entered = clock.now()
    with site.session() as db:
        bookings.book(
            db, keeper(site), site.community_id, plate="川A7K3M8", bay=bay.code, since=entered,
            until=entered + 4 * HOUR, now=entered,
        )  # fmt: skip
    stays = [drive(gate, key, plate, entered + MINUTE) for plate in ("川A7K3M8", "川A12345", "川B8K3H5")]
    now = entered + 5 * MINUTE
    site.send(gate, gate.batch(), now)
    storm_id = begin(site, now)
    with site.session() as db:
        levels = cars.cars_inside(db, guard, view(site, storm_id, now), now)
        assert cars.concerned(db, site.community_id, ()) == cars.concerned(db, site.community_id, ["B2"]) == 3
    found = {car.stay_id: (level.code, car.bay, car.by_bay) for level in levels for car in level.cars}
    assert [found[one] for one in stays] == [(bay.zone, bay.code, True), ("", "C9-404", False), ("", "", False)]


def test_what_a_storm_holds_up_is_held_until_the_storm_ends_and_not_until_its_node_renews_it(site, gate):
    storm_id, lane = begin(site), gate.reply.lanes[1]
    gate.write(LaneHeld(held=True, since=T0, until=T0 + 2 * HOUR, storm_id=storm_id), lane_id=lane.lane_id)
    site.send(gate, gate.batch())

    def held(now):
        with site.session() as db:
            return next(one.held for one in lanes_now(db, [site.community_id], now) if one.lane_id == lane.lane_id)

    assert held(T0 + HOUR).storm_until == T0 + 4 * HOUR
    with site.session() as db:
        storm.end(db, person(site), storm_id, reason="水退了", now=T0 + HOUR)
    assert held(T0 + HOUR).storm_until is None
