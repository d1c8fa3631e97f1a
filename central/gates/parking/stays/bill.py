"""What a stay costs, by the version that was in force at its entry, what a permit covers of it, and what is still to be
paid (PARK-02, PARK-03): as if the car left now, or when it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking.bookings.facts import hours_for
from central.gates.parking.lot.kept_bays import spells_of
from central.gates.parking.plates.listed import Held, covers_since
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.bays import Asked, Bays, bays_of
from central.gates.parking.stays.invited import CameIn, visitors_among
from central.gates.parking.stays.paid import settling, undecided_of
from central.gates.parking.stays.reads import StayView, ToLookAt
from central.gates.parking.stays.sealed_plates import digests_in
from central.gates.parking.stays.used import Began, ended_before
from central.gates.parking.stays.used_coupons import held_of
from central.gates.parking.tariffs.queries import VersionView, calendar_for, versions_of
from models.parking.bill import Bill
from models.parking.charging_bay import BaySpell
from models.parking.coupons import HeldCoupon, settle_held, used_up
from models.parking.cover import NO_END, NONE_TAKEN, Permit, Taken, covers_of
from models.parking.decided import permit_in
from models.parking.earlier import asks_earlier, earlier_of
from models.parking.offers import shared_fen
from models.parking.payments import Due, Payment
from models.parking.pricing import Earlier
from models.parking.tariff import Calendar, SharedHours, Stay
from models.wire.plates import PassingEntry, PlateEntry
from models.wire.stays import EndedStay

MONTH_LEAST = timedelta(days=28)
"""A permit for less is no month card: such as a visitor's for a week."""


@dataclass(frozen=True, slots=True)
class Priced:
    """`until`: the exit, or the instant that was asked about. `permit_until`: when the permit that covers it ends,
    `permit_since`: since when the permits cover it, where that is after it came in. `covered_by`: by what it stands
    there free of charge: "white", "special" (the list), "permit", or "short", one for less than a month; "" by none.

    `bill`: all of it, also where charging began anew after a payment. `due`: with what was paid of it. `shared`: fen of
    the fee by the booking of another's bay that they are for."""

    version: VersionView
    bill: Bill
    due: Due
    until: datetime
    permit_until: datetime | None
    permit_since: datetime | None = None
    covered_by: str = ""
    shared: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prices:
    """All that stays of one community are priced by; read once for a whole list of them."""

    versions: Mapping[UUID, VersionView]
    calendar: Calendar
    permits: Mapping[str, Sequence[Held]]
    payments: Mapping[UUID, Sequence[Payment]]
    coupons: Mapping[UUID, Sequence[HeldCoupon]]
    bays: Mapping[UUID, Bays]
    ended: Mapping[UUID, Sequence[EndedStay]] = field(default_factory=dict)
    """Of the plate of each, those before it that it is priced by (P08, P19)."""
    hours: Mapping[UUID, tuple[SharedHours, ...]] = field(default_factory=dict)
    """That each has booked on others' bays (PARK-10)."""
    visitors: frozenset[UUID] = frozenset()
    """Those that are a visitor's (P34)."""
    occupied: Mapping[UUID, Sequence[BaySpell]] = field(default_factory=dict)
    """Charging bays that each kept from others (PARK-23)."""

    def earlier(self, stay: StayView) -> tuple[Earlier, ...]:
        return () if stay.entered_at is None else earlier_of(self.ended.get(stay.stay_id, ()), stay.entered_at)

    def taken(self, stay: StayView) -> Taken:
        """When its bays were for cars that came before it (PARK-09)."""
        return self.bays[stay.stay_id].taken if stay.stay_id in self.bays else NONE_TAKEN

    def with_coupons(self, coupons: Mapping[UUID, Sequence[HeldCoupon]]) -> Prices:
        """As if only these were there."""
        return replace(self, coupons=coupons)

    def with_payments(self, payments: Mapping[UUID, Sequence[Payment]]) -> Prices:
        """As if only this had been paid."""
        return replace(self, payments=payments)


