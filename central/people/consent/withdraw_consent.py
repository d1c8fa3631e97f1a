"""Take a consent back: one step, no reason asked, by whoever may record one (PRIV-04)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict
from central.base.kernel.outbox import announce
from central.people.community.queries import resident_of
from central.people.consent.permissions import RECORD_CONSENTS
from central.people.consent.rules import Channel, Purpose
from central.people.consent.tables import ConsentRow


def withdraw_consent(
    db: Session, actor: Actor, resident_id: UUID, channel: Channel, *, now: datetime,
    purpose: Purpose = Purpose.FACE, by_guardian: bool | None = None,
) -> ConsentRow:  # fmt: skip
    """Every consent of the person in this community ends now; the gates are told to destroy the face data.

    `by_guardian`: whether it was asked for by whoever speaks for a child; None where nobody is there to say it, as
    behind a link. It stands in the audit beside the name of who wrote it down.
    Returns the one that counted. Raises Conflict when there is nothing to take back.
    """
    resident = resident_of(db, resident_id)
    actor.demand(RECORD_CONSENTS, resident.community_id)
    query = select(ConsentRow).where(
        ConsentRow.community_id == resident.community_id, ConsentRow.person_id == resident.person_id,
        ConsentRow.purpose == purpose.value, ConsentRow.withdrawn_at.is_(None),
    )  # fmt: skip
    rows = list(db.scalars(query.order_by(ConsentRow.given_at.desc(), ConsentRow.id.desc()).with_for_update()))
    if not rows:
        raise Conflict("consent.nothing_to_withdraw")
    for row in rows:
        row.withdrawn_at, row.withdrawn_channel, row.withdrawn_by = now, channel.value, actor.name
    db.flush()
    last = rows[0]
    record(
        db, actor, "consent.withdraw", "consent", last.id, community_id=last.community_id,
        after={"channel": channel.value, "by_guardian": by_guardian, "person_id": str(last.person_id)},
    )  # fmt: skip
    announce(
        db, "consent.withdrawn", {"community_id": str(last.community_id), "person_id": str(last.person_id)},
        correlation_id=actor.correlation_id,
    )  # fmt: skip
    return last
