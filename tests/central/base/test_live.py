"""Live events: replayed from the table, woken by commits, each once and in order, per tenant and community."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from starlette.requests import Request

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Unavailable
from central.base.kernel.session import tenant_session
from central.base.web import live as live_module
from central.base.web.live import Live, LiveEvent, rights_changed, take_turn, wake
from models.values.ids import new_id

pytestmark = pytest.mark.req("ADMIN-02")

EAST, WEST, SESSION = new_id(), new_id(), new_id()
PATIENCE_S = 60


@pytest.fixture
def live(database) -> Live:
    """A stream over a table made for the test, protected like any other."""
    with psycopg.connect(database.owner_dsn) as owner:
        owner.execute(
            "CREATE TABLE shown (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text, community_id uuid, "
            "tenant_id uuid "
            "NOT NULL DEFAULT NULLIF(current_setting('menting.tenant', true), '')::uuid)"
        )
        owner.execute("ALTER TABLE shown ENABLE ROW LEVEL SECURITY")
        owner.execute(
            "CREATE POLICY t ON shown USING (tenant_id = NULLIF(current_setting('menting.tenant', true), '')::uuid)"
        )
        owner.execute("GRANT SELECT, INSERT ON shown TO menting_app")

    def read(db, after, limit):
        rows = db.execute(
            text("SELECT * FROM shown WHERE id > :after ORDER BY id LIMIT :limit"), {"after": after, "limit": limit}
        )
        return [LiveEvent(row.id, "shown", {"what": row.what}, row.community_id) for row in rows]

    made = Live(database.engine, database.app_dsn)
    made.still_may = lambda db, watchers: watchers
    made.stream("test", read, lambda db: db.scalar(text("SELECT coalesce(max(id), 0) FROM shown")))
    return made


def write(database, tenant_id, *whats, community=None):
    with tenant_session(database.engine, tenant_id) as db:
        take_turn(db, "test")
        for what in whats:
            db.execute(
                text("INSERT INTO shown (what, community_id) VALUES (:what, :c)"), {"what": what, "c": community}
            )
        wake(db, "test")


async def told(database, tenant_id, *whats, community=None):
    await asyncio.to_thread(write, database, tenant_id, *whats, community=community)


def actor_in(tenant_id: UUID, community: UUID | None = None) -> Actor:
    return Actor(tenant_id, ActorKind.ACCOUNT, new_id(), "x", (Grant("guard", frozenset({"see"}), community),))


def request(last_id: int | None = None, source: str = "192.0.2.1") -> Request:
    headers = [] if last_id is None else [(b"last-event-id", str(last_id).encode())]
    scope = {"type": "http", "headers": headers, "query_string": b"", "method": "GET", "path": "/"}
    return Request(scope | {"client": (source, 1)})


class Watching:
    """A client of a stream: reads frames of its body as a browser would."""

    def __init__(self, body: AsyncIterator) -> None:
        self.body = body

    async def next(self) -> tuple[int, str]:
        async with asyncio.timeout(PATIENCE_S):
            async for frame in self.body:
                lines = dict(
                    line.split(": ", 1)
                    for line in frame.encode().decode().splitlines()
                    if not line.startswith(":") and line
                )
                if "data" in lines:
                    return int(lines["id"]), json.loads(lines["data"])["what"]
        raise StopAsyncIteration

    async def some(self, count: int) -> list[str]:
        return [(await self.next())[1] for _ in range(count)]

    async def ended(self) -> bool:
        try:
            await self.next()
        except StopAsyncIteration:
            return True
        return False


@asynccontextmanager
async def watching(
    live: Live, actor: Actor, last_id: int | None = None, source: str = "192.0.2.1", session_id: UUID = SESSION
) -> AsyncIterator[Watching]:
    def present(event):
        return json.dumps(dict(event.data) | {"what": event.data.get("what", event.name)})

    response = await live.respond(request(last_id, source), "test", actor, session_id, "see", present)
    body = response.body_iterator
    first = await anext(body)  # the comment that says the client is counted in
    assert b": here" in first.encode()
    try:
        yield Watching(body)
    finally:
        await body.aclose()


@asynccontextmanager
async def listening(live: Live) -> AsyncIterator[None]:
    task = asyncio.create_task(live.run())
    async with asyncio.timeout(PATIENCE_S):
        await live.listening.wait()
    try:
        yield
    finally:
        live.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def run(scenario) -> None:
    asyncio.run(scenario())


def test_a_commit_reaches_every_watcher_of_its_tenant_and_no_other(live, database, two_tenants):
    async def scenario():
        async with (
            listening(live),
            watching(live, actor_in(two_tenants.a)) as one,
            watching(live, actor_in(two_tenants.a)) as two,
            watching(live, actor_in(two_tenants.b)) as other,
        ):
            await told(database, two_tenants.a, "first", "second")
            assert await one.some(2) == await two.some(2) == ["first", "second"]
            await told(database, two_tenants.b, "theirs")
            assert await other.some(1) == ["theirs"]
            await told(database, two_tenants.a, "third")
            assert await one.some(1) == ["third"]

    run(scenario)


def test_a_community_sees_its_own_and_what_is_for_all(live, database, two_tenants):
    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a, EAST)) as east:
            await told(database, two_tenants.a, "west", community=WEST)
            await told(database, two_tenants.a, "east", community=EAST)
            await told(database, two_tenants.a, "all")
            assert await east.some(2) == ["east", "all"]

    run(scenario)


def test_what_was_missed_is_replayed_and_joined_to_what_happens(live, database, two_tenants):
    write(database, two_tenants.a, *(f"n{n}" for n in range(5)))
    write(database, two_tenants.b, "theirs")

    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a), last_id=2) as late:
            await told(database, two_tenants.a, "new")
            assert await late.some(4) == ["n2", "n3", "n4", "new"]
        async with listening_again(live, database) as again, watching(again, actor_in(two_tenants.a)) as fresh:
            await told(database, two_tenants.a, "newer")
            assert await fresh.some(1) == ["newer"], "without an id it begins now"

    run(scenario)


@asynccontextmanager
async def listening_again(live, database):
    again = Live(database.engine, database.app_dsn)
    again._streams, again.still_may = live._streams, live.still_may
    async with listening(again):
        yield again


def test_a_replay_in_several_reads_has_every_row_once(live, database, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "READ_MAX", 3)
    write(database, two_tenants.a, *(f"n{n}" for n in range(10)))

    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a), last_id=1) as late:
            assert await late.some(9) == [f"n{n}" for n in range(1, 10)]
            await told(database, two_tenants.a, *(f"m{n}" for n in range(7)))
            assert await late.some(7) == [f"m{n}" for n in range(7)]

    run(scenario)


def test_who_is_too_far_behind_is_told_to_load_the_page_anew(live, database, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "READ_MAX", 3)
    monkeypatch.setattr(live_module, "REPLAY_MAX", 6)
    write(database, two_tenants.a, *(f"n{n}" for n in range(20)))

    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a), last_id=0) as late:
            assert await late.some(7) == [*(f"n{n}" for n in range(6)), "reload"]

    run(scenario)


def test_a_slow_client_is_dropped_and_the_others_are_not(live, database, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "QUEUE_MAX", 4)

    async def scenario():
        async with (
            listening(live),
            watching(live, actor_in(two_tenants.a)) as quick,
            watching(live, actor_in(two_tenants.a)) as slow,
        ):
            for n in range(6):
                await told(database, two_tenants.a, f"n{n}")
                assert await quick.some(1) == [f"n{n}"]
            assert await slow.ended()

    run(scenario)


def test_what_happened_while_the_listener_was_away_is_read_when_it_is_back(live, database, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "RECONNECT_S", (0.01,))

    def cut():
        with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
            superuser.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE application_name = 'menting-live' AND datname = current_database()"
            )

    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a)) as one:
            await asyncio.to_thread(cut)
            await told(database, two_tenants.a, "meanwhile")
            assert await one.some(1) == ["meanwhile"]

    run(scenario)


def test_closing_ends_every_stream_and_admits_none(live, two_tenants):
    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a)) as one:
            live.close()
            assert await one.ended()
            with pytest.raises(Unavailable):
                await live.respond(request(), "test", actor_in(two_tenants.a), SESSION, "see", str)

    run(scenario)


def test_only_so_many_watch_at_once(live, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "CLIENTS_MAX", 1)

    async def scenario():
        async with listening(live):
            async with watching(live, actor_in(two_tenants.a)):
                with pytest.raises(Unavailable):
                    await live.respond(request(), "test", actor_in(two_tenants.a), SESSION, "see", str)
            assert live._hubs == {}, "a stream nobody watches costs nothing"

    run(scenario)


@pytest.mark.req("SEC-17")
@pytest.mark.parametrize("limit", ["CLIENTS_OF_AN_ACCOUNT", "CLIENTS_OF_A_SOURCE"])
def test_nobody_takes_every_place(live, two_tenants, monkeypatch, limit):
    monkeypatch.setattr(live_module, limit, 1)
    first, second = actor_in(two_tenants.a), actor_in(two_tenants.a)
    alike = (first, "192.0.2.1") if limit == "CLIENTS_OF_AN_ACCOUNT" else (second, "2001:db8::9")
    other = (second, "2001:db8::2") if limit == "CLIENTS_OF_AN_ACCOUNT" else (first, "192.0.2.1")

    async def scenario():
        async with listening(live), watching(live, first, source="2001:db8::1"):
            with pytest.raises(Unavailable) as refused:
                await live.respond(request(source=alike[1]), "test", alike[0], SESSION, "see", str)
            assert refused.value.key.startswith("problem.unavailable.streams_of_")
            async with watching(live, other[0], source=other[1]):
                pass  # has a place

    run(scenario)


def test_many_that_ask_at_once_are_counted_when_they_begin(live, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "CLIENTS_OF_AN_ACCOUNT", 1)
    actor = actor_in(two_tenants.a)

    async def scenario():
        async with listening(live):
            late = await live.respond(request(), "test", actor, SESSION, "see", str)  # asks while there is a place
            async with watching(live, actor), asyncio.timeout(PATIENCE_S):
                assert [frame async for frame in late.body_iterator] == []

    run(scenario)


def test_a_stream_ends_so_that_the_session_is_asked_again(live, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "STREAM_LIFE_S", 0.05)

    async def scenario():
        async with listening(live):
            response = await live.respond(request(), "test", actor_in(two_tenants.a), SESSION, "see", str)
            async with asyncio.timeout(PATIENCE_S):
                async for _ in response.body_iterator:
                    pass  # it comes to an end by itself
            assert live._hubs == {}

    run(scenario)


def test_a_notice_that_names_no_tenant_wakes_nobody(live, database, two_tenants):
    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a)) as one:
            with psycopg.connect(database.app_dsn, autocommit=True) as app:
                for payload in ("", "x y", f"{new_id()} test", f"{two_tenants.a} nothing"):
                    app.execute("SELECT pg_notify('menting_live', %s)", [payload])
            await told(database, two_tenants.a, "real")
            assert await one.some(1) == ["real"]

    run(scenario)


def test_writers_take_turns_so_that_ids_are_committed_in_order(live, database, two_tenants):
    """The second writer waits for the first to commit; the other tenant's writer does not."""
    with tenant_session(database.engine, two_tenants.a) as first:
        take_turn(first, "test")
        with psycopg.connect(database.app_dsn) as second:
            key = f"live:{two_tenants.a}:test"
            free = second.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key]).fetchone()
            assert free == (False,)
        with tenant_session(database.engine, two_tenants.b) as other:
            take_turn(other, "test")


