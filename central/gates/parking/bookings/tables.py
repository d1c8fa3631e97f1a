"""What is stored of booked places, and of bays that their owners offer. A plate names its holder: plate and note lie
sealed, as on the lists of plates."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class LotBookingRow(TenantRow, Base):
    """A place that is kept for a plate (`models/parking/bookings.py: Booking`). `plate_digest`: as stays have it.
    `fee_fen`: what the booking costs, whether or not the car comes. Nothing of it is ever changed but that it was taken
    back. `offer_id`: of whose bay the hours are booked, at that offer's price and share (PARK-10). `noted`, `noted_at`:
    what had become of it when central last looked, for the audit and the ledger; what it is now is reckoned."""

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
    offer_id: Mapped[UUID | None]
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
        Index(
            "ix_lot_booking_tenant_id_offer_id", "tenant_id", "offer_id", postgresql_where=text("offer_id IS NOT NULL")
        ),
        belongs_to("community_id", "community"),
        belongs_to("offer_id", "bay_offer"),
    )


class BayOfferRow(TenantRow, Base):
    """Hours of a bay that its owner offers (`models/parking/offers.py: Offer`), by the permit that names the bay: whose
    it is that permit says. Price and `percent`, the owner's share of it, are those of the lot as it was made. Nothing
    of it is ever changed but its end."""

    __tablename__ = "bay_offer"

    community_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    bay: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    block_minutes: Mapped[int]
    block_fen: Mapped[int] = mapped_column(BigInteger)
    percent: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("first_day <= last_day", name="days_forwards"),
        CheckConstraint("start_minute BETWEEN 0 AND 1439 AND end_minute BETWEEN 1 AND 1440", name="hours_of_a_day"),
        CheckConstraint("block_minutes >= 1 AND block_fen >= 0 AND percent BETWEEN 0 AND 100", name="terms"),
        Index("ix_bay_offer_tenant_id_bay", "tenant_id", "community_id", "bay"),
        belongs_to("community_id", "community"),
        belongs_to("entry_id", "plate_entry"),
    )
