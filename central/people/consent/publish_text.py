"""Publish a version of what is consented to. What was published stands; a change is a further version (PRIV-02)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.outbox import announce
from central.people.community.finding import add_unless_taken
from central.people.community.queries import community_of
from central.people.consent.facts import text_fact, texts_of
from central.people.consent.permissions import PUBLISH_TEXTS
from central.people.consent.rules import Purpose, text_problem
from central.people.consent.tables import ConsentTextRow


def publish_text(
    db: Session, actor: Actor, community_id: UUID, zh: str, en: str, *, old_until: datetime, lasts_days: int,
    now: datetime, purpose: Purpose = Purpose.FACE,
) -> ConsentTextRow:  # fmt: skip
    """The next version. From `old_until` on, consents under earlier ones count no longer and are asked for anew."""
    community_of(db, community_id)
    actor.demand(PUBLISH_TEXTS, community_id)
    before = list(texts_of(db, community_id, purpose).values())
    last = before[-1] if before else None
    problem = text_problem(text_fact(last) if last else None, old_until, now)
    if problem is not None:
        raise Invalid(problem, fields={"old_until": problem})
    version = last.version + 1 if last else 1
    row = ConsentTextRow(
        community_id=community_id, purpose=purpose.value, version=version, zh=zh, en=en, published_at=now,
        published_by=actor.name, old_until=old_until, lasts_days=lasts_days,
    )  # fmt: skip
    add_unless_taken(db, row, Conflict("consent.text_just_published"))
    record(
        db, actor, "consent_text.publish", "consent_text", row.id, community_id=community_id,
        after={"version": version, "old_until": old_until.isoformat(), "lasts_days": lasts_days},
    )  # fmt: skip
    announce(db, "consent_text.published", {"community_id": str(community_id)}, correlation_id=actor.correlation_id)
    return row


def demand_text(db: Session, community_id: UUID, purpose: Purpose = Purpose.FACE) -> None:
    """There is something to consent to: Conflict, with the way to the page, where no text was ever published."""
    if not texts_of(db, community_id, purpose):
        raise Conflict("consent.text_missing")
