"""The cars of a bay as a gate knows them: those inside, and those that it saw leave since central spoke (PARK-09)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from models.parking.account import begun_under, version_at
from models.parking.bays import Parked, stood_on
from models.parking.cover import NONE_TAKEN, Permit, Taken
from models.parking.decided import Lists, permits_of
from models.parking.inside import Cars, DroveIn, Left, Own
from models.parking.scope import Entering
from models.parking.tariff import Tariff
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import ToldStay

COMING = UUID(int=(1 << 128) - 1)
"""The stay of a car that comes now: after all that have come."""


def permits_at(lists: Lists, cars: Cars, plate: str, lane_id: UUID, now: datetime) -> tuple[Permit, ...]:
    """Those that the lists name for its stay, or for one that would begin now at this lane."""
    stay = cars.inside.get(plate)
    entry, since = (lane_id, now) if stay is None else (stay.entry_lane_id, stay.entered_at)
    return permits_of(lists, entry, plate, since)


def taken_from(
    plate: str, permits: Sequence[Permit], cars: Cars, lists: Lists, versions: Sequence[Tariff], now: datetime,
    car: Entering = Entering(),
) -> Taken:  # fmt: skip
    """By each bay of a car, when it was for others during its stay, or is from now on where it is not inside.

    permits: those that the lists name for it. car: what the lane tells of it, by which its tariff would be chosen."""
    stay = cars.inside.get(plate)
    bays = {one.bay for one in (*permits, *(stay.permits if stay is not None else ())) if one.bay}
    if not bays:
        return NONE_TAKEN
    tariff = version_at(versions, now, car)
    coming = [] if stay is not None else [Parked(COMING, now, None, permits, tariff)]
    parked = [*coming, *(_parked(one, lists, versions) for one in _of_bays(bays, cars, lists))]
    found = {bay: stood_on(bay, parked) for bay in bays}
    mine = stay.stay_id if stay is not None else COMING
    return {bay: by_stay[mine].taken for bay, by_stay in found.items() if mine in by_stay}


def own_place(fact: Own, cars: Cars, lists: Lists, versions: Sequence[Tariff]) -> bool:
    """Whether a car that came took a place of its owner's, or one that went left one free: not where others of its bay
    came first, and not where another of them stands there from then on, who so leaves a place that is for anybody."""
    plate = fact.stay.plate if isinstance(fact, DroveIn) else fact.plate
    at = fact.stay.entered_at if isinstance(fact, DroveIn) else fact.at
    bays = {one.bay for one in lists.entries if isinstance(one, PlateEntry) and _is_permit(one, plate)}
    if not bays or "" in bays:
        return bool(bays)
    return any(_is_its(bay, fact, at, cars, lists, versions) for bay in bays)


def _is_permit(entry: PlateEntry, plate: str) -> bool:
    return entry.plate == plate and entry.list is PlateList.PERMIT


def _is_its(bay: str, fact: Own, at: datetime, cars: Cars, lists: Lists, versions: Sequence[Tariff]) -> bool:
    mates = _of_bays({bay}, cars, lists)
    stood = stood_on(bay, [_parked(one, lists, versions) for one in mates])
    if isinstance(fact, DroveIn):
        mine = stood.get(fact.stay.stay_id)
        return mine is None or not any(start <= at < end for start, end in mine.taken)
    gone = (one.stay.stay_id for one in mates if isinstance(one, Left) and (one.stay.plate, one.at) == (fact.plate, at))
    stay_id = next(gone, None)
    if stay_id is None or stay_id not in stood:
        return True  # nobody saw it come, and a permit is all that is known of it
    if any(start < at <= end for start, end in stood[stay_id].taken):
        return False
    return not any(end == at for key, one in stood.items() if key != stay_id for _, end in one.taken)


def _of_bays(bays: set[str], cars: Cars, lists: Lists) -> list[Left | ToldStay]:
    listed = {one.plate for one in lists.entries if isinstance(one, PlateEntry) and one.bay in bays}

    def counts(stay: ToldStay) -> bool:
        return stay.plate in listed or any(one.bay in bays for one in stay.permits)

    return [*(one for one in cars.inside.values() if counts(one)), *(one for one in cars.left if counts(one.stay))]


def _parked(one: Left | ToldStay, lists: Lists, versions: Sequence[Tariff]) -> Parked:
    stay, left = (one.stay, one.at) if isinstance(one, Left) else (one, None)
    tariff = begun_under(stay, versions)
    permits = (*stay.permits, *permits_of(lists, stay.entry_lane_id, stay.plate, stay.entered_at))
    return Parked(stay.stay_id, stay.entered_at, left, permits, tariff, stay.bay_before)
