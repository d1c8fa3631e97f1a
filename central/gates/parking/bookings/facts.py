"""Booked places as the rules ask about them: each with the stays of its plate. Asks nobody's right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from central.base.kernel.secrets import unseal
from central.gates.parking.bookings.tables import BayOfferRow, LotBookingRow
from central.gates.parking.stays.tables import StayRow
from models.parking.bookings import (
    STANDING,
    UNSEEN_AFTER,
    Booking,
    BookingState,
    Inside,
    KeptNow,
    hours_of,
    is_kept,
    kept_now,
    state_of,
)
from models.parking.stays import INSIDE, State
from models.parking.tariff import Block, SharedHours
from models.wire.snapshot import BOOKINGS_MAX

HERE_ONCE = [*(one.value for one in INSIDE), State.LEFT.value, State.LEFT_OWING.value, State.EXIT_UNSEEN.value]
STANDING_NOW = [one.value for one in STANDING]


class Booked(NamedTuple):
    """A booking as it stands now."""

    row: LotBookingRow
    booking: Booking
    state: BookingState


def standing(db: Session, community_id: UUID, now: datetime) -> list[Booked]:
    """Those whose place nobody else can have: not come yet, or come and still there. Also such as central has not
    looked at since they ended, and such of which it had noted an end before their car was told to be inside, by what
    they are now."""
    query = select(LotBookingRow).where(LotBookingRow.community_id == community_id, may_stand())
    return booked_of(db, community_id, db.scalars(query.order_by(LotBookingRow.since, LotBookingRow.id)).all(), now)


def may_stand() -> ColumnElement[bool]:
    """Of a row: not noted as ended, or noted before a gate that was away told that its car had come."""
    inside = exists().where(
        StayRow.community_id == LotBookingRow.community_id, StayRow.plate_digest == LotBookingRow.plate_digest,
        StayRow.state.in_([one.value for one in INSIDE]), StayRow.entered_at < LotBookingRow.wait_until,
    )  # fmt: skip
    return or_(LotBookingRow.noted.in_(STANDING_NOW), and_(LotBookingRow.cancelled_at.is_(None), inside))


def booked_of(db: Session, community_id: UUID, rows: Sequence[LotBookingRow], now: datetime) -> list[Booked]:
    prices = prices_of(db, rows)
    known = [(row, booking_of(db, row, prices)) for row in rows]
    stays = _stays(db, community_id, [one for _, one in known], {row.plate_digest for row in rows})
    return [
        Booked(row, one, state_of(one, stays.get(row.plate_digest, ()), row.cancelled_at, now)) for row, one in known
    ]


def prices_of(db: Session, rows: Sequence[LotBookingRow]) -> Mapping[UUID, Block]:
    """Of the offers by which these were booked."""
    offers = {row.offer_id for row in rows if row.offer_id is not None}
    if not offers:
        return {}
    query = select(BayOfferRow.id, BayOfferRow.block_minutes, BayOfferRow.block_fen).where(BayOfferRow.id.in_(offers))
    return {offer_id: Block(minutes=minutes, fen=fen) for offer_id, minutes, fen in db.execute(query)}


def booking_of(db: Session, row: LotBookingRow, prices: Mapping[UUID, Block]) -> Booking:
    return Booking(
        booking_id=row.id, plate=unseal(db, row.sealed_plate, about(row.id, "plate")).decode(), since=row.since,
        until=row.until, wait_until=row.wait_until, bay=row.bay, zone=row.zone, anybodys=row.anybodys,
        shared=prices.get(row.offer_id) if row.offer_id is not None else None,
    )  # fmt: skip


def bookings_told(db: Session, community_id: UUID, now: datetime) -> tuple[Booking, ...]:
    """What the gates are told: every booking for which nobody has come yet, and those of others' bays until their car
    has left: by them it is charged, and their owners are asked to wait. For whose hours nobody has come, as far as
    central knows, is told for a day more: a gate that was away may have seen the car come in."""
    known = standing(db, community_id, now)
    told = [
        one.booking for one in known
        if one.state is BookingState.BOOKED or (one.state is BookingState.CAME and one.booking.shared is not None)
    ]  # fmt: skip
    late = select(LotBookingRow).where(
        LotBookingRow.community_id == community_id, LotBookingRow.offer_id.is_not(None),
        LotBookingRow.cancelled_at.is_(None), LotBookingRow.wait_until <= now,
        LotBookingRow.until > now - UNSEEN_AFTER, LotBookingRow.id.not_in({one.booking_id for one in told}),
    ).order_by(LotBookingRow.until.desc(), LotBookingRow.id).limit(max(0, BOOKINGS_MAX - len(told)))  # fmt: skip
    more = booked_of(db, community_id, db.scalars(late).all(), now)
    return (*told, *(one.booking for one in more if one.state is BookingState.NOT_COME))


class Began(Protocol):
    """What is asked of a stay, for its hours on another's bay."""

    @property
    def stay_id(self) -> UUID: ...
    @property
    def entered_at(self) -> datetime | None: ...


def hours_for(
    db: Session, community_id: UUID, stays: Sequence[tuple[Began, bytes]]
) -> dict[UUID, tuple[SharedHours, ...]]:
    """The hours on others' bays that were booked for these stays, each with the digest of its plate; a stay without any
    is left out."""
    begun = [(one.stay_id, digest, one.entered_at) for one, digest in stays if one.entered_at is not None]
    if not begun:
        return {}
    query = select(LotBookingRow).where(
        LotBookingRow.community_id == community_id, LotBookingRow.offer_id.is_not(None),
        LotBookingRow.cancelled_at.is_(None), LotBookingRow.plate_digest.in_({digest for _, digest, _ in begun}),
        LotBookingRow.until > min(entered for _, _, entered in begun),
    )  # fmt: skip
    rows = db.scalars(query).all()
    prices = prices_of(db, rows)
    booked = [(row.plate_digest, booking_of(db, row, prices)) for row in rows]
    known = _stays(db, community_id, [one for _, one in booked], {digest for digest, _ in booked})
    found: dict[UUID, tuple[SharedHours, ...]] = {}
    for stay_id, digest, entered in begun:
        mine = next((one for one in known.get(digest, ()) if one.entered == entered), None)
        hours = hours_of([one for of, one in booked if of == digest], known[digest], mine) if mine is not None else ()
        found |= {stay_id: hours} if hours else {}
    return found


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
