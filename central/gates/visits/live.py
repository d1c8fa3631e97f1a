"""The live stream "review": says which visit, alarm, lane or call is new or has changed, so that a page redraws it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, insert, select
from sqlalchemy.orm import Session

from central.base.web.live import LiveEvent, take_turn, wake
from central.gates.visits.tables import ReviewRow

STREAM = "review"
KEEP = timedelta(days=3)
_PENDING = "visits.review"

Name = Literal["visit", "alarm", "lane", "call"]
"""Of a call its lane is named."""


def mark(db: Session, name: Name, subject_id: UUID, community_id: UUID) -> None:
    """Something changed. Told once per transaction, by `publish`, however often it is marked."""
    db.info.setdefault(_PENDING, {})[(name, subject_id)] = community_id


def publish(db: Session) -> None:
    """Write what was marked. Comes last in a transaction: writers of one tenant wait for each other from here on."""
    pending: dict[tuple[Name, UUID], UUID] = db.info.pop(_PENDING, {})
    if not pending:
        return
    take_turn(db, STREAM)
    db.execute(
        insert(ReviewRow),
        [{"name": name, "subject_id": subject, "community_id": where} for (name, subject), where in pending.items()],
    )
    wake(db, STREAM)


def read(db: Session, after_id: int, limit: int) -> list[LiveEvent]:
    rows = db.scalars(select(ReviewRow).where(ReviewRow.id > after_id).order_by(ReviewRow.id).limit(limit))
    return [LiveEvent(row.id, row.name, {"id": str(row.subject_id)}, row.community_id) for row in rows]


def latest(db: Session) -> int:
    return db.scalar(select(func.max(ReviewRow.id))) or 0


def stream_ids(db: Session, subject_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The last stream id of each subject. Those older than `KEEP` are not in it."""
    if not subject_ids:
        return {}
    query = select(ReviewRow.subject_id, func.max(ReviewRow.id)).where(ReviewRow.subject_id.in_(subject_ids))
    return {row[0]: row[1] for row in db.execute(query.group_by(ReviewRow.subject_id))}


def sweep_stream(db: Session, now: datetime) -> int:
    """Forget old lines, but never the last one: a watcher's id must not come back as a smaller one."""
    done = db.execute(delete(ReviewRow).where(ReviewRow.at < now - KEEP, ReviewRow.id < latest(db)))
    assert isinstance(done, CursorResult)
    return done.rowcount
