"""The live stream names what changed, in the order of commits, once, and fills the gap after a lost connection."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from starlette.requests import Request

from central.base.identity.tables import SessionRow
from central.base.kernel import clock
from central.gates.visits.live import KEEP, latest, mark, publish, read, sweep_stream
from central.gates.visits.queries import visit
from central.gates.visits.service import acknowledge_alarm
from models.wire.events import Alarm, AlarmKind

pytestmark = pytest.mark.req("GUARD-02")


def lines(site, after=0):
    with site.session() as db:
        return [(event.name, event.data["id"]) for event in read(db, after, 500)]


def test_each_change_is_one_line_and_sending_again_is_none(site, node):
    start = len(lines(site))
    one, two = node.visit(), node.visit()
    alarm = node.write(Alarm(alarm=AlarmKind.FORCED))
    site.send(node, node.batch())
    told = lines(site)[start:]
    assert sorted(told) == sorted(
        [("visit", str(one[0].correlation)), ("visit", str(two[0].correlation)), ("alarm", str(alarm.event_id)),
         ("lane", str(node.lane.lane_id))]
    )  # fmt: skip
    site.send(node, node.batch())
    assert lines(site)[start:] == told
    with site.session() as db:
        acknowledge_alarm(db, site.actor_account, alarm.event_id)
    assert lines(site)[start:] == [*told, ("alarm", str(alarm.event_id))]


def test_writers_of_one_tenant_take_turns_so_that_ids_are_committed_in_order(site, node):
    """Without the lock a late commit would slip in behind a reader's id."""
    with site.session() as db:
        mark(db, "lane", node.lane.lane_id, site.community_id)
        publish(db)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
        assert db.scalar(text(held)) == 1


def test_a_visit_knows_its_last_line(site, node):
    events = node.visit()
    site.send(node, node.batch(1, 1))
    with site.session() as db:
        first = visit(db, events[0].correlation).stream_id
    site.send(node, node.batch(2, 5))
    with site.session() as db:
        second = visit(db, events[0].correlation).stream_id
        assert 0 < first < second <= latest(db)


def test_the_last_line_is_never_swept(site, node):
    node.visit()
    site.send(node, node.batch())
    with site.session() as db:
        before = latest(db)
        sweep_stream(db, clock.now() + KEEP + timedelta(days=1))
        assert (latest(db), len(read(db, 0, 10))) == (before, 1)


def test_another_tenant_s_stream_is_empty(site, other_site, node):
    node.visit()
    site.send(node, node.batch())
    assert lines(other_site) == []


def test_a_watcher_gets_what_it_missed_and_then_what_happens(app, parts, login_as, site, node):
    """Over the broker itself: replay after an id, then a new event."""
    node.visit()
    site.send(node, node.batch())
    watcher = login_as("guard", community=site.community_id).person.actor
    with site.session() as db:
        session_id = db.scalar(select(SessionRow.id).where(SessionRow.account_id == watcher.id))

    async def story():
        scope = {"type": "http", "method": "GET", "path": "/api/v1/events", "headers": [], "query_string": b"after=0"}
        ear = asyncio.create_task(parts.live.run())
        await parts.live.listening.wait()
        answer = await parts.live.respond(
            Request(scope),
            "review",
            watcher,
            session_id,
            "visit.read",
            present=lambda event: json.dumps(dict(event.data)),
        )
        got = []
        async with asyncio.timeout(60):
            async for event in answer.body_iterator:
                if getattr(event, "id", None) is None:
                    continue
                got.append((event.event, json.loads(event.data)["id"]))
                if len(got) == replayed:
                    late = node.visit()
                    await asyncio.to_thread(site.send, node, node.batch(6))
                    awaited = ("visit", str(late[0].correlation))
                elif len(got) > replayed and got[-1] == awaited:
                    break
        parts.live.close()
        ear.cancel()
        return got

    replayed = len(lines(site))
    before = lines(site)
    got = asyncio.run(story())
    assert got[:replayed] == before


@pytest.mark.req("SEC-05")
def test_who_signs_out_is_shown_nothing_more(site, node, parts, login_as):
    """A stream that somebody kept open beside the page that was left."""
    guard = login_as("guard", community=site.community_id)
    with site.session() as db:
        session_id = db.scalar(select(SessionRow.id).where(SessionRow.account_id == guard.person.actor.id))

    async def story():
        scope = {"type": "http", "method": "GET", "path": "/api/v1/events", "headers": [], "query_string": b""}
        ear = asyncio.create_task(parts.live.run())
        await parts.live.listening.wait()
        answer = await parts.live.respond(
            Request(scope), "review", guard.person.actor, session_id, "visit.read", present=lambda event: "shown"
        )
        async with asyncio.timeout(60):
            assert "here" in (await anext(answer.body_iterator)).comment
            assert (await asyncio.to_thread(guard.delete, "/api/v1/session")).status_code == 204
            rest = [frame async for frame in answer.body_iterator]  # it comes to an end, long before its life is over
        node.visit()
        await asyncio.to_thread(site.send, node, node.batch())
        ear.cancel()
        return rest

    assert asyncio.run(story()) == []
