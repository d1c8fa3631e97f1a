"""Several cars on one bay: which of them stand on it, and which came when it was taken (PARK-09, P22). Pure.

    order       of arrival; of two that came at one instant the lower stay_id was first, on both sides of the link
    stands      from its entry to its exit, while a permit of the bay or its grace holds and the bay is not taken
    taken       while as many cars as the bay covers, that came in earlier, stand on it

The earlier cars of a stay only ever become fewer: who leaves and comes back is a later one. So that a car which is once
on its bay loses it to none that comes after, and where the rule is "until the bay frees" it stands there as soon as one
of the others has gone. Who is temporary for the whole stay stands on no bay, and takes none from who comes next. What
is said of an instant depends on nothing that happens later: what a car was told at the exit stays true.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from models.parking.cover import NO_END, Interval, Permit, joined
from models.parking.regions import without
from models.parking.tariff import PermitEnd, SecondCar, Tariff
from models.values.frozen import WireValue
from models.values.time import Instant


class OnBay(WireValue):
    """A car of this bay stood on it, from `since` until before `until`. Whose car says nobody."""

    bay: str
    since: Instant
    until: Instant


class Parked(NamedTuple):
    """A stay of a car. left: None while it is inside. permits: all of them; those of the bay count. tariff: by which it
    is charged; None: by none. before: of cars that came earlier and are not among the stays any more."""

    stay_id: UUID
    entered: datetime
    left: datetime | None
    permits: Sequence[Permit]
    tariff: Tariff | None
    before: Sequence[OnBay] = ()


class Stood(NamedTuple):
    """taken: when the bay was for others, without an end where none is known. before: earlier cars that have left, as a
    gate is told of them: those that are inside it knows itself."""

    taken: tuple[Interval, ...]
    before: tuple[OnBay, ...]


def stood_on(bay: str, stays: Iterable[Parked]) -> dict[UUID, Stood]:
    """By the stay. stays: all that touch the time of those that are asked about; without a permit of the bay one is
    left out."""
    found: dict[UUID, Stood] = {}
    held: list[tuple[Interval, bool]] = []
    for one in sorted(stays, key=lambda one: (one.entered, one.stay_id)):
        permits = [each for each in one.permits if each.bay == bay]
        if not permits:
            continue
        end = one.left if one.left is not None else NO_END
        told = [(each.since, each.until) for each in one.before if each.bay == bay]
        cars = max(each.bay_cars for each in permits)
        taken = _busy([*(each for each, _ in held), *told], cars, one.entered, end)
        spells = [spell for each in permits if (spell := _holds(each, one.entered, end, one.tariff)) is not None]
        first = min((start for start, _ in spells), default=one.entered)
        for_good = one.tariff is not None and one.tariff.second_car is SecondCar.WHOLE_STAY
        if for_good and any(start <= first < stop for start, stop in taken):
            taken = [(one.entered, end)]
        gone = sorted([*(each for each, left in held if left), *told])
        found[one.stay_id] = Stood(
            tuple(taken),
            tuple(
                OnBay(bay=bay, since=max(start, one.entered), until=stop) for start, stop in gone if stop > one.entered
            ),
        )
        held += [(each, one.left is not None) for each in joined(without(spells, taken))]
    return found


def elsewhere(entered: datetime, left: datetime | None, taken: Iterable[Sequence[Interval]]) -> list[Interval]:
    """When a car stands on a place that is for anybody, although it has permits of bays: while each of them is taken
    (PARK-20). taken: of each of its bays, as `stood_on` says; without a bay it stands nowhere else."""
    whole = (entered, left if left is not None else NO_END)
    found = [whole]
    for one in taken:
        found = without(found, without([whole], one))
    return joined(found)


def _holds(permit: Permit, entered: datetime, end: datetime, tariff: Tariff | None) -> Interval | None:
    """While the car stands there by this permit, as `cover_of` has it: not its hours, for it stands there outside of
    them too, and not what its end takes back of what was covered."""
    until = permit.valid_until + timedelta(days=tariff.permit_grace_days if tariff is not None else 0)
    if entered >= until:
        return None
    if tariff is not None and tariff.permit_end is PermitEnd.FREE_UNTIL_EXIT:
        until = max(until, end)
    start, stop = max(entered, permit.valid_from), min(end, until)
    return (start, stop) if start < stop else None


def _busy(held: Sequence[Interval], cars: int, start: datetime, end: datetime) -> list[Interval]:
    """When at least so many of them are there at once, between the two instants."""
    inside = [(max(start, first), min(end, last)) for first, last in held if first < end and last > start]
    edges = sorted({edge for each in inside for edge in each})
    full = [
        (first, last)
        for first, last in pairwise(edges)
        if sum(since <= first and last <= until for since, until in inside) >= cars
    ]
    return joined(full)
