"""Visits, alarms and states are views of the journal: any order, any repetition, made anew: the same rows."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from central.base.kernel import clock
from central.gates.ingest import parked as parked_events
from central.gates.ingest import queries as journal
from central.gates.ingest import settle
from central.gates.ingest.pictures import keep_picture
from central.gates.ingest.projections import projections
from central.gates.ingest.tables import ParkedEventRow
from central.gates.nodes import commands
from central.gates.nodes import service as nodes
from central.gates.nodes.tables import CommandRow
from central.gates.visits import queries
from central.gates.visits.rules import EVENTS_MAX
from central.gates.visits.service import rebuild
from central.gates.visits.tables import AlarmRow, VisitRow
from central.people.community.service import add_lane
from models.access.decision import Outcome
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.commands import Command
from models.wire.events import (
    UNSEEN,
    Actuated,
    Alarm,
    AlarmKind,
    CommandDone,
    ImageRule,
    NodeNews,
    Passage,
    Position,
    Scanned,
    Sensed,
)
from tests.central.gates.conftest import JPEG
from tests.models.wire.samples import BODIES

VIEWS = {
    "visit": "SELECT * FROM visit ORDER BY visit_id",
    "alarm": "SELECT * FROM alarm WHERE origin = 'node' ORDER BY alarm_id",
    "lane_state": "SELECT * FROM lane_state ORDER BY lane_id, fact",
    "node_state": "SELECT * FROM node_state ORDER BY node_id, fact",
}


def rows(db):
    """Every column of every view, as text: equal rows are equal byte for byte."""
    return {name: [tuple(map(str, row)) for row in db.execute(text(query))] for name, query in VIEWS.items()}


@pytest.mark.req("GEN-01")
def test_five_events_of_one_access_become_one_visit(site, node):
    events = node.visit()
    site.send(node, node.batch())
    with site.session() as db:
        seen = queries.visit(db, events[0].correlation)
    assert (seen.outcome, seen.reason, seen.kind) == ("grant", "ok", "pass")
    assert (seen.lane_name, seen.gate_name, seen.direction) == ("east-in", "东门", "in")
    assert (seen.decide_ms, seen.relay_ms, seen.actuation_confirmed) == (1.8, 42.0, True)
    assert (seen.actuated_at, seen.opened_at, seen.closed_at, seen.passed_at) == tuple(e.at for e in events[1:])
    assert (seen.passed, seen.passage_why, seen.person.kind) == (True, "door_cycle", "unknown")
    assert seen.checks == ({"step": "gate", "passed": True, "reason": "ok", "detail": {}},)


@pytest.mark.req("GEN-01")
@pytest.mark.parametrize("missing", range(5))
def test_a_missing_step_is_shown_as_missing(site, node, missing):
    """Whichever of decision, actuation, opened, closed, passage never came, the others stand and it is None."""
    correlation = new_id()
    steps = [
        node.decision(),
        Actuated(action="release", confirmed=True, latency_us=1),
        Sensed(position=Position.OPEN),
        Sensed(position=Position.CLOSED),
        Passage(passed=True),
    ]
    for place, body in enumerate(steps):
        if place != missing:
            node.write(body, correlation)
    site.send(node, node.batch())
    with site.session() as db:
        seen = queries.visit(db, correlation)
    facts = [seen.outcome, seen.actuated_at, seen.opened_at, seen.closed_at, seen.passed]
    assert facts[missing] is None
    there = {0, 1, 2, 3, 4} - {missing} - ({3} if missing == 2 else set())  # closing counts after opening
    assert all(facts[place] is not None for place in there)


@pytest.mark.req("INT-07")
def test_that_a_panel_was_told_in_place_of_a_lock_is_kept_beside_the_decision(site, node):
    correlation = new_id()
    node.write(node.decision(), correlation)
    node.write(Actuated(action="release", confirmed=False, latency_us=1, told="panel"), correlation)
    site.send(node, node.batch())
    with site.session() as db:
        seen = queries.visit(db, correlation)
    assert (seen.actuation_confirmed, seen.actuation_fault, seen.detail["told"]) == (False, None, "panel")


@pytest.mark.req("GEN-01")
def test_of_a_passage_that_nobody_saw_nothing_is_claimed(site, node):
    ends = {why: node.write(Passage(passed=False, why=why), new_id()) for why in (*UNSEEN, "timeout")}
    site.send(node, node.batch())
    with site.session() as db:
        seen = {why: queries.visit(db, event.correlation) for why, event in ends.items()}
    assert {why: (one.passed, one.passage_why, one.passed_at) for why, one in seen.items()} == {
        why: (False if why == "timeout" else None, why, event.at) for why, event in ends.items()
    }


@pytest.mark.req("GEN-04")
def test_a_refusal_is_kept_like_a_grant(site, node):
    correlation = new_id()
    made = node.decision(Outcome.DENY)
    stood_on = made.decision.model_copy(update={"inputs": {"direction": "in", "uses": "1"}})
    node.write(made.model_copy(update={"decision": stood_on, "image_rule": ImageRule.NO_PICTURE}), correlation)
    site.send(node, node.batch())
    with site.session() as db:
        seen = queries.visit(db, correlation)
        assert [view.visit_id for view in queries.recent(db, None, 10)] == [correlation]
    assert (seen.outcome, seen.reason, seen.rules_version, seen.decide_ms) == ("deny", "expired", 3, 1.8)
    assert (seen.inputs, seen.image_rule) == ({"direction": "in", "uses": "1"}, "no_picture")
    assert seen.actuated_at is None


@pytest.mark.req("GEN-02")
def test_lateness_is_measured_by_the_true_time(site, node):
    """The node's clock is an hour ahead and says so: what came at once is not late."""
    ahead = node.write(node.decision(), at=node.clock + timedelta(hours=1), skew_ms=3_600_000)
    old = node.write(node.decision(), at=node.clock - timedelta(seconds=90))
    site.send(node, node.batch(), now=node.clock)
    with site.session() as db:
        assert not queries.visit(db, ahead.correlation).late
        assert queries.visit(db, old.correlation).late


