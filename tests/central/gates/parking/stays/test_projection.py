"""Cars at the lanes become stays at central: in any order, in any batches, and made anew from the journal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from central.base.kernel.actor import system
from central.gates.ingest import parked as parked_events
from central.gates.ingest.projections import projections
from central.gates.ingest.tables import ParkedEventRow
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.projection import project_stay
from central.gates.parking.stays.tables import StayOddRow, StayRow
from central.gates.visits.rules import EVENTS_MAX
from central.gates.visits.service import rebuild
from central.people.community.service import add_lane
from models.access.credential import Kind
from models.access.decision import Outcome
from models.parking.stays import Cause, State
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.events import Passage
from tests.central.gates.conftest import T0, make_site
from tests.central.gates.parking.cars import decided, drive, ended, key_of, wait_and_be_let_in
from tests.central.gates.parking.stays.test_fold import told

MINE, OTHER, GREEN = "川A12345", "川B8K3H5", "川AD12345"


def at(minutes: float):
    return T0 + timedelta(minutes=minutes)


def tell(site, node, batch):
    """A day later, so that nothing in it has still to happen."""
    site.send(node, batch, now=T0 + timedelta(days=1))


def keeper(site):
    return system(site.tenant_id, "王师傅", ["stay.read", "stay.correct"])


def one(site, stay_id):
    with site.session() as db:
        stay = stays.stay_of(db, keeper(site), stay_id)
        return stay, stays.history_of(db, stay)


@pytest.mark.req("PARK-01")
def test_a_car_that_drives_in_and_out_has_one_stay_with_each_change_its_cause_and_its_time(site, node):
    key, way_out = key_of(site), site.enrol("car-out")
    stay_id = drive(node, key, MINE, at(10))
    exit_id = drive(way_out, key, MINE, at(70), direction="out")
    tell(site, node, node.batch())
    with site.session() as db:
        assert stays.inside_by_class(db, site.community_id) == {"small": 1}
    tell(site, way_out, way_out.batch())
    stay, history = one(site, stay_id)
    assert (stay.state, stay.plate.text, stay.entered_at, stay.left_at) == (State.LEFT, MINE, at(10), at(70))
    assert (stay.exit_id, stay.entry_lane, stay.exit_lane) == (exit_id, "east-in", "car-out")
    assert [(line.state, line.cause, line.at) for line in history] == [
        (State.DETECTED, Cause.DECISION, at(10)), (State.ENTERED, Cause.PASSAGE, at(10)),
        (State.LEFT, Cause.PASSAGE, at(70)),
    ]  # fmt: skip
    with site.session() as db:
        assert stays.inside_by_class(db, site.community_id) == {}


@pytest.mark.req("PARK-01", "LANE-15")
@pytest.mark.parametrize(
    ("why", "state"),
    [("loops", State.ENTERED), ("backed_out", State.BACKED_OUT), ("no_passage", State.BACKED_OUT),
     ("not_sensed", State.DETECTED), ("", State.DETECTED)],
)  # fmt: skip
def test_only_a_passage_that_was_seen_makes_a_car_be_inside(site, node, why, state):
    stay_id = drive(node, key_of(site), MINE, at(1), why=why)
    tell(site, node, node.batch())
    assert one(site, stay_id)[0].state is state


@pytest.mark.req("PARK-01", "LANE-13")
def test_an_unread_car_on_a_tidal_lane_counts_the_way_the_lane_led_then(site, node):
    """The lane is written as one that leads in."""
    came, went = new_id(), new_id()
    for which, way, minute in ((came, Direction.IN, 1), (went, Direction.OUT, 2)):
        node.write(Passage(passed=True, why="loops", held=True, direction=way), which, at=at(minute))
    tell(site, node, node.batch())
    with site.session() as db:
        odd = db.execute(select(StayOddRow.what, StayOddRow.subject_id)).all()
    assert [tuple(one) for one in odd] == [("nobody_opened", came)], "one came in that nobody let in"
    gone = one(site, went)[0]
    assert (gone.exit_id, gone.left_at, gone.entered_at) == (went, at(2), None), "the other went out"


def test_what_a_guard_opens_for_is_the_car_that_was_refused_right_before(site, node):
    key = key_of(site)
    refused, opened = wait_and_be_let_in(node, key, OTHER, at(1))
    later = new_id()
    node.write(decided(key, node.lane.lane_id, at(30), later, kind=Kind.REMOTE), later, at=at(30))
    node.write(Passage(passed=True, why="loops"), later, at=at(30))
    tell(site, node, node.batch())
    assert one(site, opened)[0].plate.text == OTHER
    assert one(site, later)[0].plate is None, "nobody was refused shortly before it"
    with site.session() as db:
        assert db.scalar(select(StayRow).where(StayRow.stay_id == refused)) is None


@pytest.mark.req("PARK-01", "LANE-06")
@pytest.mark.parametrize(("stood", "plate"), [(True, OTHER), (None, OTHER), (False, None)])
def test_a_guard_who_opens_while_nobody_stands_there_opens_for_nobody_that_was_refused_before(site, node, stood, plate):
    """`None`: a node of before, or one whose loops were not known."""
    key, refused, opened = key_of(site), new_id(), new_id()
    lane_id = node.lane.lane_id
    node.write(decided(key, lane_id, at(1), refused, OTHER, outcome=Outcome.REFER), refused, at=at(1))
    opens = decided(key, lane_id, at(6), opened, kind=Kind.REMOTE).model_copy(update={"stood": stood})
    node.write(opens, opened, at=at(6))
    node.write(Passage(passed=True, why="loops"), opened, at=at(7))
    tell(site, node, node.batch())
    came = one(site, opened)[0]
    assert (came.plate.text if came.plate else None) == plate and came.state is State.ENTERED


@pytest.mark.req("LANE-06")
def test_a_car_referred_with_the_plate_of_the_car_before_comes_in_without_a_plate(site, node):
    key = key_of(site)
    first = drive(node, key, MINE, at(0))
    _, opened = wait_and_be_let_in(node, key, MINE, at(1), case="just_before")
    tell(site, node, node.batch())
    assert one(site, first)[0].plate.text == MINE and one(site, opened)[0].plate is None


def test_a_car_for_whom_nobody_had_opened_is_for_a_person_to_look_at(site, node):
    event = node.write(Passage(passed=True, why="loops"), new_id(), at=at(1))
    tell(site, node, node.batch())
    with site.session() as db:
        assert [(row.fact_id, row.what) for row in db.scalars(select(StayOddRow))] == [
            (event.event_id, "nobody_opened")
        ]


def test_a_person_at_a_door_has_no_stay(site, node):
    node.visit()
    opened = new_id()
    node.write(decided(b"", node.lane.lane_id, at(1), opened, kind=Kind.REMOTE), opened, at=at(1))
    node.write(Passage(passed=True), opened, at=at(1))
    tell(site, node, node.batch())
    with site.session() as db:
        assert told(db, site.community_id) == ({}, {}, {})


RAMP = ("B1", "B2")


def script(site, way_in, way_out):
    """A day at two lanes; facts of one plate at both, on either side of one another."""
    key = key_of(site)
    for plate, minute in ((MINE, 10), (OTHER, 12), (GREEN, 20), (MINE, 200), (OTHER, 300)):
        drive(way_in, key, plate, at(minute))
    wait_and_be_let_in(way_in, key, "川F31717", at(310))
    way_in.write(Passage(passed=True, why="loops"), new_id(), at=at(320))
    drive(way_in, key, "", at(330))
    drive(way_in, key, GREEN, at(340), why="backed_out")
    for plate, minute in ((MINE, 60), (GREEN, 90), (MINE, 260), ("川A12346", 290)):
        drive(way_out, key, plate, at(minute), direction="out")
    wait_and_be_let_in(way_out, key, "川F31717", at(400), direction="out")
    drive(way_out, key, OTHER, at(310), between=RAMP)  # its node has a ramp too, told of at the lane of its exit
    drive(way_out, key, OTHER, at(320), direction="out", between=RAMP[::-1])
    drive(way_out, key, "川G00001", at(330), between=RAMP)
    drive(way_out, key, OTHER, at(335), between=RAMP, why="backed_out")
    wait_and_be_let_in(way_out, key, OTHER, at(345), between=RAMP)
    way_out.write(ended("loops", RAMP), new_id(), at=at(350))


@pytest.mark.req("PARK-01", "PARK-20", "SYNC-08")
def test_whatever_the_batches_and_whichever_node_is_heard_first_the_stays_are_the_same(wired, database, two_tenants):
    seen = []
    for size, out_first in ((1, False), (3, True), (7, False), (100, True)):
        site = make_site(database.engine, two_tenants.a, f"翠湖 {size}")
        way_in, way_out = site.enrol("car-in"), site.enrol("car-out")
        script(site, way_in, way_out)
        nodes = [way_out, way_in] if out_first else [way_in, way_out]
        for node in nodes:
            for first in range(1, len(node.journal) + 1, size):
                tell(site, node, node.batch(first, first + size - 1))
                tell(site, node, node.batch(first, first + size - 1))
        with site.session() as db:
            found, changes, odd = whole = told(db, site.community_id)
            for node in nodes:
                project_stay(db, node.journal[0], decided(b"", node.lane.lane_id, T0, new_id()))
            assert told(db, site.community_id) == whole
            rebuild(db, site.community_id, projections)
            assert told(db, site.community_id) == whole, "made anew from the journal"
        lines = {stay: [line[:3] for line in lines] for stay, lines in changes.items()}
        seen.append((sorted((*map(str, row[:4]), lines[stay]) for stay, row in found.items()), sorted(odd.values())))
    assert all(one == seen[0] for one in seen[1:])
    assert [row[:2] for row in seen[0][0] if row[0] == "entered"] == [
        ("entered", ""), ("entered", OTHER),
    ]  # fmt: skip
    assert seen[0][1] == ["moved_unknown", "moved_unread", "nobody_opened"]
    assert {row[1]: row[-1] for row in found.values() if row[0] == "entered"} == {"": None, OTHER: "B2"}


@pytest.mark.req("SYNC-10")
def test_a_decision_that_was_parked_gives_its_plate_to_the_stay_afterwards(site, node):
    """The lane is not known when the car was refused there; the guard's opening came by another lane id in time."""
    key, lane_id = key_of(site), new_id()
    correlation = new_id()
    node.write(decided(key, lane_id, at(1), correlation, MINE), correlation, lane_id=lane_id, at=at(1))
    node.write(Passage(passed=True, why="loops"), correlation, at=at(1))
    tell(site, node, node.batch())
    with site.session() as db:
        assert [row.what for row in db.scalars(select(StayOddRow))] == ["nobody_opened"]
        row = db.scalars(select(ParkedEventRow)).one()
        lane = add_lane(db, site.actor, site.gate_id, "new", "新门", Direction.IN)
        db.execute(text("UPDATE lane SET id = :id WHERE id = :old"), {"id": lane_id, "old": lane.id})
        db.expunge_all()
        parked_events.retry(db, site.actor, row.id, "lane added", projections, node.clock)
    stay, _ = one(site, correlation)
    assert (stay.state, stay.plate.text) == (State.ENTERED, MINE)
    with site.session() as db:
        whole = told(db, site.community_id)
        assert whole[2] == {}
        rebuild(db, site.community_id, projections)
        assert told(db, site.community_id) == whole


