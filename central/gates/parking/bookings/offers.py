"""Bays that their owners offer for hours (PARK-10): offered, taken back, and what they have brought.

An owner is who holds a permit that names the bay; a manager writes the offer down for them. Price and share are those
that the lot has as the offer is made, and stay with it and with what is booked of it. Taking an offer back ends it for
hours that nobody has booked; booked hours stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.bookings.facts import STANDING_NOW
from central.gates.parking.bookings.tables import BayOfferRow, LotBookingRow
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.settings import made_row, row_of
from central.gates.parking.permissions import KEEP_BOOKINGS, KEEP_LOT
from central.gates.parking.plates.listed import note_of_entry, plate_of_entry
from central.gates.parking.rules import REASON_MAX, Kept, in_force
from central.gates.parking.stays.news import INSIDE_NOW, lock_lot
from central.gates.parking.stays.tables import StayRow
from central.gates.parking.tables import PlateEntryRow
from central.gates.parking.tariffs.queries import versions_of
from central.money.ledger import queries as ledger
from central.money.ledger.rules import AccountKind
from central.people.community.finding import find
from central.people.community.queries import community_of
from models.parking.offers import DAYS_MAX, Offer, clash, holds, windows
from models.parking.plan import BayKind
from models.parking.tariff import DAY_MIN, Block
from models.values.ids import new_id
from models.values.plate import Plate
from models.values.time import site_day
from models.wire.plates import masked

PERCENT = 70
"""The owner's share, until a manager sets another."""
FEN_MAX = 100_00
"""Of one block: more is a slip of the finger."""
OFFERS_MAX = 300
"""Of one community at once."""
PAST_MAX = 50


@dataclass(frozen=True, slots=True)
class SharedTerms:
    """What a shared bay costs from now on. `block` None: nobody has said, and no bay can be offered. `percent`: of what
    is paid for the hours, the owner's; the rest is the lot's."""

    block: Block | None = None
    percent: int = PERCENT


@dataclass(frozen=True, slots=True)
class OfferView:
    """`state`: "later", "counts", "over" or "ended". `inside`: a car whose permit names the bay is inside now, and may
    stand there. `booked`: how many bookings of it stand. `credited_fen`: what its owner was credited by now."""

    offer_id: UUID
    community_id: UUID
    bay: str
    plate: str
    note: str
    first_day: date
    last_day: date
    start_minute: int
    end_minute: int
    block_minutes: int
    block_fen: int
    percent: int
    state: str
    inside: bool
    booked: int
    credited_fen: int
    made_at: datetime
    made_by: str
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None


@dataclass(frozen=True, slots=True)
class BayPermit:
    """A permit by which its bay can be offered."""

    entry_id: UUID
    bay: str
    plate: str
    note: str
    until: datetime


def terms_of(db: Session, community_id: UUID) -> SharedTerms:
    row = row_of(db, community_id)
    if row is None:
        return SharedTerms()
    known = row.shared_minutes is not None and row.shared_fen is not None
    block = Block(minutes=row.shared_minutes, fen=row.shared_fen) if known else None
    return SharedTerms(block, PERCENT if row.shared_percent is None else row.shared_percent)