@pytest.mark.req("GEN-02")
def test_a_visit_is_told_in_centrals_time_although_the_nodes_clock_is_an_hour_ahead(site, node):
    """A decision carries the instant that it was judged by; what followed, the clock of its node and the skew."""
    hour, correlation = timedelta(hours=1), new_id()
    decided = node.write(node.decision(), correlation, at=node.clock + hour, skew_ms=3_600_000)
    opened = node.write(Sensed(position=Position.OPEN), correlation, at=node.clock + hour, skew_ms=3_600_000)
    passed = node.write(Passage(passed=True), correlation, at=node.clock + hour, skew_ms=3_600_000)
    site.send(node, node.batch())
    with site.session() as db:
        seen = queries.visit(db, decided.correlation)
    assert (seen.opened_at, seen.passed_at) == (opened.at - hour, passed.at - hour)
    assert seen.decided_at <= seen.opened_at <= seen.passed_at


SAID_OR_PLANNED = {
    ("journal_event", "at"),  # as the node said it
    *(("event_picture", "keep_until"), ("picture_hold", "until"), ("node_snapshot", "expires_at")),
    *(("command", "expires_at"), ("node_token", "expires_at")),
}


def in_the_future(database, after):
    """(table, column) of every instant in the database that lies after this one."""
    with psycopg.connect(database.superuser_dsn) as reads:
        columns = reads.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
            "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE' "
            "AND data_type = 'timestamp with time zone'"
        ).fetchall()
        return {
            (table, column)
            for table, column in columns
            if reads.execute(f'SELECT 1 FROM "{table}" WHERE "{column}" > %s LIMIT 1', [after]).fetchone()
        }


