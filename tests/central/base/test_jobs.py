"""Timed work: declared once, run for each tenant in its own transaction, by a worker inside the process."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from central.base.identity import sessions
from central.base.kernel import clock
from central.base.kernel.jobs import JobFailed, Jobs
from central.base.kernel.session import tenant_session


@pytest.fixture
def jobs(database) -> Jobs:
    return Jobs(database.engine, database.app_dsn)


@pytest.mark.req("ADMIN-02")
def test_work_sees_each_tenant_by_itself(jobs, two_tenants):
    seen = []
    jobs.each_tenant(
        "test.look",
        "* * * * *",
        lambda db, now: seen.append(db.execute(text("SELECT login FROM account")).scalars().all()),
    )
    jobs.run_now("test.look")
    assert sorted(seen) == [["admin.a"], ["admin.b"]]


@pytest.mark.req("ADMIN-02")
def test_one_tenants_trouble_does_not_keep_the_others_from_their_turn(jobs, two_tenants):
    done = []

    def work(db, now):
        login = db.scalar(text("SELECT login FROM account"))
        db.execute(text("INSERT INTO role (id, key, permissions) VALUES (gen_random_uuid(), 'mark', '{}')"))
        if login == "admin.a":
            raise OSError("no")
        done.append(login)

    jobs.each_tenant("test.half", "* * * * *", work)
    with pytest.raises(JobFailed, match="1 tenants"):
        jobs.run_now("test.half")
    assert done == ["admin.b"]
    for tenant_id, marks in ((two_tenants.a, 0), (two_tenants.b, 1)):
        with tenant_session(jobs._engine, tenant_id) as db:
            assert db.scalar(text("SELECT count(*) FROM role WHERE key = 'mark'")) == marks


def test_a_name_is_registered_once(jobs):
    jobs.each_tenant("test.once", "* * * * *", lambda db, now: None)
    with pytest.raises(ValueError, match="already registered"):
        jobs.each_tenant("test.once", "* * * * *", lambda db, now: None)


def test_the_worker_runs_the_sweep_of_sessions_from_the_queue(parts, database, two_tenants, someone):
    """The real timed work of this floor, through the real queue: deferred as its cron would, taken by the worker."""
    someone("guard")
    with tenant_session(database.engine, two_tenants.a) as db:
        db.execute(
            text("UPDATE session SET seen_at = :old"), {"old": clock.now() - sessions.IDLE_MAX - timedelta(minutes=1)}
        )
    task = parts.jobs.app.tasks["identity.sweep_sessions"]
    assert {
        periodic.task.name: periodic.cron for periodic in parts.jobs.app.periodic_registry.periodic_tasks.values()
    } == {
        "identity.sweep_sessions": "*/5 * * * *",
        "identity.sweep_nonces": "*/10 * * * *",
    }

    async def defer_and_work() -> None:
        async with parts.jobs.app.open_async():
            await task.defer_async(timestamp=0)
            await parts.jobs.app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    asyncio.run(defer_and_work())
    with tenant_session(database.engine, two_tenants.a) as db:
        assert db.scalar(text("SELECT count(*) FROM session")) == 0
        states = db.execute(text("SELECT task_name, status::text FROM jobs.procrastinate_jobs")).all()
        assert ("identity.sweep_sessions", "succeeded") in states and {state for _, state in states} == {"succeeded"}


def test_work_that_never_reached_its_database_ends_when_it_is_told_to_and_leaves_nothing_running(database, tmp_path):
    """PostgreSQL killed as central stops: what went on connecting once kept the whole process from its end."""
    jobs = Jobs(database.engine, f"host={tmp_path} dbname=nobody user=nobody")

    async def story() -> None:
        task = asyncio.create_task(jobs.run())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        assert left == []

    asyncio.run(story())