def set_terms(db: Session, actor: Actor, community_id: UUID, minutes: int, fen: int, percent: int) -> None:
    """For offers that are made from now on. Forbidden, Invalid; the same again changes nothing."""
    actor.demand(KEEP_LOT, community_id)
    community_of(db, community_id)
    problems = {
        name: key for name, key, right in (
            ("minutes", "offers.minutes_range", 1 <= minutes <= DAY_MIN),
            ("price", "offers.price_range", 0 <= fen <= FEN_MAX),
            ("percent", "offers.percent_range", 0 <= percent <= 100),
        ) if not right
    }  # fmt: skip
    if problems:
        raise Invalid(fields=problems, most=DAY_MIN, yuan=FEN_MAX // 100)
    before, wanted = terms_of(db, community_id), SharedTerms(Block(minutes=minutes, fen=fen), percent)
    if before == wanted:
        return
    row = made_row(db, community_id)
    row.shared_minutes, row.shared_fen, row.shared_percent = minutes, fen, percent
    db.flush()
    record(
        db, actor, "lot.shared_terms", "lot", community_id, community_id=community_id, before=_said(before),
        after=_said(wanted),
    )  # fmt: skip


def offer_bay(
    db: Session, actor: Actor, community_id: UUID, *, entry_id: UUID, first_day: date, last_day: date,
    start_minute: int, end_minute: int, now: datetime,
) -> UUID:  # fmt: skip
    """Offer the bay of this permit, each day between these hours of the site's clock. Forbidden, Invalid; Conflict
    where some of it is offered already, or nobody has said what it costs; or where no tariff charges anything, so that
    a guest's stay would not be charged at all."""
    actor.demand(KEEP_BOOKINGS, community_id)
    community_of(db, community_id)
    lock_lot(db, community_id)
    permit, terms = db.get(PlateEntryRow, entry_id), terms_of(db, community_id)
    if permit is None or permit.community_id != community_id or not _has_bay(permit, now):
        raise Invalid(fields={"entry": "offers.no_permit"})
    if terms.block is None:
        raise Conflict("offers.no_price")
    if all(one.tariff.ends for one in in_force(versions_of(db, community_id, now), now)):
        raise Conflict("offers.no_tariff")
    offer = Offer(permit.bay or "", first_day, last_day, start_minute, end_minute)
    problems = _problems(offer, permit, now) | _plan_problem(db, community_id, offer.bay)
    if problems:
        raise Invalid(fields=problems, most=DAYS_MAX, bay=offer.bay)
    others = db.scalars(_standing(community_id, now)).all()
    if len(others) >= OFFERS_MAX:
        raise Conflict("offers.enough", most=OFFERS_MAX)
    if any(clash(offer, offer_in(one)) for one in others):
        raise Conflict("offers.there", bay=offer.bay)
    row = BayOfferRow(
        id=new_id(), community_id=community_id, entry_id=entry_id, bay=offer.bay, first_day=first_day,
        last_day=last_day, start_minute=start_minute, end_minute=end_minute, block_minutes=terms.block.minutes,
        block_fen=terms.block.fen, percent=terms.percent, made_at=now, made_by=actor.name,
    )  # fmt: skip
    db.add(row)
    db.flush()
    said = {"days": f"{first_day} – {last_day}", "hours": f"{_clock(start_minute)}–{_clock(end_minute)}"}
    _write_down(db, actor, "offer.make", row, permit, after=said | _said(terms))
    return row.id


def take_back(db: Session, actor: Actor, offer_id: UUID, reason: str, now: datetime) -> BayOfferRow:
    """Nobody can book of it any more; who has keeps their hours. Forbidden, Invalid; Conflict where it is over."""
    row = find(db, BayOfferRow, offer_id, "offers.none_such")
    actor.demand(KEEP_BOOKINGS, row.community_id)
    lock_lot(db, row.community_id)
    db.refresh(row)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    if row.ended_at is not None or windows(offer_in(row))[-1][1] <= now:
        raise Conflict("offers.over")
    row.ended_at, row.ended_by, row.ended_reason = now, actor.name, reason
    db.flush()
    _write_down(db, actor, "offer.end", row, db.get_one(PlateEntryRow, row.entry_id), reason=reason)
    return row


def offers_of(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[OfferView]:
    """Those that stand, the first to begin first; then the last that are over."""
    actor.demand(KEEP_BOOKINGS, community_id)
    community_of(db, community_id)
    return _views(db, db.scalars(select(BayOfferRow).where(BayOfferRow.community_id == community_id)).all(), now)


def offers_by(db: Session, entry_id: UUID, now: datetime) -> list[OfferView]:
    """Those of one permit, for whoever holds its link. Asks nobody's right."""
    return _views(db, db.scalars(select(BayOfferRow).where(BayOfferRow.entry_id == entry_id)).all(), now)


def permits_with_bay(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[BayPermit]:
    """By bay."""
    actor.demand(KEEP_BOOKINGS, community_id)
    rows = db.scalars(_permits(community_id, now).order_by(PlateEntryRow.bay, PlateEntryRow.id)).all()
    return [
        BayPermit(row.id, row.bay or "", _plate(db, row), note_of_entry(db, row), row.until)
        for row in rows if row.until is not None
    ]  # fmt: skip


def offer_for(
    db: Session, community_id: UUID, bay: str, since: datetime, until: datetime, now: datetime
) -> BayOfferRow | None:
    """The offer by which this bay can be booked for all of this time. Its permit lasts that long and was not taken
    off."""
    query = _standing(community_id, now).where(BayOfferRow.bay == bay)
    query = query.join(PlateEntryRow, PlateEntryRow.id == BayOfferRow.entry_id)
    query = query.where(PlateEntryRow.ended_at.is_(None), PlateEntryRow.until >= until)
    return next((row for row in db.scalars(query) if holds(offer_in(row), since, until)), None)


def is_offered(db: Session, community_id: UUID, now: datetime) -> bool:
    """Whether any bay may have hours left that its owner offers."""
    return db.scalar(_standing(community_id, now).limit(1)) is not None


def is_somebodys(db: Session, community_id: UUID, bay: str, now: datetime) -> bool:
    """Whether a permit names the bay."""
    return bool(bay) and db.scalar(_permits(community_id, now).where(PlateEntryRow.bay == bay).limit(1)) is not None


def is_bays_own(db: Session, offer: BayOfferRow, digest: bytes, now: datetime) -> bool:
    """Whether the plate stands on this bay by right, and need not book it."""
    query = _permits(offer.community_id, now).where(
        PlateEntryRow.bay == offer.bay, PlateEntryRow.plate_digest == digest
    )
    return db.scalar(query) is not None


def offer_in(row: BayOfferRow) -> Offer:
    return Offer(row.bay, row.first_day, row.last_day, row.start_minute, row.end_minute)


def _standing(community_id: UUID, now: datetime) -> Select[BayOfferRow]:
    """What was not taken back, and may have an hour left: the last one ends on the day after its last day at most."""
    return select(BayOfferRow).where(
        BayOfferRow.community_id == community_id, BayOfferRow.ended_at.is_(None),
        BayOfferRow.last_day >= site_day(now) - timedelta(days=1),
    )  # fmt: skip


def _permits(community_id: UUID, now: datetime) -> Select[PlateEntryRow]:
    return select(PlateEntryRow).where(
        PlateEntryRow.community_id == community_id, PlateEntryRow.kind == Kept.PERMIT.value,
        PlateEntryRow.bay.is_not(None), PlateEntryRow.ended_at.is_(None), PlateEntryRow.until > now,
    )  # fmt: skip


def _has_bay(row: PlateEntryRow, now: datetime) -> bool:
    stands = row.kind == Kept.PERMIT.value and row.ended_at is None and row.until is not None and row.until > now
    return stands and bool(row.bay)


def _problems(offer: Offer, permit: PlateEntryRow, now: datetime) -> dict[str, str]:
    if not 0 <= offer.start_minute < DAY_MIN or not 1 <= offer.end_minute <= DAY_MIN:
        return {"start": "offers.hours_range"}
    if not (offer.first_day <= offer.last_day and (offer.last_day - offer.first_day).days < DAYS_MAX):
        return {"last_day": "offers.days_range"}
    since, until = permit.since, permit.until or now
    if offer.last_day > site_day(until):
        return {"last_day": "offers.beyond_permit"}
    first, last = windows(offer)[0][0], windows(offer)[-1][1]
    if last <= now:
        return {"last_day": "offers.past"}
    return {"last_day": "offers.beyond_permit"} if max(first, now) < since or last > until else {}


def _plan_problem(db: Session, community_id: UUID, bay: str) -> dict[str, str]:
    """A bay that the floor plan has for anybody is nobody's to offer."""
    view = plan_in_force(db, community_id)
    there = view.plan.bays.get(bay) if view is not None else None
    return {"entry": "offers.not_fixed"} if there is not None and there[1].kind is not BayKind.FIXED else {}


def _views(db: Session, rows: Sequence[BayOfferRow], now: datetime) -> list[OfferView]:
    if not rows:
        return []
    place, ids = rows[0].community_id, [row.id for row in rows]
    permits = {row.id: row for row in db.scalars(
        select(PlateEntryRow).where(PlateEntryRow.id.in_({row.entry_id for row in rows}))
    )}  # fmt: skip
    booked = dict(db.execute(
        select(LotBookingRow.offer_id, func.count()).where(
            LotBookingRow.offer_id.in_(ids), LotBookingRow.noted.in_(STANDING_NOW)
        ).group_by(LotBookingRow.offer_id)
    ).all())  # fmt: skip
    refs = [str(one) for one in ids]
    credited = ledger.moved(db, ledger.of_kind(AccountKind.OWNERS), ledger.of_refs(refs))
    inside = bays_inside(db, place, {row.bay for row in rows}, now)
    views = [
        OfferView(
            offer_id=row.id, community_id=place, bay=row.bay, plate=_plate(db, permits[row.entry_id]),
            note=note_of_entry(db, permits[row.entry_id]), first_day=row.first_day, last_day=row.last_day,
            start_minute=row.start_minute, end_minute=row.end_minute, block_minutes=row.block_minutes,
            block_fen=row.block_fen, percent=row.percent, state=_state(row, permits[row.entry_id], now),
            inside=row.bay in inside, booked=booked.get(row.id, 0),
            credited_fen=-sum(one.entry.fen for one in credited if one.entry.account.ref == str(row.id)),
            made_at=row.made_at, made_by=row.made_by, ended_at=row.ended_at, ended_by=row.ended_by,
            ended_reason=row.ended_reason,
        )
        for row in rows
    ]  # fmt: skip
    stand = sorted((one for one in views if one.state in ("counts", "later")), key=lambda one: (one.first_day, one.bay))
    over = sorted((one for one in views if one.state in ("over", "ended")), key=lambda one: one.last_day, reverse=True)
    return [*stand, *over[:PAST_MAX]]


def bays_inside(db: Session, community_id: UUID, bays: set[str], now: datetime) -> set[str]:
    """Those of which a car with a permit is inside now."""
    query = (
        _permits(community_id, now)
        .with_only_columns(PlateEntryRow.bay)
        .join(StayRow, StayRow.plate_digest == PlateEntryRow.plate_digest)
        .where(PlateEntryRow.bay.in_(bays), StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW))
    )
    return {bay for bay in db.scalars(query) if bay is not None}


def _state(row: BayOfferRow, permit: PlateEntryRow, now: datetime) -> str:
    if row.ended_at is not None:
        return "ended"
    spells = windows(offer_in(row))
    if spells[-1][1] <= now or permit.ended_at is not None:
        return "over"
    return "later" if now < spells[0][0] else "counts"


def _plate(db: Session, row: PlateEntryRow) -> str:
    return str(Plate(text=plate_of_entry(db, row)))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _said(terms: SharedTerms) -> dict[str, object]:
    block = terms.block
    return {
        "minutes": block.minutes if block is not None else None, "fee_fen": block.fen if block is not None else None,
        "percent": terms.percent,
    }  # fmt: skip


def _write_down(
    db: Session, actor: Actor, what: str, row: BayOfferRow, permit: PlateEntryRow, *,
    after: dict[str, object] | None = None, reason: str | None = None,
) -> None:  # fmt: skip
    said = {"plate": masked(plate_of_entry(db, permit)), "bay": row.bay} | (after or {})
    record(db, actor, what, "bay_offer", row.id, reason=reason, community_id=row.community_id, after=said)