@pytest.mark.req("GUARD-02", "GEN-02")
@pytest.mark.parametrize("skew_ms", [None, 0, 2**62])
def test_nothing_that_is_sorted_or_judged_takes_an_instant_from_a_clock_far_ahead(site, node, database, skew_ms):
    """One of every kind of event, from another century; whatever reads them later, none of its times is of there."""
    far, now = datetime(2120, 1, 1, tzinfo=UTC), clock.now()
    with site.session() as db:
        nodes.request_look(db, site.actor_account, node.lane.lane_id, now)
        (command,) = commands.take(db, node.id, now)
    told = Command.model_validate_json(command.payload)
    told_by = {"command_id": told.command_id, "action": "look", "result": "refused"}
    bodies = [body for name, body in BODIES.items() if body.kind != "command"]
    for body in (*bodies, CommandDone(**told_by), "nonsense"):
        node.write(body, at=far, skew_ms=skew_ms)
    decision = node.decision()
    seen = decision.model_copy(
        update={
            "decision": decision.decision.model_copy(update={"at": far}),
            "seen_at": far,
            "picture": True,
        }
    )
    with_picture = node.write(seen, at=far, skew_ms=skew_ms)
    receipt = site.send(node, node.batch(), now=now)
    assert {one.reason for one in receipt.parked} <= {"unreadable", "unknown_lane"}
    with site.session() as db:
        keep_picture(db, node.actor, with_picture.event_id, JPEG, allowed=True, now=now)
        rebuild(db, site.community_id, projections)
    assert in_the_future(database, now + timedelta(days=200)) <= SAID_OR_PLANNED
    with site.session() as db:
        ended = db.scalars(select(CommandRow.ended_at).where(CommandRow.id == told.command_id)).one()
        assert ended is not None and ended <= now


@pytest.mark.req("GUARD-02")
def test_what_a_clock_far_ahead_says_is_shown_at_the_time_it_came_and_kept_as_it_was_said(site, node):
    """Otherwise it would stand above every real visit and alarm until that day."""
    far = node.clock + timedelta(days=26_000)
    told = node.decision()
    decided = node.write(told.model_copy(update={"decision": told.decision.model_copy(update={"at": far})}), at=far)
    raised = node.write(Alarm(alarm=AlarmKind.FORCED), at=far)
    ended = node.write(Alarm(alarm=AlarmKind.FORCED, over=True), at=far)
    came = node.clock + timedelta(seconds=5)
    site.send(node, node.batch(), now=came)
    node.clock = came + timedelta(seconds=1)
    real = node.write(node.decision())
    site.send(node, node.batch(first=4))
    with site.session() as db:
        for _ in range(2):
            newest = db.execute(select(VisitRow.visit_id, VisitRow.happened_at).order_by(VisitRow.happened_at.desc()))
            assert newest.all() == [(real.correlation, came + timedelta(seconds=1)), (decided.correlation, came)]
            (alarm,) = db.scalars(select(AlarmRow).where(AlarmRow.alarm_id == raised.event_id))
            assert (alarm.raised_at, alarm.over_at) == (came, came)
            assert journal.by_event_id(db, ended.event_id).event.at == far
            rebuild(db, site.community_id, projections)


@pytest.mark.req("SYNC-10")
def test_a_decision_that_was_parked_joins_its_passage_afterwards(site, node):
    """The lane is not known yet when the decision comes; it is added, the operator tries again: one whole visit."""
    lane_id, correlation = new_id(), new_id()
    node.write(node.decision(), correlation, lane_id=lane_id)
    node.write(Actuated(action="release", confirmed=True, latency_us=1), correlation)
    node.write(Passage(passed=True), correlation)
    site.send(node, node.batch())
    with site.session() as db:
        before = queries.visit(db, correlation)
        assert (before.outcome, before.passed) == (None, True)
        row = db.scalars(select(ParkedEventRow)).one()
        still = parked_events.retry(db, site.actor, row.id, "just trying", projections, node.clock)
        assert (still.state, still.reason, still.tries) == ("open", "unknown_lane", 2)
    with site.session() as db:
        lane = add_lane(db, site.actor, site.gate_id, "new", "新门", Direction.IN)
        db.execute(text("UPDATE lane SET id = :id WHERE id = :old"), {"id": lane_id, "old": lane.id})
        db.expunge_all()
        done = parked_events.retry(db, site.actor, row.id, "lane added", projections, node.clock)
        assert done.state == "released"
        after = queries.visit(db, correlation)
        assert (after.outcome, after.lane_name, after.passed) == ("grant", "新门", True)
        whole = rows(db)
        rebuild(db, site.community_id, projections)
        assert rows(db) == whole


