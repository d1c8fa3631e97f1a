"""What is stored for drivers: the signs that lead to their page, and the debts that one of them said are not theirs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class ParkingSignRow(TenantRow, Base):
    """A sign with a code: of one lane, or of the whole lot where `lane_id` is empty. Its token is sealed, and not only
    hashed, because the sign is printed again when the sun has bleached it. Nothing of one changes but its end."""

    __tablename__ = "parking_sign"

    community_id: Mapped[UUID]
    lane_id: Mapped[UUID | None]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_token: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("token_sha256"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
    )


Index(
    "uq_parking_sign_stands", ParkingSignRow.tenant_id, ParkingSignRow.community_id,
    func.coalesce(ParkingSignRow.lane_id, ParkingSignRow.community_id), unique=True,
    postgresql_where=text("ended_at IS NULL"),
)  # fmt: skip


class StayDisputeRow(TenantRow, Base):
    """Somebody said that a debt is not theirs. `account_ref`: on which plate's account it stood then; under a corrected
    plate it is another debt. `said_by`: empty where a driver said it. Settled: a person found that it stands."""

    __tablename__ = "stay_dispute"

    community_id: Mapped[UUID]
    stay_id: Mapped[UUID]
    account_ref: Mapped[str]
    said_at: Mapped[datetime]
    said_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "stay_id", "account_ref"),
        belongs_to("community_id", "community"),
    )


class OrderAtLaneRow(TenantRow, Base):
    """This order was asked by who had scanned the sign of this lane. Only added to."""

    __tablename__ = "order_at_lane"

    community_id: Mapped[UUID]
    order_id: Mapped[UUID]
    stay_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "order_id"),
        Index("ix_order_at_lane_tenant_id_lane_id", "tenant_id", "lane_id", "at"),
        belongs_to("community_id", "community"),
    )


class ExitMeantRow(TenantRow, Base):
    """Whoever opened an exit, under whose number the car will drive out, said whose stay ends by it. Only added to."""

    __tablename__ = "exit_meant"

    community_id: Mapped[UUID]
    exit_id: Mapped[UUID]
    stay_id: Mapped[UUID]
    said_at: Mapped[datetime]
    said_by: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "exit_id"),
        belongs_to("community_id", "community"),
    )
