"""How full a car park is now, and was: the facts of `models/parking/occupancy.py`, gathered from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from central.gates.parking.lot_plans import plan_in_force
from central.gates.parking.lot_settings import settings_of
from central.gates.parking.lot_tables import BayStateRow, LotCountRow
from central.gates.parking.plates import GRACE, covers_since
from central.gates.parking.stay_plates import digests_in
from central.gates.parking.stay_tables import StayChangeRow, StayRow
from central.people.community.queries import lanes_of
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
)
from models.parking.plan import Plan
from models.parking.stays import INSIDE, Cause, State
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
    zones = _zones(db, community_id, plan)
    own = _own_digests(db, community_id, now)
    inside = _inside(db, community_id, zones, own)
    counts = _counts(db, community_id, zones, own)
    if plan is None:
        known = Known(inside, counts)
        return Lot(None, lot_by_number(settings.places or 0, settings.own_places, known, settings.full_at), known,
                   settings.full_at)  # fmt: skip
    known = Known(inside, counts, heard_of(db, community_id))
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


def _zones(db: Session, community_id: UUID, plan: Plan | None) -> Mapping[UUID | None, str]:
    """The zone that each lane leads into; a lane that is not named leads into none for itself."""
    if plan is None:
        return {}
    found = {one.lane.lane_id: plan.zone_of_lane(one.lane.code) for one in lanes_of(db, community_id)}
    return {lane_id: zone for lane_id, zone in found.items() if zone is not None}


def _own_digests(db: Session, community_id: UUID, now: datetime) -> frozenset[bytes]:
    """The plates that have a permit now, or had one until a few days ago: these cars have a place of their own."""
    texts = [
        plate
        for plate, held in covers_since(db, community_id, now).items()
        if any(_is_own(one.entry, now) and one.taken_off_at is None for one in held)
    ]
    return frozenset(digests_in(db, community_id, texts).values())


def _is_own(entry: object, now: datetime) -> bool:
    return (
        isinstance(entry, PlateEntry)
        and entry.list is PlateList.PERMIT
        and entry.since <= now
        and (entry.until is None or now < entry.until + GRACE)
    )


def _inside(
    db: Session, community_id: UUID, zones: Mapping[UUID | None, str], own: frozenset[bytes]
) -> dict[str, Cars]:
    query = select(StayRow.entry_lane_id, StayRow.plate_digest).where(
        StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW)
    )
    found: Counter[tuple[str, bool]] = Counter()
    for lane, digest in db.execute(query):
        found[zones.get(lane, WHOLE), digest in own] += 1
    return {zone: Cars(found[zone, True], found[zone, False]) for zone in dict.fromkeys(zone for zone, _ in found)}


def _counts(
    db: Session, community_id: UUID, zones: Mapping[UUID | None, str], own: frozenset[bytes]
) -> dict[str, Count]:
    """The last count of each zone, and what has come and gone since of cars that have no place of their own."""
    newest = (
        select(LotCountRow.zone, LotCountRow.counted, LotCountRow.at)
        .where(LotCountRow.community_id == community_id)
        .ext(distinct_on(LotCountRow.zone))
        .order_by(LotCountRow.zone, LotCountRow.at.desc())
    )
    found = {}
    for zone, counted, at in db.execute(newest):
        entered, left = _moves_since(db, community_id, zone, zones, own, at)
        found[zone] = Count(counted, at, entered, left)
    return found


def _moves_since(
    db: Session, community_id: UUID, zone: str, zones: Mapping[UUID | None, str], own: frozenset[bytes], at: datetime
) -> tuple[int, int]:
    """(came in, went out): of a car that was seen to come in a second time its first going counts too."""
    query = select(
        StayRow.state, StayRow.entered_at, StayRow.left_at, StayRow.entry_lane_id, StayRow.exit_lane_id,
        StayRow.plate_digest, StayRow.exit_id,
    ).where(StayRow.community_id == community_id, StayRow.last_at > at, _moved(at))  # fmt: skip
    entered = left = 0
    for state, came, went, entry_lane, exit_lane, digest, exit_id in db.execute(query):
        if digest in own or (zone != WHOLE and zones.get(entry_lane or exit_lane, WHOLE) != zone):
            continue
        if state not in INSIDE_NOW and (exit_id is None or state == State.VOID.value):
            left += came is not None and came <= at
            continue
        entered += came is not None and came > at
        left += state in GONE and went is not None and went > at
    return entered, left


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