@pytest.mark.req("SEC-04")
def test_nobody_writes_into_another_node_s_access(site, node):
    mine = node.visit()
    other = site.enrol("west-in")
    site.send(node, node.batch())
    forged = other.write(other.decision(Outcome.DENY), mine[0].correlation)
    receipt = site.send(other, other.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(forged.seq, "projection_failed")]
    with site.session() as db:
        assert queries.visit(db, mine[0].correlation).outcome == "grant"


@pytest.mark.req("SEC-04")
def test_nobody_writes_into_another_node_s_access_however_much_and_whichever_enrolled_first(site):
    """More than are read of one access, by a node whose id sorts before the id of the node whose access it is."""
    thief, node = site.enrol("west-in"), site.enrol("east-in")
    assert thief.id < node.id
    mine = node.visit()[0].correlation
    site.send(node, node.batch())
    forged = [thief.write(thief.decision(Outcome.DENY), mine).seq for _ in range(EVENTS_MAX + 5)]
    receipt = site.send(thief, thief.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(seq, "projection_failed") for seq in forged]
    with site.session() as db:
        view = queries.visit(db, mine)
        assert (view.node_id, view.lane_id, view.outcome) == (node.id, node.lane.lane_id, "grant")
        assert {row.detail.split(":")[0] for row in db.scalars(select(ParkedEventRow))} == {"AnotherNodesVisit"}
        whole = rows(db)
        rebuild(db, site.community_id, projections)
        assert rows(db) == whole


def story(node):
    """A little of everything, with accesses that run into each other."""
    one, two, three = new_id(), new_id(), new_id()
    lock = {"device": "lock-1"}
    bodies = [
        (NodeNews(what="started", detail={"version": "1"}), None),
        (node.decision(), one),
        (Actuated(action="release", confirmed=True, latency_us=9), one),
        (node.decision(Outcome.DENY), two),
        (Sensed(position=Position.OPEN), one),
        (Alarm(alarm=AlarmKind.DEVICE_FAULT, **lock), None),
        (Sensed(position=Position.CLOSED), one),
        (Passage(passed=True, open_ms=5), one),
        (Alarm(alarm=AlarmKind.DEVICE_FAULT, over=True, **lock), None),
        (Alarm(alarm=AlarmKind.DEVICE_FAULT, over=True, **lock), None),
        (Alarm(alarm=AlarmKind.DEVICE_FAULT, **lock), None),
        (Scanned(why="noise", length=3), None),
        (NodeNews(what="started", detail={"version": "2"}), None),
        (node.decision(), three),
        (Alarm(alarm=AlarmKind.FORCED), None),
        (Alarm(alarm=AlarmKind.FORCED, over=True), None),
        (Sensed(position=Position.UNKNOWN), None),
        (NodeNews(what="events_dropped", detail={"count": "7"}), None),
    ]
    for body, correlation in bodies:
        node.write(body, correlation)


@pytest.mark.req("SYNC-08", "SYNC-10")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_cutting_repeating_and_parking_gives_the_same_rows_and_so_does_a_rebuild(site, spoilt, data):
    """Batches are cut anywhere and sent twice; any events fail at first and are tried again in any order."""
    node = site.enrol(f"lane-{next(_numbers)}")
    story(node)
    count = len(node.journal)
    failing = data.draw(st.sets(st.integers(1, count)))
    cuts = sorted(data.draw(st.sets(st.integers(1, count - 1), max_size=4)) | {count})
    order = data.draw(st.permutations(sorted(failing)))
    broken = True

    def fail(db, event, body):
        if broken and event.node_id == node.id and event.seq in failing:
            raise RuntimeError("not today")

    for kind in ("decision", "actuation", "sensed", "passage", "alarm", "node", "scan_refused"):
        spoilt(kind, fail)
    first = 1
    for last in cuts:
        for _ in range(data.draw(st.integers(1, 2))):
            site.send(node, node.batch(first, last))
        first = last + 1
    broken = False
    for seq in order:
        with site.session() as db:
            waiting = db.scalars(
                select(ParkedEventRow.id).where(ParkedEventRow.node_id == node.id, ParkedEventRow.seq == seq)
            ).one()
            assert parked_events.retry(db, site.actor, waiting, "now", projections, node.clock).state == "released"
    with site.session() as db:
        arrived = rows(db)
        assert len([row for row in arrived["visit"] if str(node.id) in row]) == 3
        assert len([row for row in arrived["alarm"] if str(node.id) in row]) == 4
        rebuild(db, site.community_id, projections)
        assert rows(db) == arrived


