"""What a stay costs, by the version that was in force at its entry, and what a permit covers of it (PARK-02, PARK-03).

Nothing is charged by it yet: it says what the stay would cost if the car left now, or had to pay as it left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking import stays
from central.gates.parking.plates import Held, permits_since
from central.gates.parking.queries import VersionView, calendar_for, versions_of
from central.gates.parking.stays import StayView, ToLookAt
from models.parking.bill import Bill
from models.parking.cover import Permit, covers_of
from models.parking.decided import permit_in
from models.parking.pricing import price
from models.parking.tariff import Calendar, Stay


@dataclass(frozen=True, slots=True)
class Priced:
    """`until`: the exit, or the instant that was asked about. `permit_until`: when the permit that covers it ends."""

    version: VersionView
    bill: Bill
    until: datetime
    permit_until: datetime | None


@dataclass(frozen=True, slots=True)
class Prices:
    """All that stays of one community are priced by; read once for a whole list of them."""

    versions: Mapping[UUID, VersionView]
    calendar: Calendar
    permits: Mapping[str, Sequence[Held]]


def prices_for(db: Session, community_id: UUID, stays: Sequence[StayView], now: datetime) -> Prices:
    entered = [one.entered_at for one in stays if one.entered_at is not None]
    permits = permits_since(db, community_id, min(entered)) if entered else {}
    versions = {one.version_id: one for one in versions_of(db, community_id, now)} if entered else {}
    return Prices(versions, calendar_for(db, community_id), permits)


def priced(prices: Prices, stay: StayView, now: datetime) -> Priced | None:
    """None where nothing can be charged: nobody saw it enter, or no tariff was in force then."""
    version = prices.versions.get(stay.tariff_id) if stay.tariff_id is not None else None
    if stay.entered_at is None or version is None:
        return None
    until = max(stay.entered_at, stay.left_at or now)
    permits = _permits(prices, stay)
    cover = covers_of(permits, stay.entered_at, until, version.tariff, holidays=prices.calendar.holidays)
    known = Stay(
        entry=stay.entered_at, exit=until, vehicle_class=stay.vehicle_class, cover=cover.cover,
        temporary=cover.temporary, another_lane=stay.exit_lane_id not in (None, stay.entry_lane_id),
    )  # fmt: skip
    bill = price(known, version.tariff, calendar=prices.calendar)
    ends = [one.valid_until for one in permits if one.valid_from < until] if cover.cover else []
    return Priced(version, bill, until, max(ends, default=None))


def to_look_at(db: Session, actor: Actor, community_id: UUID, now: datetime) -> ToLookAt:
    """What a person should look at. A car with a permit that counts now may stay for long (PARK-24)."""
    found = stays.to_look_at(db, actor, community_id, now)
    prices = prices_for(db, community_id, found.long, now)
    return replace(found, long=tuple(one for one in found.long if not _has_permit(prices, one, now)))


def _has_permit(prices: Prices, stay: StayView, now: datetime) -> bool:
    return any(one.valid_from <= now < one.valid_until for one in _permits(prices, stay))


def _permits(prices: Prices, stay: StayView) -> list[Permit]:
    """Those of its plate that count where it came in; what was taken off before it entered had no grace."""
    if stay.plate is None or stay.entered_at is None:
        return []
    entered, lane = stay.entered_at, stay.entry_lane_id
    mine = [
        one.entry for one in prices.permits.get(stay.plate.text, ())
        if (lane is None or one.entry.counts_at(lane)) and (one.taken_off_at is None or one.taken_off_at > entered)
    ]  # fmt: skip
    return [permit for one in mine if (permit := permit_in(one)) is not None]
