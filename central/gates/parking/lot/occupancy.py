"""How full a car park is now, and was: the facts of `models/parking/occupancy.py`, gathered from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from central.gates.parking.bookings.facts import hours_for, kept_for
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.lot.tables import BayStateRow, LotCountRow
from central.gates.parking.lot.zones import Zones, zones_in
from central.gates.parking.plates.listed import GRACE, covers_since
from central.gates.parking.stays.bays import Asked, bays_of
from central.gates.parking.stays.sealed_plates import digests_in
from central.gates.parking.stays.tables import StayChangeRow, StayRow
from central.gates.parking.tariffs.queries import tariffs_by_id
from central.people.community.queries import lanes_of
from models.parking.bays import elsewhere
from models.parking.bookings import KEPT_BEFORE
from models.parking.occupancy import (
    WHOLE,
    Cars,
    Charging,
    Count,
    Heard,
    Known,
    LotNow,
    curve_of,
    lot_by_number,
    lot_now,
    spells_of,
)
from models.parking.plan import Plan
from models.parking.stays import INSIDE, Cause, State
from models.site.topology import Between
from models.wire.plates import PlateEntry, PlateList

INSIDE_NOW = [one.value for one in INSIDE]
GONE = [State.LEFT.value, State.LEFT_OWING.value]


class Lot(NamedTuple):
    """A car park as it is now. `plan` None: there is none yet. `now` None: nobody has said how many places it has."""

    plan: Plan | None
    now: LotNow | None
    known: Known
    full_at: int


def lot_of(db: Session, community_id: UUID, now: datetime) -> Lot:
    """Asks nobody's right: pages do, and gates are told of it."""
    view, settings = plan_in_force(db, community_id), settings_of(db, community_id)
    plan = view.plan if view is not None else None
    if plan is None and settings.places is None:
        return Lot(None, None, Known(), settings.full_at)
    lanes = lanes_of(db, community_id)
    zones = zones_in(lanes, plan)
    own = _own(db, community_id, now)
    inside = _inside(db, community_id, zones, own, now)
    counts, kept = _counts(db, community_id, zones, own, now), kept_for(db, community_id, now)
    if plan is None:
        known = Known(inside, counts, kept=kept)
        return Lot(None, lot_by_number(settings.places or 0, settings.own_places, known, settings.full_at), known,
                   settings.full_at)  # fmt: skip
    inner = frozenset(zone for one in lanes if one.between is not None for zone in one.between)
    known = Known(inside, counts, heard_of(db, community_id), kept, inner)
    return Lot(plan, lot_now(plan, known, settings.full_at, now), known, settings.full_at)


def heard_of(db: Session, community_id: UUID) -> dict[str, Heard]:
    query = select(
        BayStateRow.bay, BayStateRow.taken, BayStateRow.at, BayStateRow.since, BayStateRow.charging, BayStateRow.fuel
    ).where(BayStateRow.community_id == community_id)
    return {
        bay: Heard(taken, at, since, Charging(charging) if charging else None, fuel)
        for bay, taken, at, since, charging, fuel in db.execute(query)
    }


def cars_curve(db: Session, community_id: UUID, start: datetime, now: datetime) -> list[tuple[datetime, int]]:
    """How many cars were inside, at each change since then: of the stays as they are known today."""
    query = select(StayRow.state, StayRow.entered_at, StayRow.left_at).where(
        StayRow.community_id == community_id,
        StayRow.entered_at.is_not(None),
        or_(and_(StayRow.state.in_(INSIDE_NOW), StayRow.entered_at > start),
            and_(StayRow.state.in_(GONE), StayRow.last_at > start)),
    )  # fmt: skip
    moves: list[tuple[datetime, int]] = []
    for state, entered, left in db.execute(query):
        if entered is not None:
            moves.append((entered, 1))
        if state in GONE and left is not None:
            moves.append((left, -1))
    here = StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW)
    inside = db.scalar(select(func.count()).select_from(StayRow).where(*here)) or 0
    return curve_of(moves, inside, start, now)


