"""Findings: a group that fails more than twice as often as the mean, open until somebody closes it with a reason."""

from __future__ import annotations

from datetime import datetime
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
