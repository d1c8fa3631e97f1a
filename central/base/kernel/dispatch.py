"""Carries news from the outbox to its handlers: one row, one transaction, in the order of commits."""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.outbox import CHANNEL, Handler, Handlers, News
from central.base.kernel.session import tenant_ids, tenant_session

log = logging.getLogger(__name__)

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600))
"""Between tries; a row that fails once more is parked."""
POLL_S = 1.0
"""A wake-up can be lost, and a row can be held back by an older transaction: look anyway, this often."""

_DUE = text(
    "SELECT wanted.handler FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS wanted(handler text, topics text[]) "
    "LEFT JOIN outbox_position AS here ON here.handler = wanted.handler "
    "WHERE (here.retry_at IS NULL OR here.retry_at <= :now) AND EXISTS ("
    "SELECT FROM outbox WHERE (outbox.xid, outbox.seq) > (COALESCE(here.xid, '0'), COALESCE(here.seq, 0)) "
    "AND outbox.xid < pg_snapshot_xmin(pg_current_snapshot()) AND outbox.topic = ANY(wanted.topics))"
)
"""Who has something to take. Asked once for all of them: most of the time it is nobody, each second."""
_POSITION = text(
    "SELECT xid::text AS xid, seq, attempts, retry_at FROM outbox_position "
    "WHERE handler = :handler FOR UPDATE SKIP LOCKED"
)
_NEXT = text(
    "SELECT seq, xid::text AS xid, tenant_id, topic, payload, correlation_id, at FROM outbox "
    "WHERE (xid, seq) > (CAST(:xid AS xid8), :seq) AND xid < pg_snapshot_xmin(pg_current_snapshot()) "
    "AND topic = ANY(:topics) ORDER BY xid, seq LIMIT 1"
)
_ADVANCE = text(
    "UPDATE outbox_position SET xid = CAST(:xid AS xid8), seq = :seq, attempts = 0, retry_at = NULL, last_error = NULL "
    "WHERE handler = :handler"
)


class Dispatcher:
    """One thread per process. Several processes share the work: a handler's position is locked while it is used."""

    def __init__(self, engine: Engine, dsn: str, handlers: Handlers) -> None:
        self._engine = engine
        self._dsn = dsn
        self._handlers = handlers
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._known: set[tuple[UUID, str]] = set()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def drain(self) -> int:
        """Deliver everything that is due; returns how many rows were taken or parked."""
        count = 0
        for tenant_id in tenant_ids(self._engine):
            while taken := self._drain_once(tenant_id):
                count += taken
        return count

    def _drain_once(self, tenant_id: UUID) -> int:
        """What a handler tells another is due at the next look; a position that another process holds gives nothing."""
        handlers = self._handlers.items()
        wanted = [{"handler": name, "topics": sorted(topics)} for name, topics, _ in handlers]
        with tenant_session(self._engine, tenant_id) as db:
            due = set(db.scalars(_DUE, {"wanted": json.dumps(wanted), "now": clock.now()}))
        count = 0
        for name, topics, handler in handlers:
            while name in due and not self._stopping.is_set() and self._deliver_next(tenant_id, name, topics, handler):
                count += 1
        return count

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    self._dsn, autocommit=True, application_name="menting-outbox", connect_timeout=10
                ) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    while not self._stopping.is_set():
                        self.drain()
                        for _ in connection.notifies(timeout=POLL_S, stop_after=1):
                            pass
            except (psycopg.OperationalError, OperationalError) as error:  # away for a while; news waits in its table
                log.warning("the outbox lost its connection", extra={"why": str(error).splitlines()[0]})
                self._stopping.wait(POLL_S)
            except Exception:  # a mistake of ours must not end the thread: the news waits, and is tried again
                log.exception("the outbox is not being delivered")
                self._stopping.wait(POLL_S)

    def _deliver_next(self, tenant_id: UUID, name: str, topics: frozenset[str], handler: Handler) -> bool:
        """True when a row was taken or parked, False when there is nothing to do now."""
        news: News | None = None
        self._ensure_position(tenant_id, name)
        try:
            with tenant_session(self._engine, tenant_id) as db:
                found = self._find(db, name, topics)
                if found is None:
                    return False
                news, xid = found
                handler(db, news)
                db.flush()
                db.execute(_ADVANCE, {"xid": xid, "seq": news.seq, "handler": name})
            return True
        except Exception as error:  # a handler's; its news is parked where a person sees it, and the rest goes on
            if news is None:
                raise
            log.exception("news was not taken", extra={"handler": name, "seq": news.seq, "topic": news.topic})
            return self._note_failure(tenant_id, name, news, xid, error)

    def _ensure_position(self, tenant_id: UUID, name: str) -> None:
        """The row that is locked and counted on. On its own, for a failing handler must not undo it."""
        if (tenant_id, name) in self._known:
            return
        with tenant_session(self._engine, tenant_id) as db:
            db.execute(
                text("INSERT INTO outbox_position (handler) VALUES (:handler) ON CONFLICT DO NOTHING"),
                {"handler": name},
            )
        self._known.add((tenant_id, name))

    def _find(self, db: Session, name: str, topics: frozenset[str]) -> tuple[News, str] | None:
        position = db.execute(_POSITION, {"handler": name}).one_or_none()
        if position is None or (position.retry_at is not None and clock.now() < position.retry_at):
            return None
        row = db.execute(_NEXT, {"xid": position.xid, "seq": position.seq, "topics": sorted(topics)}).one_or_none()
        if row is None:
            return None
        return News(row.seq, row.tenant_id, row.topic, row.payload, row.correlation_id, row.at), row.xid

    def _note_failure(self, tenant_id: UUID, name: str, news: News, xid: str, error: Exception) -> bool:
        said = f"{type(error).__name__}: {error}"[:500]
        with tenant_session(self._engine, tenant_id) as db:
            position = db.execute(_POSITION, {"handler": name}).one_or_none()
            if position is None:
                return False
            if position.attempts >= len(PAUSES):
                db.execute(
                    text(
                        "INSERT INTO outbox_parked (handler, seq, reason) VALUES (:handler, :seq, :reason) "
                        "ON CONFLICT DO NOTHING"
                    ),
                    {"handler": name, "seq": news.seq, "reason": said},
                )
                db.execute(_ADVANCE, {"xid": xid, "seq": news.seq, "handler": name})
                return True
            retry_at: datetime = clock.now() + PAUSES[position.attempts]
            db.execute(
                text(
                    "UPDATE outbox_position SET attempts = attempts + 1, retry_at = :retry_at, last_error = :said "
                    "WHERE handler = :handler"
                ),
                {"retry_at": retry_at, "said": said, "handler": name},
            )
            return False
