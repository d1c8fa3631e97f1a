"""Calls, and what persons did about them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to


class LaneCallRow(Base):
    """Somebody at a lane asks for a person. What a node told is a view of the journal (`rules.folded`), `call_id` being
    the correlation; that of a driver's phone (`by` "phone") is kept here and nowhere else. `asked_at`: when they
    pressed last. `visit_id`: of whom it was told."""

    __tablename__ = "lane_call"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    by: Mapped[str]
    visit_id: Mapped[UUID | None]
    began_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]

    __table_args__ = (
        Index("ix_lane_call_tenant_id_asked_at", "tenant_id", "community_id", "asked_at"),
        Index("ix_lane_call_tenant_id_lane_id", "tenant_id", "lane_id", "asked_at"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
    )


class CallDeedRow(TenantRow, Base):
    """A person took a call, or a car that waits, gave it back, is done with it, or has looked at one that was missed.
    `subject_id`: the call, or the visit of the car. Only ever appended to."""

    __tablename__ = "call_deed"

    community_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    what: Mapped[str]
    at: Mapped[datetime]
    account_id: Mapped[UUID | None]
    name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_call_deed_tenant_id_subject_id", "tenant_id", "subject_id", "at"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
    )