def prices_for(db: Session, community_id: UUID, stays: Sequence[StayView], now: datetime) -> Prices:
    entered = [one.entered_at for one in stays if one.entered_at is not None]
    permits = covers_since(db, community_id, min(entered)) if entered else {}
    versions = {one.version_id: one for one in versions_of(db, community_id, now)} if entered else {}
    payments = settling(db, [one.stay_id for one in stays])
    coupons = held_of(db, community_id, stays)
    digests = digests_in(db, community_id, {one.plate.text for one in stays if one.plate is not None})
    bays = _bays(db, community_id, stays, versions, digests)
    ended = dict[UUID, tuple[EndedStay, ...]]()
    if any(asks_earlier(one.tariff) for one in versions.values()):
        ended = ended_before(db, community_id, [
            Began(one.stay_id, one.plate.text, digests[one.plate.text], one.entered_at)
            for one in stays if one.plate is not None and one.plate.text in digests and one.entered_at is not None
        ])  # fmt: skip
    hours = hours_for(
        db, community_id, [(one, digests[one.plate.text]) for one in stays if one.plate and one.plate.text in digests]
    )
    visitors = visitors_among(db, community_id, [
        CameIn(one.stay_id, digests[one.plate.text], one.entered_at)
        for one in stays if one.plate is not None and one.plate.text in digests and one.entered_at is not None
    ])  # fmt: skip
    occupied = spells_of(db, [one.stay_id for one in stays])
    calendar = calendar_for(db, community_id)
    return Prices(versions, calendar, permits, payments, coupons, bays, ended, hours, visitors, occupied)


def _bays(
    db: Session, community_id: UUID, stays: Sequence[StayView], versions: Mapping[UUID, VersionView],
    digests: Mapping[str, bytes],
) -> dict[UUID, Bays]:  # fmt: skip
    asked = [
        Asked(one.stay_id, digests[one.plate.text], one.entered_at, one.left_at)
        for one in stays if one.plate is not None and one.plate.text in digests and one.entered_at is not None
    ]  # fmt: skip
    return bays_of(db, community_id, asked, lambda: {key: one.tariff for key, one in versions.items()})


def priced(prices: Prices, stay: StayView, now: datetime) -> Priced | None:
    """None where nothing can be charged: nobody saw it enter, or no tariff was in force then."""
    found = _asked(prices, stay, now)
    if found is None:
        return None
    held = prices.coupons.get(stay.stay_id, ())
    due = settle_held(
        found.stay, found.version.tariff, found.paid, held=held, earlier=prices.earlier(stay),
        calendar=prices.calendar, leave_extra=stay.leave_extra,
    )  # fmt: skip
    shared = shared_fen(due.bills, found.stay.entry, found.stay.shared)
    return Priced(
        found.version, _whole(due.bills), due, found.stay.exit, found.permit_until, found.permit_since,
        found.covered_by, shared,
    )  # fmt: skip


def used_coupons(prices: Prices, stay: StayView, now: datetime) -> frozenset[UUID]:
    """The coupons that this stay uses up, if it ends now or has ended."""
    found, held = _asked(prices, stay, now), prices.coupons.get(stay.stay_id, ())
    if found is None or not held:
        return frozenset()
    return used_up(
        found.stay, found.version.tariff, found.paid, held, earlier=prices.earlier(stay), calendar=prices.calendar,
        leave_extra=stay.leave_extra,
    )  # fmt: skip


class _Asked(NamedTuple):
    """A stay as `settle` is asked of it."""

    version: VersionView
    stay: Stay
    paid: list[Payment]
    permit_until: datetime | None
    permit_since: datetime | None
    covered_by: str


