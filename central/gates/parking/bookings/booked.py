"""Places booked for a plate at a time: made, taken back, and what became of them (PARK-25).

What a booking costs is nothing, or a sum that it names and that is owed whether or not the car comes. Owed it is once
the car has come or is waited for no more: then it stands in the ledger as a debt of the plate, beside what its stays
left owing, and is asked at its next exit. A booking that is taken back before its time costs nothing.

Hours of a bay that its owner offers (PARK-10) are booked as any other bay is. Its stay then costs the offer's price for
them (`models/parking/bookings.py: hours_of`), of which the owner is credited a share (stays/owners.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import tenant_of
from central.gates.access import snapshot
from central.gates.parking.bookings.facts import Booked, about, booked_of, may_stand, standing
from central.gates.parking.bookings.offers import bays_inside, is_bays_own, is_somebodys, offer_for
from central.gates.parking.bookings.tables import BayOfferRow, LotBookingRow
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.lot.told import tell_if_changed
from central.gates.parking.permissions import KEEP_BOOKINGS, READ_STAYS, WRITE_OFF
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.news import changed, inside_with, lock_lot
from central.gates.parking.stays.paid import ref_of
from central.gates.parking.stays.sealed_plates import digest_of
from central.money.ledger import queries as ledger
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.people.community.finding import find
from central.people.community.queries import community_of
from models.parking.bookings import STANDING, Booking, BookingState, most_at_once, overlap
from models.parking.plan import BayKind, Plan
from models.parking.tariff import Block
from models.values.ids import new_id
from models.values.plate import Plate, kind_of, normalised
from models.wire.plates import masked
from models.wire.snapshot import BOOKINGS_MAX

NOTE_MAX = 60
FEE_MAX = 100_000
"""Fen: more is a slip of the finger."""
LONGEST, AHEAD = timedelta(days=31), timedelta(days=90)
PAST_MAX = 50
LET_OFF = "booking"
"""The account of waivers that a booking's fee goes to when a person lets it off."""
ENDED = frozenset({BookingState.OVER, BookingState.NOT_COME})


@dataclass(frozen=True, slots=True)
class BookingView:
    """`zone`: its name on the floor plan. `owed_fen`: what of the fee stands unpaid now. `wait_until`: who has not come
    by then does not come. `offer_id`: of whose bay the hours are; `own_inside`: a car whose bay it is is inside now."""

    booking_id: UUID
    community_id: UUID
    plate: str
    note: str
    bay: str
    zone: str
    since: datetime
    until: datetime
    wait_until: datetime
    state: BookingState
    fee_fen: int
    owed_fen: int
    made_at: datetime
    made_by: str
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancelled_reason: str | None
    offer_id: UUID | None = None
    own_inside: bool = False


