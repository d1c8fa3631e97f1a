"""Booked places as the rules ask about them: each with the stays of its plate. Asks nobody's right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.base.kernel.secrets import unseal
from central.gates.parking.bookings.tables import LotBookingRow
from central.gates.parking.stays.tables import StayRow
from models.parking.bookings import STANDING, Booking, BookingState, Inside, KeptNow, is_kept, kept_now, state_of
from models.parking.stays import INSIDE, State

HERE_ONCE = [*(one.value for one in INSIDE), State.LEFT.value, State.LEFT_OWING.value, State.EXIT_UNSEEN.value]
STANDING_NOW = [one.value for one in STANDING]


class Booked(NamedTuple):
    """A booking as it stands now."""

    row: LotBookingRow
    booking: Booking
    state: BookingState


def standing(db: Session, community_id: UUID, now: datetime) -> list[Booked]:
    """Those whose place nobody else can have: not come yet, or come and still there. Also such as central has not
    looked at since they ended, by what they are now."""
    query = select(LotBookingRow).where(
        LotBookingRow.community_id == community_id, LotBookingRow.noted.in_(STANDING_NOW)
    )
    return booked_of(db, community_id, db.scalars(query.order_by(LotBookingRow.since, LotBookingRow.id)).all(), now)


def booked_of(db: Session, community_id: UUID, rows: Sequence[LotBookingRow], now: datetime) -> list[Booked]:
    known = [(row, booking_of(db, row)) for row in rows]
    stays = _stays(db, community_id, [one for _, one in known], {row.plate_digest for row in rows})
    return [
        Booked(row, one, state_of(one, stays.get(row.plate_digest, ()), row.cancelled_at, now)) for row, one in known
    ]


def booking_of(db: Session, row: LotBookingRow) -> Booking:
    return Booking(
        booking_id=row.id, plate=unseal(db, row.sealed_plate, about(row.id, "plate")).decode(), since=row.since,
        until=row.until, wait_until=row.wait_until, bay=row.bay, zone=row.zone, anybodys=row.anybodys,
    )  # fmt: skip


def bookings_told(db: Session, community_id: UUID, now: datetime) -> tuple[Booking, ...]:
    """What the gates are told: every booking for which nobody has come yet."""
    return tuple(one.booking for one in standing(db, community_id, now) if one.state is BookingState.BOOKED)


def kept_for(db: Session, community_id: UUID, now: datetime) -> tuple[KeptNow, ...]:
    """The places that are kept at this moment."""
    return tuple(
        kept_now(one.booking) for one in standing(db, community_id, now) if is_kept(one.booking, one.state, now)
    )


def about(booking_id: UUID, what: str) -> str:
    return f"lot_booking:{what}:{booking_id}"


def _stays(
    db: Session, community_id: UUID, bookings: Sequence[Booking], digests: set[bytes]
) -> Mapping[bytes, list[Inside]]:
    """The stays of these plates that may be those that were booked for. Who came in again had gone by then."""
    if not bookings:
        return {}
    first, last = min(one.kept_from for one in bookings), max(one.wait_until for one in bookings)
    query = select(StayRow.plate_digest, StayRow.entered_at, StayRow.left_at, StayRow.again_at).where(
        StayRow.community_id == community_id, StayRow.plate_digest.in_(digests), StayRow.state.in_(HERE_ONCE),
        StayRow.entered_at < last, or_(StayRow.left_at.is_(None), StayRow.left_at > first),
    )  # fmt: skip
    found: dict[bytes, list[Inside]] = {}
    for digest, entered, left, again in db.execute(query):
        if digest is not None and entered is not None:
            found.setdefault(digest, []).append(Inside(entered, left or again))
    return found
