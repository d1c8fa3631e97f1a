"""Findings: a group that fails more than twice as often as the mean, open until somebody closes it with a reason. And
tests of what the liveness proof of a lane lets through, signed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class GroupFindingRow(TenantRow, Base):
    """`facts`: the counts with which it was opened. One may be open for a group at a time."""

    __tablename__ = "group_finding"

    community_id: Mapped[UUID]
    dimension: Mapped[str]
    group_key: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    close_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index(
            "uq_group_finding_open", "tenant_id", "community_id", "dimension", "group_key", unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        belongs_to("community_id", "community"),
    )  # fmt: skip


class AttackTestRow(TenantRow, Base):
    """A test of the liveness proof at one lane, as it was signed; the database refuses any change.

    `counts`: by kind of attack and for the living, [trials, wrong]. `digest`: SHA-256 over all that was signed.
    """

    __tablename__ = "attack_test"

    community_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    liveness: Mapped[str]
    model: Mapped[str]
    tested_by: Mapped[str]
    tested_on: Mapped[date]
    signed_by: Mapped[str]
    recorded_by: Mapped[str]
    signed_at: Mapped[datetime]
    note: Mapped[str]
    counts: Mapped[dict[str, list[int]]] = mapped_column(JSONB)
    digest: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_attack_test_lane", "tenant_id", "lane_id", "signed_at"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
    )
