"""A consent ends because its person moved out: whoever moves in again agrees anew (PRIV-01)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.people.consent.rules import Purpose
from central.people.consent.tables import ConsentRow


def end_by_moving_out(
    db: Session, actor: Actor, community_id: UUID, person_id: UUID, at: datetime, purpose: Purpose = Purpose.FACE
) -> None:
    """What was given in this community before `at` and would last longer ends then. When it would have ended stands in
    the audit."""
    rows = select(ConsentRow).where(
        ConsentRow.community_id == community_id, ConsentRow.person_id == person_id,
        ConsentRow.purpose == purpose.value, ConsentRow.given_at < at, ConsentRow.expires_at > at,
        ConsentRow.withdrawn_at.is_(None),
    )  # fmt: skip
    for row in db.scalars(rows.order_by(ConsentRow.id).with_for_update()):
        before, row.expires_at = row.expires_at, at
        record(
            db, actor, "consent.end", "consent", row.id, community_id=community_id,
            before={"expires_at": before.isoformat()},
            after={"why": "moved_out", "expires_at": at.isoformat(), "person_id": str(person_id)},
        )  # fmt: skip
    db.flush()