class _Own(NamedTuple):
    """bays: of each plate that has a permit now, or had one until a few days ago, the bays that it names; "" is none in
    particular. shared: the bays that several plates name."""

    bays: Mapping[bytes, frozenset[str]]
    shared: frozenset[str]

    def may_stand_elsewhere(self, digest: bytes) -> bool:
        """Whether all its bays may be taken by others."""
        return digest in self.bays and self.bays[digest] <= self.shared

    @property
    def of_shared_bays(self) -> list[bytes]:
        return [digest for digest in self.bays if self.may_stand_elsewhere(digest)]


class _Stay(NamedTuple):
    stay_id: UUID
    digest: bytes | None
    came: datetime | None
    went: datetime | None

    @property
    def entered_at(self) -> datetime | None:
        return self.came


def _own(db: Session, community_id: UUID, now: datetime) -> _Own:
    named: dict[str, set[str]] = {}
    for plate, held in covers_since(db, community_id, now).items():
        for one in held:
            if _is_own(one.entry, now) and one.taken_off_at is None:
                bay = one.entry.bay if isinstance(one.entry, PlateEntry) else ""
                named.setdefault(plate, set()).add(bay)
    digests = digests_in(db, community_id, named)
    plates = Counter(bay for bays in named.values() for bay in bays if bay)
    return _Own(
        {digests[plate]: frozenset(bays) for plate, bays in named.items() if plate in digests},
        frozenset(bay for bay, count in plates.items() if count > 1),
    )


def _elsewhere(
    db: Session, community_id: UUID, own: _Own, stays: Collection[_Stay]
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """When each of these stays stood on a place for anybody, though its car has a bay: a further car of that bay."""
    asked = [
        Asked(one.stay_id, one.digest, one.came, one.went)
        for one in stays
        if one.digest is not None and one.came is not None and own.may_stand_elsewhere(one.digest)
    ]
    found = bays_of(db, community_id, asked, lambda: tariffs_by_id(db, community_id)) if asked else {}
    return {
        one.stay_id: elsewhere(
            one.entered, one.left, [found[one.stay_id].taken.get(bay, ()) for bay in own.bays[one.digest]]
        )
        for one in asked
        if one.stay_id in found
    }


def _guests(db: Session, community_id: UUID, stays: Sequence[_Stay], now: datetime) -> set[UUID]:
    """Those that came for hours of another's bay: they take no place that is for anybody."""
    asked = [(one, one.digest) for one in stays if one.digest is not None]
    hours = hours_for(db, community_id, asked)
    return {stay_id for stay_id, of in hours.items() if any(one.since - KEPT_BEFORE <= now for one in of)}


def _is_own(entry: object, now: datetime) -> bool:
    return (
        isinstance(entry, PlateEntry)
        and entry.list is PlateList.PERMIT
        and entry.since <= now
        and (entry.until is None or now < entry.until + GRACE)
    )


def _inside(db: Session, community_id: UUID, zones: Zones, own: _Own, now: datetime) -> dict[str, Cars]:
    query = select(
        StayRow.stay_id, StayRow.plate_digest, StayRow.entered_at, StayRow.entry_lane_id, StayRow.zone
    ).where(StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW))
    rows = db.execute(query).all()
    stays = [_Stay(one, digest, came, None) for one, digest, came, *_ in rows]
    spells, guests = _elsewhere(db, community_id, own, stays), _guests(db, community_id, stays, now)
    found: Counter[tuple[str, bool]] = Counter()
    for stay_id, digest, _, lane, moved_to in rows:
        away = any(start <= now < end for start, end in spells.get(stay_id, ()))
        found[zones.at(moved_to, lane), stay_id in guests or (digest in own.bays and not away)] += 1
    return {zone: Cars(found[zone, True], found[zone, False]) for zone in dict.fromkeys(zone for zone, _ in found)}


def _counts(db: Session, community_id: UUID, zones: Zones, own: _Own, now: datetime) -> dict[str, Count]:
    """The last count of each zone, and what has come and gone since of cars that have no place of their own."""
    newest = (
        select(LotCountRow.zone, LotCountRow.counted, LotCountRow.at)
        .where(LotCountRow.community_id == community_id)
        .ext(distinct_on(LotCountRow.zone))
        .order_by(LotCountRow.zone, LotCountRow.at.desc())
    )
    found = {}
    for zone, counted, at in db.execute(newest):
        entered, left = _moves_since(db, community_id, zone, zones, own, at, now)
        found[zone] = Count(counted, at, entered, left)
    return found


