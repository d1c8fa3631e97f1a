"""What is stored of parking: every version of every tariff, as it was drafted; the lists of plates, personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class TariffVersionRow(TenantRow, Base):
    """`value`: the whole `Tariff`. The application may add rows and fill in who approved and who withdrew; it has no
    right to change anything else of one, and none to delete it."""

    __tablename__ = "tariff_version"

    community_id: Mapped[UUID]
    tariff_id: Mapped[UUID]
    version: Mapped[int]
    name: Mapped[str]
    starts_at: Mapped[datetime]
    value: Mapped[dict[str, Any]]
    drafted_by: Mapped[UUID]
    drafted_name: Mapped[str]
    drafted_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_name: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdrawn_name: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "version"),
        CheckConstraint("approved_by <> drafted_by", name="two_persons"),
        CheckConstraint("approved_at <= starts_at", name="approved_in_time"),
        CheckConstraint("approved_at IS NULL OR withdrawn_at < starts_at", name="withdrawn_in_time"),
        belongs_to("community_id", "community"),
    )


class PlateEntryRow(TenantRow, Base):
    """A plate on a list. Plate and note are sealed; nothing but its end is ever changed. `lanes`: where it counts."""

    __tablename__ = "plate_entry"

    community_id: Mapped[UUID]
    kind: Mapped[str]
    sealed_plate: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_note: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    lanes: Mapped[list[str]] = mapped_column(JSONB)
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("until IS NULL OR until > since", name="until_after_since"),
        CheckConstraint("kind <> 'permit' OR until IS NOT NULL", name="permits_end"),
        belongs_to("community_id", "community"),
    )