@pytest.mark.req("SEC-05", "SEC-04")
def test_a_stream_ends_with_the_right_to_it_and_no_other_does(live, database, two_tenants):
    """Two sessions of one account; what happens after the end is shown to the other alone."""
    ended, actor = new_id(), actor_in(two_tenants.a)

    def leave():
        with tenant_session(database.engine, two_tenants.a) as db:
            live.still_may = lambda db, watchers: {one for one in watchers if one.session_id != ended}
            rights_changed(db)

    async def scenario():
        async with (
            listening(live),
            watching(live, actor, session_id=ended) as gone,
            watching(live, actor) as stays,
            watching(live, actor_in(two_tenants.b), session_id=ended) as elsewhere,
        ):
            await asyncio.to_thread(leave)
            assert await gone.ended()
            await told(database, two_tenants.a, "later")
            await told(database, two_tenants.b, "there")
            assert await stays.some(1) == ["later"] and await elsewhere.some(1) == ["there"]

    run(scenario)


@pytest.mark.req("SEC-05")
def test_a_lost_notice_is_made_good_by_asking_again(live, two_tenants, monkeypatch):
    monkeypatch.setattr(live_module, "ASK_AGAIN_S", 0.02)

    async def scenario():
        async with listening(live), watching(live, actor_in(two_tenants.a)) as one:
            live.still_may = lambda db, watchers: ()  # and nobody says so
            assert await one.ended()

    run(scenario)


@pytest.mark.req("SEC-05")
@pytest.mark.parametrize("answer", [(), None], ids=["no", "cannot be asked"])
def test_a_stream_asked_for_by_who_has_just_left_shows_nothing(live, database, two_tenants, answer):
    """The session ended between the guard's look and the first frame; or nobody can say."""
    write(database, two_tenants.a, "secret")
    live.still_may = lambda db, watchers: () if answer == () else live_module._unasked(db, watchers)

    async def scenario():
        async with listening(live), asyncio.timeout(PATIENCE_S):
            response = await live.respond(request(0), "test", actor_in(two_tenants.a), SESSION, "see", str)
            assert [frame async for frame in response.body_iterator] == []
            assert live._hubs == {}

    run(scenario)