@pytest.mark.req("LANE-24")
def test_what_a_person_said_of_a_stay_outlives_a_rebuild_and_finds_its_place_after_a_late_event(site, node):
    key, way_out = key_of(site), site.enrol("car-out")
    stay_id = drive(node, key, "川A12346", at(10))
    tell(site, node, node.batch())
    with site.session() as db:
        stay_deeds.correct_plate(db, keeper(site), stay_id, MINE, "看错一位", at(50))
    drive(way_out, key, MINE, at(70), direction="out")
    tell(site, way_out, way_out.batch())
    stay, history = one(site, stay_id)
    assert (stay.state, stay.plate.text) == (State.LEFT, MINE)
    line = next(each for each in history if each.cause is Cause.PERSON)
    assert (line.note, line.by_name, line.reason) == ("川A12346", "王师傅", "看错一位")
    with site.session() as db:
        whole = told(db, site.community_id)
        rebuild(db, site.community_id, projections)
        assert told(db, site.community_id) == whole


@pytest.mark.req("SEC-04")
def test_nobody_writes_into_another_node_s_passing(site, node):
    key, other = key_of(site), site.enrol("car-out")
    stay_id = drive(node, key, MINE, at(10))
    tell(site, node, node.batch())
    other.write(decided(key, other.lane.lane_id, at(20), stay_id, OTHER), stay_id, at=at(20))
    other.write(Passage(passed=False, why="backed_out"), stay_id, at=at(20))
    tell(site, other, other.batch())
    stay, _ = one(site, stay_id)
    assert (stay.state, stay.plate.text) == (State.ENTERED, MINE)


@pytest.mark.req("SEC-04")
def test_no_car_vanishes_because_another_node_wrote_a_heap_into_its_passing(site):
    key, thief = key_of(site), site.enrol("west-in")
    node = site.enrol("east-in")
    assert thief.id < node.id
    stay_id = drive(node, key, MINE, at(10))
    tell(site, node, node.batch())
    for _ in range(EVENTS_MAX + 5):
        thief.write(decided(b"", thief.lane.lane_id, at(20), stay_id, outcome=Outcome.DENY), stay_id, at=at(20))
    tell(site, thief, thief.batch())
    stay, _ = one(site, stay_id)
    assert (stay.state, stay.plate.text, stay.entry_lane_id) == (State.ENTERED, MINE, node.lane.lane_id)