def _moves_since(
    db: Session, community_id: UUID, zone: str, zones: Zones, own: _Own, at: datetime, now: datetime,
) -> tuple[int, int]:  # fmt: skip
    """(came in, went out): of a car that was seen to come in a second time its first going counts too. A further car of
    a bay comes as it finds it taken, and goes from there once the bay is free for it. Into and out of a zone cars come
    and go by inner lanes as well."""
    query = select(
        StayRow.stay_id, StayRow.plate_digest, StayRow.entered_at, StayRow.left_at, StayRow.state,
        StayRow.entry_lane_id, StayRow.exit_lane_id, StayRow.exit_id,
    ).where(
        StayRow.community_id == community_id,
        or_(and_(StayRow.last_at > at, _moved(at)),
            and_(StayRow.state.in_(INSIDE_NOW), StayRow.plate_digest.in_(own.of_shared_bays))),
    )  # fmt: skip
    rows = db.execute(query).all()
    stays = [_Stay(*row[:4]) for row in rows]
    spells, guests = _elsewhere(db, community_id, own, stays), _guests(db, community_id, stays, now)
    moves = moves_of(db, [one.stay_id for one in stays]) if zone != WHOLE else {}
    entered = left = 0
    for stay, row in zip(stays, rows, strict=True):
        if stay.stay_id in guests:
            continue
        first = zones.by_lane.get(row.entry_lane_id or row.exit_lane_id, WHOLE)
        if stay.came is None:  # nobody saw it come in: it was where it left from
            left += (zone in (WHOLE, first) and stay.digest not in own.bays and row.state in GONE
                     and row.exit_id is not None and stay.went is not None and stay.went > at)  # fmt: skip
            continue
        unseen = row.state not in INSIDE_NOW and (row.exit_id is None or row.state == State.VOID.value)
        went = None if unseen else stay.went
        led = [(when, zones.at(one.to_zone, None)) for when, one in moves.get(stay.stay_id, ())]
        there = [(one.since, one.until) for one in spells_of(stay.came, first, led, went) if zone in (WHOLE, one.zone)]
        if stay.digest in own.bays:
            for start, end in _both(there, spells.get(stay.stay_id, ())):
                entered += start > at
                left += at < end <= now
        elif unseen:
            left += any(start <= at and (end is None or at < end) for start, end in there)
        else:
            for start, until in there:
                entered += start > at
                left += until is not None and until > at
    return entered, left


def _both(
    one: Collection[tuple[datetime, datetime | None]], other: Collection[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """When both hold."""
    found = [(max(a, c), d if b is None else min(b, d)) for a, b in one for c, d in other]
    return [(start, end) for start, end in found if start < end]


def moves_of(db: Session, stay_ids: Collection[UUID]) -> dict[UUID, list[tuple[datetime, Between]]]:
    """When an inner lane led each of these stays where, in order; a stay that moved nowhere is left out."""
    query = select(
        StayChangeRow.stay_id, StayChangeRow.at, StayChangeRow.from_zone, StayChangeRow.to_zone
    ).where(StayChangeRow.stay_id.in_(stay_ids), StayChangeRow.to_zone.is_not(None))  # fmt: skip
    found: dict[UUID, list[tuple[datetime, Between]]] = {}
    for stay_id, when, from_zone, to_zone in db.execute(query.order_by(StayChangeRow.stay_id, StayChangeRow.place)):
        found.setdefault(stay_id, []).append((when, Between(from_zone or "", to_zone or "")))
    return found


def _moved(at: datetime) -> ColumnElement[bool]:
    unseen = select(StayChangeRow.stay_id).where(
        StayChangeRow.stay_id == StayRow.stay_id,
        StayChangeRow.cause == Cause.ENTERED_AGAIN.value,
        StayChangeRow.at > at,
    )
    seen = StayRow.state.in_(INSIDE_NOW) | (StayRow.state.in_(GONE) & StayRow.exit_id.is_not(None))
    return or_(
        seen, and_(StayRow.state.in_([State.EXIT_UNSEEN.value, State.VOID.value, *GONE]), unseen.exists())
    )  # fmt: skip
