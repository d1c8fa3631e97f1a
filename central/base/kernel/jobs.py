"""Timed work: procrastinate's queue in our own PostgreSQL, its worker inside the central process.

With several centrals on one database each turn still runs once: the queue defers a turn under its cron time. The
queue lies in the schema `jobs` and holds names and times, no rows of tenants; the work itself binds each tenant in a
transaction of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import procrastinate
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.session import tenant_ids, tenant_session

log = logging.getLogger(__name__)

Work = Callable[[Session, datetime], object]
"""(db bound to one tenant, now) -> ignored. Must be safe to run twice."""


class JobFailed(Exception):
    """Some tenants' turn failed; their faults are in the log."""


class Jobs:
    """Register work with `each_tenant` before the process starts; `run` is a task of its event loop."""

    def __init__(self, engine: Engine, dsn: str) -> None:
        self._engine = engine
        connector = procrastinate.PsycopgConnector(
            conninfo=dsn, min_size=1, max_size=4, kwargs={"options": "-c search_path=jobs -c timezone=UTC"}
        )
        self.app = procrastinate.App(connector=connector)
        self._work: dict[str, Work] = {}

    def each_tenant(self, name: str, cron: str, work: Work) -> None:
        """Run `work` for every tenant at the times of `cron` (UTC). `name` is "<domain>.<verb>".

        cron: five fields from minute to day of the week, and seconds as an optional sixth at the END.
        """
        if name in self._work:
            raise ValueError(f"timed work named {name!r} is already registered")
        self._work[name] = work

        def turn(timestamp: int) -> None:
            self.run_now(name)

        task = self.app.task(name=name, queueing_lock=name, pass_context=False)(turn)
        self.app.periodic(cron=cron)(task)

    def run_now(self, name: str) -> None:
        """One turn, here and now. One tenant's failure does not keep the others from theirs (then `JobFailed`)."""
        failed = 0
        for tenant_id in tenant_ids(self._engine):
            try:
                with tenant_session(self._engine, tenant_id) as db:
                    self._work[name](db, clock.now())
            except Exception:  # one company's trouble keeps nobody else's work from being done; raised below
                failed += 1
                log.exception("timed work failed for a tenant", extra={"job": name, "tenant_id": str(tenant_id)})
        if failed:
            raise JobFailed(f"{name} failed for {failed} tenants")

    async def run(self) -> None:
        """Work until cancelled; then finish what has begun, for a few seconds."""
        while True:
            try:
                async with self.app.open_async():
                    await self.app.run_worker_async(
                        install_signal_handlers=False,
                        concurrency=1,
                        shutdown_graceful_timeout=5,
                        delete_jobs="successful",
                    )
            except asyncio.CancelledError:
                raise
            except (
                procrastinate.exceptions.ConnectorException
            ) as error:  # away for a while; the queue waits in its tables
                log.warning("timed work lost its connection", extra={"why": str(error)})
                await asyncio.sleep(2)
            except Exception:  # timed work without a worker would stop in silence
                log.exception("the worker of timed work stopped and is started again")
                await asyncio.sleep(2)
            finally:
                # an opening that was cut short leaves a pool that hears no cancel, and would be taken for an open one
                await self.app.close_async()