_numbers = itertools.count(1)


@pytest.mark.req("SYNC-10")
@pytest.mark.parametrize("late", [{1}, {2}, {3}, {1, 2}, {2, 3}, {1, 3}, {1, 2, 3}])
def test_the_first_word_after_an_alarm_ends_it_however_late_it_comes(site, node, spoilt, late):
    """Raised, over, over again: whichever of them is parked at first, the second event ends the alarm."""
    raised = node.write(Alarm(alarm=AlarmKind.CAMERA_STALE, device="cam"))
    over = node.write(Alarm(alarm=AlarmKind.CAMERA_STALE, device="cam", over=True))
    node.write(Alarm(alarm=AlarmKind.CAMERA_STALE, device="cam", over=True))
    broken = True

    def fail(db, event, body):
        if broken and event.seq in late:
            raise RuntimeError("not today")

    spoilt("alarm", fail)
    site.send(node, node.batch())
    broken = False
    for seq in sorted(late, reverse=True):
        with site.session() as db:
            waiting = db.scalars(select(ParkedEventRow.id).where(ParkedEventRow.seq == seq)).one()
            parked_events.retry(db, site.actor, waiting, "now", projections, node.clock)
    with site.session() as db:
        assert queries.alarm(db, raised.event_id).over_at == over.at


@pytest.mark.req("SYNC-10")
def test_what_is_rejected_is_in_no_view_and_stays_in_the_list(site, node, spoilt):
    events = node.visit()

    def fail(db, event, body):
        raise RuntimeError("never")

    spoilt("decision", fail)
    site.send(node, node.batch())
    with site.session() as db:
        row = db.scalars(select(ParkedEventRow)).one()
        parked_events.reject(db, site.actor, row.id, "a test drive", projections, node.clock)
    with site.session() as db:
        assert db.scalars(select(ParkedEventRow.state)).one() == "rejected"
        assert queries.visit(db, events[0].correlation).outcome is None
        rebuild(db, site.community_id, projections)
        assert queries.visit(db, events[0].correlation).outcome is None
        audit = db.execute(text("SELECT what, reason FROM audit WHERE subject = 'parked_event'")).one()
        assert tuple(audit) == ("parked.reject", "a test drive")


@pytest.mark.req("SYNC-07")
def test_accepting_a_break_releases_what_came_after_it(site, node):
    before, after = node.visit(), node.visit()
    node.journal[5] = node.journal[5].model_copy(update={"prev": bytes(32)})
    receipt = site.send(node, node.batch())
    assert len(receipt.parked) == 5
    with site.session() as db:
        assert queries.visit(db, after[0].correlation) is None
        done = settle.accept_break(db, site.actor, node.id, "disk was exchanged", projections, node.clock)
        assert done == (5, 0)
    with site.session() as db:
        assert queries.visit(db, after[0].correlation).passed and queries.visit(db, before[0].correlation).passed
        assert db.scalar(text("SELECT over_at IS NOT NULL FROM alarm WHERE kind = 'chain_broken'"))
    further = node.visit()
    assert site.send(node, node.batch(11)).parked == ()
    with site.session() as db:
        assert queries.visit(db, further[0].correlation).passed
        assert len(db.scalars(select(VisitRow)).all()) == 3
