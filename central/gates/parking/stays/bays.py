"""Stays of cars that share a bay: gathered from the database for `models/parking/bays.py`, which says who stands on it
(PARK-09).

The cars of a bay are the plates whose permits name it. They are found by their digests: nothing is opened for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.gates.parking.rules import counted
from central.gates.parking.stays.tables import StayRow
from central.gates.parking.tables import PlateEntryRow
from models.parking.bays import OnBay, Parked, stood_on
from models.parking.cover import Interval, Permit
from models.parking.stays import INSIDE, State
from models.parking.tariff import SecondCar, Tariff

INSIDE_NOW = [one.value for one in INSIDE]
CHARGED = [*INSIDE_NOW, State.LEFT.value, State.LEFT_OWING.value]
"""What is void was charged to nobody, and took nobody's bay."""
ROUNDS_MAX = 20
"""So often a tariff by which a car is temporary for its whole stay is asked about who stood there before the first."""


class BayPermit(NamedTuple):
    """A permit that names a bay. taken_off_at: when a person took it off its list, before its end."""

    digest: bytes
    permit: Permit
    lanes: frozenset[UUID]
    taken_off_at: datetime | None

    def counts(self, lane_id: UUID | None, entered: datetime) -> bool:
        """For a stay that began there and then: what was taken off before had no grace."""
        here = lane_id is None or not self.lanes or lane_id in self.lanes
        return here and (self.taken_off_at is None or self.taken_off_at > entered)


class Asked(NamedTuple):
    """A stay. left: None while it is inside."""

    stay_id: UUID
    digest: bytes
    entered: datetime
    left: datetime | None


class Bays(NamedTuple):
    """taken: by the bay, when it was for others. before: of the cars that came earlier and have left."""

    taken: Mapping[str, Sequence[Interval]]
    before: tuple[OnBay, ...]


def bay_permits(db: Session, community_id: UUID, digests: Collection[bytes]) -> list[BayPermit]:
    """All permits of the bays that the permits of these plates name, whenever they counted."""
    if not digests:
        return []
    here = PlateEntryRow.community_id == community_id
    named = select(PlateEntryRow.bay).where(here, PlateEntryRow.plate_digest.in_(digests))
    found = []
    for row in db.scalars(select(PlateEntryRow).where(here, PlateEntryRow.bay.in_(named)).order_by(PlateEntryRow.id)):
        span = counted(row.since, row.until, row.approved_at if row.approved_by is not None else None, row.ended_at)
        if span is None or span[1] is None or row.plate_digest is None or row.bay is None:
            continue
        permit = Permit(valid_from=span[0], valid_until=span[1], bay=row.bay, bay_cars=row.bay_cars or 1)
        found.append(BayPermit(row.plate_digest, permit, frozenset(UUID(one) for one in row.lanes), row.ended_at))
    return found


def bays_of(
    db: Session, community_id: UUID, asked: Sequence[Asked], tariffs_of: Callable[[], Mapping[UUID, Tariff]]
) -> dict[UUID, Bays]:
    """By the stay; one whose car has no permit of a bay is left out. tariffs_of: all, by their ids; asked where some
    car has one."""
    permits = bay_permits(db, community_id, {one.digest for one in asked})
    if not permits:
        return {}
    tariffs = tariffs_of()
    by_bay = defaultdict[str, list[BayPermit]](list)
    for one in permits:
        by_bay[one.permit.bay].append(one)
    since, until = dict[str, datetime](), dict[str, datetime | None]()
    for bay, mine in by_bay.items():
        digests = {one.digest for one in mine}
        here = [one for one in asked if one.digest in digests]
        since[bay] = min(one.entered for one in here)
        ends = [one.left for one in here]
        until[bay] = None if None in ends else max(end for end in ends if end is not None)
    rows = _rows(db, community_id, by_bay, since, until, tariffs)
    taken, before = defaultdict[UUID, dict[str, Sequence[Interval]]](dict), defaultdict[UUID, list[OnBay]](list)
    for bay, mine in by_bay.items():
        parked = [_parked(row, mine, tariffs) for row in rows[bay]]
        for stay_id, stood in stood_on(bay, parked).items():
            taken[stay_id][bay] = stood.taken
            before[stay_id] += stood.before
    wanted = {one.stay_id for one in asked}
    return {one: Bays(by, tuple(before[one])) for one, by in taken.items() if one in wanted}


def mates(db: Session, community_id: UUID, digests: Collection[bytes], since: datetime) -> tuple[set[UUID], set[UUID]]:
    """The stays of the other cars of the bays of these plates: who is inside, and who has left since then."""
    others = {one.digest for one in bay_permits(db, community_id, digests)} - set(digests)
    if not others:
        return set(), set()
    query = select(StayRow.stay_id, StayRow.left_at).where(
        StayRow.community_id == community_id, StayRow.plate_digest.in_(others), StayRow.state.in_(CHARGED),
        or_(StayRow.left_at.is_(None), StayRow.left_at > since),
    )  # fmt: skip
    found = db.execute(query).all()
    return {one for one, left in found if left is None}, {one for one, left in found if left is not None}


def _rows(
    db: Session, community_id: UUID, by_bay: Mapping[str, Sequence[BayPermit]], since: Mapping[str, datetime],
    until: Mapping[str, datetime | None], tariffs: Mapping[UUID, Tariff],
) -> dict[str, list[StayRow]]:  # fmt: skip
    """Of each bay those that touch the time asked about. Whether a car whose tariff makes it temporary for its whole
    stay came second depends on whether the one before it did, and so on: these are asked for as far back as needed."""
    found: dict[str, list[StayRow]] = {bay: [] for bay in by_bay}
    pending = dict(since)
    for _ in range(ROUNDS_MAX):
        if not pending:
            break
        digests = {bay: {one.digest for one in by_bay[bay]} for bay in pending}
        query = select(StayRow).where(
            StayRow.community_id == community_id, StayRow.plate_digest.in_(set().union(*digests.values())),
            StayRow.state.in_(CHARGED), StayRow.entered_at.is_not(None),
            or_(StayRow.left_at.is_(None), StayRow.left_at > min(pending.values())),
        )  # fmt: skip
        ends = [until[bay] for bay in pending]
        if None not in ends:
            query = query.where(StayRow.entered_at < max(end for end in ends if end is not None))
        rows = db.scalars(query).all()
        earlier = dict[str, datetime]()
        for bay, start in pending.items():
            found[bay] = [
                row for row in rows
                if row.plate_digest in digests[bay] and (row.left_at is None or row.left_at > start)
            ]  # fmt: skip
            first = min((row.entered_at for row in found[bay] if row.entered_at is not None), default=start)
            if first < start and any(_for_good(row, tariffs) for row in found[bay]):
                earlier[bay] = first
        pending = earlier
    return found


def _for_good(row: StayRow, tariffs: Mapping[UUID, Tariff]) -> bool:
    tariff = tariffs.get(row.tariff_id) if row.tariff_id is not None else None
    return tariff is not None and tariff.second_car is SecondCar.WHOLE_STAY


def _parked(row: StayRow, permits: Sequence[BayPermit], tariffs: Mapping[UUID, Tariff]) -> Parked:
    assert row.entered_at is not None
    mine = [
        one.permit
        for one in permits
        if one.digest == row.plate_digest and one.counts(row.entry_lane_id, row.entered_at)
    ]
    tariff = tariffs.get(row.tariff_id) if row.tariff_id is not None else None
    return Parked(row.stay_id, row.entered_at, row.left_at, mine, tariff)
