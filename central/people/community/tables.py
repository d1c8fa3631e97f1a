"""What is stored of communities. `person` and `resident` are personal data: only `person` holds name and phone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class CommunityRow(TenantRow, Base):
    """A residential quarter, office park or mall. Its id is the `site_id` of gates, passes and snapshots."""

    __tablename__ = "community"

    name: Mapped[str]
    kind: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    day_begins_minute: Mapped[int] = mapped_column(server_default="0")
    desk_phone: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("day_begins_minute BETWEEN 0 AND 719", name="day_begins"),
    )


class BuildingRow(TenantRow, Base):
    __tablename__ = "building"

    community_id: Mapped[UUID]
    label: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "label"),
        belongs_to("community_id", "community"),
    )


class UnitRow(TenantRow, Base):
    """An entrance with its own stairs."""

    __tablename__ = "unit"

    building_id: Mapped[UUID]
    label: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "building_id", "label"),
        belongs_to("building_id", "building"),
    )


class HouseRow(TenantRow, Base):
    """`number` is "1102"; `label` the whole "5-2-1102", unique in the community. `floor` as the lift's button says it,
    once a person has said it: nobody's floor is guessed from a number."""

    __tablename__ = "house"

    community_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    number: Mapped[str]
    label: Mapped[str]
    floor: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "unit_id", "number"),
        UniqueConstraint("tenant_id", "community_id", "label"),
        CheckConstraint("floor ~ '^[A-Z0-9-]{1,6}$'", name="floor"),
        belongs_to("community_id", "community"),
        belongs_to("unit_id", "unit"),
    )


class PersonRow(TenantRow, Base):
    """A human being, once, however many houses they hold and in however many communities (ADMIN-01)."""

    __tablename__ = "person"

    name: Mapped[str]
    phone: Mapped[str | None]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("tenant_id", "id"),)


class ResidentRow(TenantRow, Base):
    """A person at home in a house, from an instant until another. Ended rows stay: who lived where is history."""

    __tablename__ = "resident"

    community_id: Mapped[UUID]
    house_id: Mapped[UUID]
    person_id: Mapped[UUID]
    tie: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "house_id", "person_id", "starts_at"),
        Index("ix_resident_tenant_id_community_id", "tenant_id", "community_id"),
        Index("ix_resident_tenant_id_person_id", "tenant_id", "person_id"),
        belongs_to("community_id", "community"),
        belongs_to("house_id", "house"),
        belongs_to("person_id", "person"),
    )


class GateRow(TenantRow, Base):
    """`number` is the gate's bit in the mask of a pass. Gates are never deleted, so that no number comes back."""

    __tablename__ = "gate"

    community_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "number"),
        UniqueConstraint("tenant_id", "community_id", "name"),
        CheckConstraint("number BETWEEN 0 AND 63", name="number"),
        belongs_to("community_id", "community"),
    )


class LaneRow(TenantRow, Base):
    """`code` is how a node's site file names the lane; unique in the community. `vehicles`: a barrier stands there and
    no door; empty where nothing has told so yet. `from_zone`, `to_zone`: of an inner lane of a car park, as its node
    says them. `rings_at`: by which number or extension somebody speaks to who stands there."""

    __tablename__ = "lane"

    community_id: Mapped[UUID]
    gate_id: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    direction: Mapped[str]
    vehicles: Mapped[bool | None]
    from_zone: Mapped[str | None]
    to_zone: Mapped[str | None]
    rings_at: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "code"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        belongs_to("community_id", "community"),
        belongs_to("gate_id", "gate"),
    )


class LiftUnitRow(TenantRow, Base):
    """A unit up whose stairs a lane is the lift."""

    __tablename__ = "lift_unit"

    lane_id: Mapped[UUID]
    unit_id: Mapped[UUID]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "lane_id", "unit_id"),
        belongs_to("lane_id", "lane"),
        belongs_to("unit_id", "unit"),
    )