def _asked(prices: Prices, stay: StayView, now: datetime) -> _Asked | None:
    version = prices.versions.get(stay.tariff_id) if stay.tariff_id is not None else None
    if stay.entered_at is None or version is None:
        return None
    until = max(stay.entered_at, stay.left_at or now)
    entries = _entries_of(prices, stay)
    permits = [permit for one in entries if (permit := permit_in(one)) is not None]
    holidays, taken = prices.calendar.holidays, prices.taken(stay)
    cover = covers_of(permits, stay.entered_at, until, version.tariff, taken=taken, holidays=holidays)
    known = Stay(
        entry=stay.entered_at, exit=until, vehicle_class=stay.vehicle_class, cover=cover.cover,
        shared=prices.hours.get(stay.stay_id, ()), bay_taken=cover.bay_taken, temporary=cover.temporary,
        another_lane=stay.exit_lane_id not in (None, stay.entry_lane_id), invited=stay.stay_id in prices.visitors,
        occupied=tuple(prices.occupied.get(stay.stay_id, ())),
    )  # fmt: skip
    paid = [Payment(max(stay.entered_at, min(one.at, until)), one.fen) for one in prices.payments.get(stay.stay_id, ())]
    told = [one for one in permits if one.valid_from < until and one.valid_until < NO_END]
    ends = [one.valid_until for one in told] if cover.cover else []
    since = min((one.valid_from for one in told), default=stay.entered_at) if cover.cover else stay.entered_at
    later = since if since > stay.entered_at else None
    by = _covered_by(entries, stay.entered_at, until) if cover.cover else ""
    return _Asked(version, known, paid, max(ends, default=None), later, by)


def _covered_by(entries: Sequence[PlateEntry | PassingEntry], entered: datetime, until: datetime) -> str:
    """Who passes by another list needs no permit, whichever ends later."""
    here = [one for one in entries if one.since < until and (one.until is None or one.until > entered)]
    passing = next((one.list.value for one in here if isinstance(one, PassingEntry)), None)
    if passing is not None:
        return passing
    whole = any(one.until is not None and one.until - one.since >= MONTH_LEAST for one in here)
    return "permit" if whole or not here else "short"


def _whole(bills: Sequence[Bill]) -> Bill:
    """One bill of several: the lines of each, and what they come to."""
    lines = tuple(line for bill in bills for line in bill.lines)
    return bills[-1]._replace(lines=lines, fee=sum(bill.fee for bill in bills), free=all(bill.free for bill in bills))


def to_look_at(db: Session, actor: Actor, community_id: UUID, now: datetime) -> ToLookAt:
    """What a person should look at. A car with a permit that counts now may stay for long (PARK-24)."""
    found = stays.to_look_at(db, actor, community_id, now)
    prices = prices_for(db, community_id, found.long, now)
    long = tuple(one for one in found.long if not _has_permit(prices, one, now))
    return replace(found, long=long, paid_void=paid_void(db, community_id))


def paid_void(db: Session, community_id: UUID) -> tuple[StayView, ...]:
    """Stays that count for nothing and were paid for: whose money that is nobody has said. Newest first."""
    void = stays.void_ids(db, community_id)
    views = {one.stay_id: one for one in stays.stays_by_id(db, list(undecided_of(db, void)))}
    return tuple(views[one] for one in void if one in views)


def _has_permit(prices: Prices, stay: StayView, now: datetime) -> bool:
    return any(one.valid_from <= now < one.valid_until for one in permits_of(prices, stay))


def permits_of(prices: Prices, stay: StayView) -> list[Permit]:
    """Those of its plate that count where it came in."""
    return [permit for one in _entries_of(prices, stay) if (permit := permit_in(one)) is not None]


def _entries_of(prices: Prices, stay: StayView) -> list[PlateEntry | PassingEntry]:
    """What was taken off before it entered had no grace."""
    if stay.plate is None or stay.entered_at is None:
        return []
    entered, lane = stay.entered_at, stay.entry_lane_id
    return [
        one.entry for one in prices.permits.get(stay.plate.text, ())
        if (lane is None or one.entry.counts_at(lane)) and (one.taken_off_at is None or one.taken_off_at > entered)
    ]  # fmt: skip
