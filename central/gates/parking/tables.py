"""What is stored of parking: every version of every tariff, as it was drafted; the lists of plates, personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class TariffVersionRow(TenantRow, Base):
    """`value`: the whole `Tariff`. `tariff_id`: which of the community's tariffs; each has one scope (P01) and counts
    its own versions. The application may add rows and fill in who approved and who withdrew; it has no
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
        UniqueConstraint("tenant_id", "tariff_id", "version"),
        CheckConstraint("approved_by <> drafted_by", name="two_persons"),
        CheckConstraint("approved_at <= starts_at", name="approved_in_time"),
        CheckConstraint("approved_at IS NULL OR withdrawn_at < starts_at", name="withdrawn_in_time"),
        belongs_to("community_id", "community"),
    )


class PermitLinkRow(TenantRow, Base):
    """The link of a permit, for the phone of whoever holds it (permit_car.py). Of its token a digest is kept."""

    __tablename__ = "permit_link"

    community_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    made_by: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "entry_id"),
        UniqueConstraint("token_sha256"),
        belongs_to("entry_id", "plate_entry"),
        belongs_to("community_id", "community"),
    )


class PlateEntryRow(TenantRow, Base):
    """A plate on a list. Plate and note are sealed; nothing is ever changed but that it is approved, and its end.

    `lanes`: where it counts. `approved_at`: since when it counts at all; `approved_by` is empty where nobody was asked.

    `bay`: on which a permit's car stands, and how many cars it covers (PARK-09). It lies open, for by it the cars of a
    bay are found; whose it is, the note says. `plate_digest`: as stays have it, of a permit that names a bay.
    """

    __tablename__ = "plate_entry"

    community_id: Mapped[UUID]
    kind: Mapped[str]
    sealed_plate: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_note: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    lanes: Mapped[list[str]] = mapped_column(JSONB)
    bay: Mapped[str | None]
    bay_cars: Mapped[int | None]
    plate_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    added_by_id: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("until IS NULL OR until > since", name="until_after_since"),
        CheckConstraint("kind <> 'permit' OR until IS NOT NULL", name="permits_end"),
        CheckConstraint("kind <> 'permit' OR approved_at IS NOT NULL", name="permits_count_at_once"),
        CheckConstraint("bay IS NULL OR kind = 'permit'", name="permits_name_bays"),
        CheckConstraint(
            "(bay IS NULL) = (bay_cars IS NULL) AND (bay IS NULL) = (plate_digest IS NULL)"
            " AND bay_cars BETWEEN 1 AND 9",
            name="bays_hold_cars",
        ),
        Index(
            "ix_plate_entry_tenant_id_bay", "tenant_id", "community_id", "bay", postgresql_where=text("bay IS NOT NULL")
        ),
        Index(
            "ix_plate_entry_tenant_id_plate_digest",
            "tenant_id",
            "community_id",
            "plate_digest",
            postgresql_where=text("plate_digest IS NOT NULL"),
        ),
        belongs_to("community_id", "community"),
    )
