"""News: written with the deed, delivered once, in the order of commits, parked when it cannot be taken."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from central.base.kernel import clock, dispatch
from central.base.kernel.dispatch import PAUSES, Dispatcher
from central.base.kernel.outbox import Handlers, announce
from central.base.kernel.session import open_session, tenant_session
from models.values.ids import new_id


@pytest.fixture
def heard() -> list[tuple[str, object]]:
    return []


@pytest.fixture
def dispatcher(database, heard) -> Dispatcher:
    handlers = Handlers()
    handlers.on(
        "test.hear", {"thing.made", "thing.gone"}, lambda db, news: heard.append((news.topic, news.payload.get("n")))
    )
    return Dispatcher(database.engine, database.app_dsn, handlers)


def tell(database, tenant_id, topic, n=None):
    with tenant_session(database.engine, tenant_id) as db:
        announce(db, topic, {"n": n})


@pytest.mark.req("INT-02")
def test_news_is_delivered_in_order_and_once(database, two_tenants, dispatcher, heard):
    for n in range(5):
        tell(database, two_tenants.a, "thing.made", n)
    tell(database, two_tenants.a, "thing.unheard", 9)
    tell(database, two_tenants.a, "thing.gone", 5)
    assert dispatcher.drain() == 6
    assert heard == [("thing.made", n) for n in range(5)] + [("thing.gone", 5)]
    assert dispatcher.drain() == 0


@pytest.mark.req("INT-02")
def test_news_of_a_deed_that_failed_is_never_heard(database, two_tenants, dispatcher, heard):
    with pytest.raises(RuntimeError), tenant_session(database.engine, two_tenants.a) as db:
        announce(db, "thing.made", {})
        raise RuntimeError
    assert dispatcher.drain() == 0 and heard == []


def test_a_late_commit_is_not_slipped_past(database, two_tenants, dispatcher, heard):
    """The row with the smaller number commits after the larger: a cursor over numbers alone would lose it."""
    with tenant_session(database.engine, two_tenants.a) as slow:
        announce(slow, "thing.made", {"n": "slow"})
        slow.flush()
        tell(database, two_tenants.a, "thing.made", "quick")
        assert dispatcher.drain() == 0, "held back while an older transaction is open"
    assert dispatcher.drain() == 2
    assert [n for _, n in heard] == ["slow", "quick"]


@pytest.mark.req("ADMIN-02")
def test_a_handler_works_in_the_newss_own_tenant(database, two_tenants):
    seen = []
    handlers = Handlers()
    handlers.on("test.look", {"thing.made"}, lambda db, news: seen.append(
        (news.tenant_id, db.execute(text("SELECT login FROM account")).scalars().all())
    ))  # fmt: skip
    for tenant_id in (two_tenants.a, two_tenants.b):
        tell(database, tenant_id, "thing.made")
    Dispatcher(database.engine, database.app_dsn, handlers).drain()
    assert sorted(seen) == sorted([(two_tenants.a, ["admin.a"]), (two_tenants.b, ["admin.b"])])


@pytest.mark.req("INT-02")
def test_effects_and_position_stand_or_fall_together(database, two_tenants, monkeypatch):
    """The handler writes and then fails: its write is undone, the news comes again, the next one waits behind it."""
    fail = [True]
    order = []

    def handler(db, news):
        db.execute(
            text("INSERT INTO role (id, key, permissions) VALUES (gen_random_uuid(), :key, '{}')"),
            {"key": news.payload["n"]},
        )
        order.append(news.payload["n"])
        if fail[0]:
            raise OSError("the printer is on fire")

    handlers = Handlers()
    handlers.on("test.write", {"thing.made"}, handler)
    dispatcher = Dispatcher(database.engine, database.app_dsn, handlers)
    tell(database, two_tenants.a, "thing.made", "one")
    tell(database, two_tenants.a, "thing.made", "two")
    assert dispatcher.drain() == 0
    assert dispatcher.drain() == 0 and order == ["one"], "not before its pause is over"
    fail[0] = False
    later = clock.now() + PAUSES[0]
    monkeypatch.setattr(dispatch.clock, "now", lambda: later)
    assert dispatcher.drain() == 2 and order == ["one", "one", "two"]
    with tenant_session(database.engine, two_tenants.a) as db:
        assert db.scalar(text("SELECT count(*) FROM role WHERE key IN ('one', 'two')")) == 2


def test_what_can_never_be_taken_is_parked_with_its_reason(database, two_tenants, monkeypatch):
    taken = []

    def handler(db, news):
        if news.payload["n"] == "bad":
            raise ValueError("no such stay")
        taken.append(news.payload["n"])

    handlers = Handlers()
    handlers.on("test.fussy", {"thing.made"}, handler)
    dispatcher = Dispatcher(database.engine, database.app_dsn, handlers)
    for n in ("bad", "good"):
        tell(database, two_tenants.a, "thing.made", n)
    now = clock.now()
    for _ in range(len(PAUSES) + 1):
        monkeypatch.setattr(dispatch.clock, "now", lambda at=now: at)
        dispatcher.drain()
        now += max(PAUSES) + timedelta(seconds=1)
    assert taken == ["good"]
    with tenant_session(database.engine, two_tenants.a) as db:
        assert db.execute(text("SELECT handler, reason FROM outbox_parked")).all() == [
            ("test.fussy", "ValueError: no such stay")
        ]


def test_one_handlers_trouble_is_not_anothers(database, two_tenants, heard):
    handlers = Handlers()
    handlers.on("test.bad", {"thing.made"}, lambda db, news: 1 / 0)
    handlers.on("test.good", {"thing.made"}, lambda db, news: heard.append(news.seq))
    tell(database, two_tenants.a, "thing.made")
    assert Dispatcher(database.engine, database.app_dsn, handlers).drain() == 1
    assert len(heard) == 1


def test_two_processes_share_the_work_without_doubling_it(database, two_tenants, heard):
    inside, go_on = threading.Event(), threading.Event()

    def slow(db, news):
        heard.append(news.payload["n"])
        inside.set()
        assert go_on.wait(30)

    handlers = Handlers()
    handlers.on("test.slow", {"thing.made"}, slow)
    tell(database, two_tenants.a, "thing.made", 1)
    first, second = (Dispatcher(database.engine, database.app_dsn, handlers) for _ in range(2))
    thread = threading.Thread(target=first.drain)
    thread.start()
    assert inside.wait(30)
    assert second.drain() == 0, "the position is held by the other"
    go_on.set()
    thread.join()
    assert second.drain() == 0 and heard == [1]


def test_a_running_dispatcher_is_woken_by_the_commit_and_survives_a_lost_connection(database, two_tenants):
    arrived: list[int] = []
    wakes = threading.Condition()

    def handler(db, news):
        with wakes:
            arrived.append(news.payload["n"])
            wakes.notify_all()

    handlers = Handlers()
    handlers.on("test.live", {"thing.made"}, handler)
    dispatcher = Dispatcher(database.engine, database.app_dsn, handlers)
    dispatcher.start()
    try:
        for n in (1, 2):
            tell(database, two_tenants.a, "thing.made", n)
            with wakes:
                assert wakes.wait_for(lambda n=n: n in arrived, timeout=60)
            with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
                superuser.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'menting-outbox' AND datname = current_database()"
                )
    finally:
        dispatcher.stop()
    assert arrived == [1, 2]


def test_a_handlers_name_is_its_own():
    handlers = Handlers()
    handlers.on("a", {"x"}, lambda db, news: None)
    with pytest.raises(ValueError, match="already registered"):
        handlers.on("a", {"y"}, lambda db, news: None)


@pytest.mark.req("SEC-02")
def test_news_is_never_rewritten(database, two_tenants):
    tell(database, two_tenants.a, "thing.made")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(database.superuser_dsn) as superuser:
        superuser.execute("UPDATE outbox SET topic = 'x'")


def test_news_carries_the_deeds_correlation(database, two_tenants, heard):
    correlation = new_id()
    handlers = Handlers()
    handlers.on("test.trace", {"thing.made"}, lambda db, news: heard.append(news.correlation_id))
    with tenant_session(database.engine, two_tenants.a) as db:
        announce(db, "thing.made", {}, correlation_id=correlation)
    Dispatcher(database.engine, database.app_dsn, handlers).drain()
    assert heard == [correlation]
    with open_session(database.engine) as db:
        assert db.scalar(text("SELECT count(*) FROM outbox")) == 0


def test_where_there_is_nothing_to_take_each_tenant_is_asked_once_for_all_handlers(database, statements):
    handlers = Handlers()
    for n in range(12):
        handlers.on(f"test.hear_{n}", {"thing.made"}, lambda db, news: None)
    dispatcher = Dispatcher(database.engine, database.app_dsn, handlers)
    dispatcher.drain()
    statements.clear()
    assert dispatcher.drain() == 0
    assert len([one for one in statements if "outbox" in one]) == 2, "one for each of the two tenants"


def test_what_a_handler_tells_one_before_it_is_taken_in_the_same_round(database, two_tenants):
    heard, handlers = [], Handlers()
    handlers.on("test.first", {"thing.told"}, lambda db, news: heard.append(news.topic))
    handlers.on("test.second", {"thing.made"}, lambda db, news: announce(db, "thing.told", {}))
    dispatcher = Dispatcher(database.engine, database.app_dsn, handlers)
    tell(database, two_tenants.a, "thing.made")
    assert dispatcher.drain() == 2
    assert heard == ["thing.told"]
