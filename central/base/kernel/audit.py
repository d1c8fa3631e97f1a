"""The audit: who did what to what, before and after, why, from where, when (SEC-02).

Rows are only ever added. The application has no right to change them, and a trigger refuses change to everyone,
the owner of the schema included.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import Text

from central.base.kernel.actor import Actor
from central.base.kernel.tables import Base, TenantRow

VIEWING_GAP = timedelta(minutes=2)
"""Looks of one person at one thing that are nearer together than this are one viewing."""


class AuditRow(TenantRow, Base):
    """One deed. `what` is noun.verb ("pass.revoke"), `subject` the thing's kind and `subject_id` its id."""

    __tablename__ = "audit"

    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    what: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[str | None]
    community_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str | None]
    source_address: Mapped[str | None]
    correlation_id: Mapped[UUID]

    __table_args__ = (
        Index("ix_audit_tenant_id_at", "tenant_id", "at", "id"),
        Index("ix_audit_tenant_id_subject_id", "tenant_id", "subject_id"),
    )


def record(
    db: Session,
    actor: Actor,
    what: str,
    subject: str,
    subject_id: UUID | str | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    community_id: UUID | None = None,
) -> None:
    """Add the audit row of a deed, in the deed's own transaction.

    before, after: the fields that changed, JSON-ready. Never a secret, a template or a whole person: names of fields
    and masked values are enough.
    """
    db.add(
        AuditRow(
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            actor_name=_held(actor.name),
            roles=list(actor.roles),
            what=what,
            subject=subject,
            subject_id=None if subject_id is None else _held(str(subject_id)),
            community_id=community_id,
            before=None if before is None else _held(dict(before)),
            after=None if after is None else _held(dict(after)),
            reason=_held(reason),
            source_address=_held(actor.source_address),
            correlation_id=actor.correlation_id,
        )
    )


def record_look(
    db: Session, actor: Actor, what: str, subject: str, subject_id: UUID, now: datetime, *, community_id: UUID,
    after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """The audit row of looking at something that shows faces: one for each person and opening, however often a page
    asks for it again meanwhile."""
    if not looked_lately(db, actor, what, subject_id, now):
        record(db, actor, what, subject, subject_id, after=after, community_id=community_id)


def looked_lately(db: Session, actor: Actor, what: str, subject_id: UUID, now: datetime) -> bool:
    """Whether this person's look at it was written down within `VIEWING_GAP`."""
    query = select(AuditRow.id).where(
        AuditRow.subject_id == str(subject_id), AuditRow.at.between(now - VIEWING_GAP, now), AuditRow.what == what,
        AuditRow.actor_id == actor.id,
    )  # fmt: skip
    return db.scalar(query.limit(1)) is not None


def _held(value: Any) -> Any:
    """What a row can hold: a NUL or half a surrogate in a text must not cost the record of the deed."""
    match value:
        case str():
            return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
        case Mapping():
            return {_held(key): _held(one) for key, one in value.items()}
        case list() | tuple():
            return [_held(one) for one in value]
        case _:
            return value
