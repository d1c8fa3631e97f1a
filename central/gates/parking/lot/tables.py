"""What is stored of a car park's places: floor plans, settings, counts by hand, the systems of bay sensors and the last
word about each bay. A camera at a bay tells a plate, which is personal data and lies sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to


class LotPlanRow(TenantRow, Base):
    """A floor plan as its file said it. It counts since `counts_at`; what was replaced stays. The application may fill
    in when it began to count and who let it, and nothing else."""

    __tablename__ = "lot_plan"

    community_id: Mapped[UUID]
    version: Mapped[int]
    value: Mapped[dict[str, Any]]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]
    counts_at: Mapped[datetime | None]
    counts_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "version"),
        belongs_to("community_id", "community"),
    )


class LotSettingsRow(TenantRow, Base):
    """`places`, `own_places`: of a lot without a floor plan. `told`: what the gates were told last of its places.
    `wait_minutes`: how long a booked place is kept for who does not come. Empty until somebody sets it, like
    `charged_minutes` and what a shared bay costs (PARK-10): `shared_fen` for each `shared_minutes` begun, of which
    `shared_percent` are the owner's."""

    __tablename__ = "lot_settings"

    community_id: Mapped[UUID]
    places: Mapped[int | None]
    own_places: Mapped[int | None]
    full_at: Mapped[int]
    long_days: Mapped[int]
    abandoned_days: Mapped[int]
    wait_minutes: Mapped[int | None]
    charged_minutes: Mapped[int | None]
    shared_minutes: Mapped[int | None]
    shared_fen: Mapped[int | None] = mapped_column(BigInteger)
    shared_percent: Mapped[int | None]
    told: Mapped[dict[str, Any] | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id"),
        belongs_to("community_id", "community"),
    )


class LotCountRow(TenantRow, Base):
    """What a person counted: cars on the places for anybody. `was`: what the system had said. Only ever added to."""

    __tablename__ = "lot_count"

    community_id: Mapped[UUID]
    zone: Mapped[str]
    counted: Mapped[int]
    was: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None]
    by_name: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (
        Index("ix_lot_count_tenant_id_at", "tenant_id", "community_id", "zone", "at"),
        belongs_to("community_id", "community"),
    )


class BaySystemRow(TenantRow, Base):
    """Who may tell of bays: a guidance system, by a key of which only the digest is kept. `heard_at`: its last word."""

    __tablename__ = "bay_system"

    community_id: Mapped[UUID]
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    heard_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("token_sha256", name="uq_bay_system_token_sha256"),
        belongs_to("community_id", "community"),
    )


class BaySpellRow(TenantRow, Base):
    """From when until when a bay's sensor said that the car of a stay kept a charging bay from others
    (`models/parking/charging_bay.py`). `until`: its last word of it; only that is ever changed."""

    __tablename__ = "bay_spell"

    community_id: Mapped[UUID]
    stay_id: Mapped[UUID]
    bay: Mapped[str]
    what: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("since <= until", name="forwards"),
        Index("ix_bay_spell_tenant_id_stay_id", "tenant_id", "stay_id"),
        belongs_to("community_id", "community"),
    )


class BayStateRow(Base):
    """The last word about a bay (`models/parking/occupancy.py: Heard`), and which plate a camera read there."""

    __tablename__ = "bay_state"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL), sort_order=-1)
    community_id: Mapped[UUID] = mapped_column(primary_key=True)
    bay: Mapped[str] = mapped_column(primary_key=True)
    system_id: Mapped[UUID]
    taken: Mapped[bool]
    at: Mapped[datetime]
    since: Mapped[datetime]
    charging: Mapped[str | None]
    fuel: Mapped[bool | None]
    plate_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_plate: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_bay_state_tenant_id_plate_digest", "tenant_id", "community_id", "plate_digest"),
        belongs_to("community_id", "community"),
        belongs_to("system_id", "bay_system"),
    )
