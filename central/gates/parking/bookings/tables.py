"""What is stored of booked places. A plate names its holder: plate and note lie sealed, as on the lists of plates."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class LotBookingRow(TenantRow, Base):
    """A place that is kept for a plate (`models/parking/bookings.py: Booking`). `plate_digest`: as stays have it.
    `fee_fen`: what the booking costs, whether or not the car comes. Nothing of it is ever changed but that it was
    taken back. `noted`, `noted_at`: what had become of it when central last looked, for the audit and the ledger; what
    it is now is reckoned."""

    __tablename__ = "lot_booking"

    community_id: Mapped[UUID]
    sealed_plate: Mapped[bytes] = mapped_column(LargeBinary)
    plate_digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_note: Mapped[bytes] = mapped_column(LargeBinary)
    bay: Mapped[str]
    zone: Mapped[str]
    anybodys: Mapped[bool]
    since: Mapped[datetime]
    until: Mapped[datetime]
    wait_until: Mapped[datetime]
    fee_fen: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancelled_reason: Mapped[str | None]
    noted: Mapped[str]
    noted_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("since < wait_until AND wait_until <= until", name="waits_within_its_time"),
        CheckConstraint("fee_fen >= 0", name="fee_not_negative"),
        Index("ix_lot_booking_tenant_id_noted", "tenant_id", "community_id", "noted", "until"),
        belongs_to("community_id", "community"),
    )