def book(
    db: Session, actor: Actor, community_id: UUID, *, plate: str, note: str = "", bay: str = "", zone: str = "",
    since: datetime, until: datetime, fee_fen: int = 0, now: datetime,
) -> UUID:  # fmt: skip
    """Keep a bay (by its code), a place of a zone, or with neither any place of the lot. Forbidden, Invalid; Conflict
    where somebody else has it, the plate has another booking then, or nobody has said which places there are."""
    actor.demand(KEEP_BOOKINGS, community_id)
    community_of(db, community_id)
    lock_lot(db, community_id)
    settings, view = settings_of(db, community_id), plan_in_force(db, community_id)
    plan = view.plan if view is not None else None
    text, note, bay, zone = normalised(plate[:40]), note.strip(), bay.strip(), zone.strip()
    offer = _offer(db, community_id, plan, bay, max(since, now), until, now)
    since = max(since, now) if offer is not None else since  # what stood there before costs what it cost
    problems = _problems(text, note, since, until, fee_fen, now) | _place_problems(plan, bay, zone, offer)
    if problems.get("bay") == "bookings.no_bay" and is_somebodys(db, community_id, bay, now):
        problems["bay"] = "bookings.own_bay"
    if problems:
        raise Invalid(fields=problems, most=NOTE_MAX, days=LONGEST.days, ahead=AHEAD.days, yuan=FEE_MAX // 100, bay=bay)
    if plan is None and settings.places is None and offer is None:
        raise Conflict("bookings.no_places")
    digest = digest_of(db, community_id, text)
    if offer is not None and is_bays_own(db, offer, digest, now):
        raise Conflict("offers.own_plate", bay=bay)
    wait_until = min(until, max(since, now) + settings.wait)
    booking = Booking(
        booking_id=new_id(), plate=text, since=since, until=until, wait_until=wait_until, bay=bay, zone=zone,
        anybodys=offer is None and (plan is None or not bay or plan.bays[bay][1].kind is BayKind.TEMPORARY),
        shared=Block(minutes=offer.block_minutes, fen=offer.block_fen) if offer is not None else None,
    )  # fmt: skip
    places = _places(plan, settings.places or 0, booking)
    _demand_room(plan, booking, [one.booking for one in standing(db, community_id, now) if _stands(one)], places)
    row = LotBookingRow(
        id=booking.booking_id, community_id=community_id, bay=bay, zone=zone, since=since, until=until,
        sealed_plate=seal(db, text.encode(), about(booking.booking_id, "plate")),
        sealed_note=seal(db, note.encode(), about(booking.booking_id, "note")),
        plate_digest=digest, wait_until=wait_until, anybodys=booking.anybodys, fee_fen=fee_fen,
        offer_id=offer.id if offer is not None else None, made_at=now, made_by=actor.name,
        noted=BookingState.BOOKED.value,
    )  # fmt: skip
    db.add(row)
    db.flush()
    said = {"plate": masked(text), "since": since.isoformat(), "until": until.isoformat(), "fee_fen": fee_fen}
    _write_down(db, actor, "booking.make", row, after=said | {k: v for k, v in (("bay", bay), ("zone", zone)) if v})
    _tell(db, community_id, now)
    return row.id


def cancel(db: Session, actor: Actor, booking_id: UUID, reason: str, now: datetime) -> LotBookingRow:
    """Nobody has come yet, and the place is for anybody again. Once its time has begun its fee is owed all the same.
    Forbidden, Invalid; Conflict where somebody has come, or is waited for no more."""
    one, reason = _held(db, actor, booking_id, KEEP_BOOKINGS, now), _reason(reason)
    if one.state is not BookingState.BOOKED:
        raise Conflict(f"bookings.is_{one.state}")
    row = one.row
    row.cancelled_at, row.cancelled_by, row.cancelled_reason = now, actor.name, reason
    row.noted, row.noted_at = BookingState.CANCELLED.value, now
    db.flush()
    _write_down(db, actor, "booking.cancel", row, reason=reason, after={"plate": masked(one.booking.plate)})
    if row.since <= now:
        _charge(db, actor, one, now)
    _tell(db, row.community_id, now)
    return row


def let_off(db: Session, actor: Actor, booking_id: UUID, reason: str, now: datetime) -> LotBookingRow:
    """Its fee is asked no more: a counter-entry, as for what a stay left owing. Conflict where nothing is owed."""
    one, reason = _held(db, actor, booking_id, WRITE_OFF, now), _reason(reason)
    moved = ledger.about(db, [booking_id]).get(booking_id, [])
    owed = sum(line.entry.fen for line in moved if line.entry.account.kind is AccountKind.ARREARS)
    if owed <= 0:
        raise Conflict("bookings.nothing_owed")
    entries = (
        Entry(Account(one.row.community_id, AccountKind.WAIVERS, LET_OFF), owed, booking_id),
        Entry(_debt(one.row), -owed, booking_id),
    )
    post(db, actor, Posting(f"booking:{booking_id}:{len(moved)}", Code.WRITE_OFF, now, entries, reason))
    said = {"plate": masked(one.booking.plate), "amount_fen": owed}
    _write_down(db, actor, "booking.let_off", one.row, reason=reason, after=said)
    _debt_changed(db, one)
    return one.row


def bookings_of(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[BookingView]:
    """What stands, the next first; then what has ended, the last first. For who may see the cars."""
    actor.demand(READ_STAYS, community_id)
    community_of(db, community_id)
    here = select(LotBookingRow).where(LotBookingRow.community_id == community_id)
    past = here.where(~may_stand()).order_by(LotBookingRow.until.desc()).limit(PAST_MAX)
    found = [*standing(db, community_id, now), *booked_of(db, community_id, db.scalars(past).all(), now)]
    view = plan_in_force(db, community_id)
    names = {code: zone.name for code, (_, zone) in view.plan.zones.items()} if view is not None else {}
    owed = _owed_of(db, [one.row.id for one in found])
    own = bays_inside(db, community_id, {one.row.bay for one in found if one.row.offer_id is not None}, now)
    now_, over = [one for one in found if _stands(one)], [one for one in found if not _stands(one)]
    over.sort(key=lambda one: one.booking.until, reverse=True)
    return [
        _view(db, one, names.get(one.row.zone, one.row.zone), owed.get(one.row.id, 0), own) for one in (*now_, *over)
    ]


def sweep(db: Session, now: datetime) -> None:
    """Once a minute: what has become of each is written down, the gates are told, and what it costs is owed. Of whom
    nobody had come, and who is told to be inside after all, that is written down too."""
    places = db.scalars(select(LotBookingRow.community_id).where(may_stand()).distinct()).all()
    for community_id in sorted(places):
        lock_lot(db, community_id)
        by, news = system(tenant_of(db), "parking.bookings"), False
        for one in standing(db, community_id, now):
            if one.state.value == one.row.noted:
                continue
            one.row.noted, one.row.noted_at, news = one.state.value, now, True
            db.flush()
            _write_down(db, by, f"booking.{one.state.value}", one.row, after={"plate": masked(one.booking.plate)})
            if one.state is not BookingState.BOOKED:
                _charge(db, by, one, now)
        if news:
            snapshot.changed(db, community_id)


def _charge(db: Session, by: Actor, one: Booked, now: datetime) -> None:
    """Its fee is owed from now on, once."""
    row = one.row
    if not row.fee_fen:
        return
    entries = (
        Entry(_debt(row), row.fee_fen, row.id),
        Entry(Account(row.community_id, AccountKind.INCOME), -row.fee_fen, row.id),
    )
    if ledger.about(db, [row.id]).get(row.id):
        return
    post(db, by, Posting(f"booking:{row.id}:0", Code.BOOKING_FEE, now, entries))
    _debt_changed(db, one)


def _debt(row: LotBookingRow) -> Account:
    return Account(row.community_id, AccountKind.ARREARS, ref_of(row.plate_digest))


def _debt_changed(db: Session, one: Booked) -> None:
    place = one.row.community_id
    changed(db, place, [one.row.id, *inside_with(db, place, one.booking.plate)])


def _owed_of(db: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    return {
        key: sum(line.entry.fen for line in moved if line.entry.account.kind is AccountKind.ARREARS)
        for key, moved in ledger.about(db, list(ids)).items()
    }


def _stands(one: Booked) -> bool:
    return one.state in STANDING


def _problems(
    text: str, note: str, since: datetime, until: datetime, fee_fen: int, now: datetime
) -> dict[str, str]:  # fmt: skip
    problems = {} if kind_of(text) is not None else {"plate": "plates.no_plate"}
    if len(note) > NOTE_MAX:
        problems["note"] = "plates.note_long"
    if since > now + AHEAD:
        problems["since"] = "bookings.too_far"
    if until <= max(since, now) or until - since > LONGEST:
        problems["until"] = "bookings.window"
    if not 0 <= fee_fen <= FEE_MAX:
        problems["fee"] = "bookings.fee_range"
    return problems


def _offer(
    db: Session, community_id: UUID, plan: Plan | None, bay: str, since: datetime, until: datetime, now: datetime
) -> BayOfferRow | None:
    """By which the bay can be booked, where it is no bay for anybody."""
    there = plan.bays.get(bay) if plan is not None else None
    if not bay or (there is not None and there[1].kind is not BayKind.FIXED):
        return None
    return offer_for(db, community_id, bay, since, until, now)


def _place_problems(plan: Plan | None, bay: str, zone: str, offer: BayOfferRow | None) -> dict[str, str]:
    if offer is not None:
        there = plan.bays.get(bay) if plan is not None else None
        return {"zone": "bookings.bay_elsewhere"} if zone and (there is None or there[1].zone != zone) else {}
    if bay:
        there = plan.bays.get(bay) if plan is not None else None
        if there is None:
            return {"bay": "bookings.no_bay"}
        if there[1].kind is BayKind.FIXED:
            return {"bay": "bookings.own_bay"}
        return {} if zone in ("", there[1].zone) else {"zone": "bookings.bay_elsewhere"}
    return {} if not zone or (plan is not None and zone in plan.zones) else {"zone": "bookings.no_zone"}


def _places(plan: Plan | None, places: int, booking: Booking) -> int:
    """How many places for anybody there are where it wants one."""
    if plan is None:
        return places
    bays = plan.bays_in(booking.zone) if booking.zone else [bay for _, bay in plan.bays.values()]
    return sum(bay.kind is BayKind.TEMPORARY for bay in bays)


def _demand_room(plan: Plan | None, booking: Booking, others: Sequence[Booking], places: int) -> None:
    then = [one for one in others if overlap(one, booking)]
    if any(one.plate == booking.plate for one in then):
        raise Conflict("bookings.plate_there")
    if booking.bay and any(one.bay == booking.bay for one in then):
        raise Conflict("bookings.bay_there", bay=booking.bay)
    if len(others) >= BOOKINGS_MAX:
        raise Conflict("bookings.enough", most=BOOKINGS_MAX)
    here = [one for one in then if one.anybodys and booking.zone in ("", _zone(plan, one))]
    if booking.anybodys and most_at_once(here, booking) >= places:
        raise Conflict("bookings.all_kept", n=places)


def _zone(plan: Plan | None, one: Booking) -> str:
    return plan.bays[one.bay][1].zone if plan is not None and one.bay in plan.bays else one.zone


def _tell(db: Session, community_id: UUID, now: datetime) -> None:
    snapshot.changed(db, community_id)
    tell_if_changed(db, community_id, now)


def _held(db: Session, actor: Actor, booking_id: UUID, permission: str, now: datetime) -> Booked:
    row = find(db, LotBookingRow, booking_id, "bookings.none_such")
    actor.demand(permission, row.community_id)
    lock_lot(db, row.community_id)  # whoever changes a booking holds its lot
    db.refresh(row)
    return booked_of(db, row.community_id, [row], now)[0]


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    return reason


def _write_down(
    db: Session, actor: Actor, what: str, row: LotBookingRow, *, after: dict[str, object], reason: str | None = None
) -> None:
    record(db, actor, what, "lot_booking", row.id, reason=reason, community_id=row.community_id, after=after)


def _view(db: Session, one: Booked, zone: str, owed: int, own: set[str]) -> BookingView:
    row = one.row
    return BookingView(
        booking_id=row.id, community_id=row.community_id, plate=str(Plate(text=one.booking.plate)),
        note=unseal(db, row.sealed_note, about(row.id, "note")).decode(), bay=row.bay, zone=zone, since=row.since,
        until=row.until, wait_until=row.wait_until, state=one.state, fee_fen=row.fee_fen, owed_fen=max(0, owed),
        made_at=row.made_at, made_by=row.made_by, cancelled_at=row.cancelled_at, cancelled_by=row.cancelled_by,
        cancelled_reason=row.cancelled_reason, offer_id=row.offer_id,
        own_inside=row.offer_id is not None and row.bay in own,
    )  # fmt: skip
