"""What of a stay is paid for already: permits and their end, hours, and several cars on one bay (P20 to P23)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from pydantic import Field

from models.access.schedule import Span
from models.parking.regions import without
from models.parking.tariff import PermitEnd, SecondCar, Tariff
from models.values.frozen import WireValue
from models.values.time import SITE_TZ, Instant, site_day

WARN_DAYS = 6
BAY_MAX = 20
"""Signs of a bay's name."""
BAY_CARS_MAX = 9
NO_END = datetime(9000, 1, 1, tzinfo=UTC)
"""Of a cover that nobody ends, and of a car that is still inside: late enough, with room for days that are added."""

Interval = tuple[datetime, datetime]
Taken = Mapping[str, Sequence[Interval]]
"""By the bay, when it was for other cars."""
NONE_TAKEN: Taken = {}


class Permit(WireValue):
    """A month card, a bay, hours of the week. valid_until is excluded: the end of 30 June is 1 July, 00:00 at the site.

    hours: when it covers; empty means always. bay: on which its car stands; "": on none in particular. bay_cars: so
    many cars the bay covers at once, 2 for one that lies behind another (子母车位); all permits of a bay agree.
    """

    valid_from: Instant
    valid_until: Instant
    hours: tuple[Span, ...] = Field(default=(), max_length=20)
    bay: str = Field(default="", max_length=BAY_MAX)
    bay_cars: int = Field(default=1, ge=1, le=BAY_CARS_MAX)


class Cover(NamedTuple):
    """cover: intervals that are not charged. temporary: charged, and without free minutes. warn: days until the permit
    ends, below 0 the days since then while its grace lasts, or None where there is nothing to say. bay_taken: what
    would be covered, had other cars of the bay not come first."""

    cover: tuple[Interval, ...]
    temporary: bool
    warn: int | None
    bay_taken: tuple[Interval, ...] = ()


NOTHING = Cover((), False, None)


def cover_of(
    permit: Permit,
    entry: datetime,
    leave: datetime,
    tariff: Tariff,
    *,
    bay_taken: Sequence[Interval] = (),
    holidays: frozenset[date] = frozenset(),
) -> Cover:
    """What the permit covers of a stay from `entry` to `leave`. bay_taken: when the bay was for cars that came before
    it (`bays.stood_on`)."""
    grace_until = permit.valid_until + timedelta(days=tariff.permit_grace_days)
    if entry >= grace_until or leave <= permit.valid_from:
        return NOTHING  # as any other car; it had its warnings
    until = grace_until
    if tariff.permit_end is PermitEnd.FREE_UNTIL_EXIT:
        until = max(grace_until, leave)
    covered: list[Interval] = [(max(entry, permit.valid_from), min(leave, until))]
    if tariff.permit_end is PermitEnd.FROM_ENTRY and leave > grace_until:
        covered = [(max(entry, permit.valid_until), grace_until)]  # days of grace are never charged afterwards
    if permit.hours:
        covered = [
            (max(start, first), min(end, last))
            for start, end in covered
            for first, last in _hours(permit.hours, start, end, holidays)
        ]
    alone = [each for each in covered if each[0] < each[1]]
    second = tariff.second_car is SecondCar.WHOLE_STAY and any(start <= entry < end for start, end in bay_taken)
    covered = [] if second else without(alone, bay_taken)
    warn = _warning(permit, leave, grace_until)
    return Cover(tuple(covered), True, warn, tuple(without(alone, covered)))


def covers_of(
    permits: Sequence[Permit],
    entry: datetime,
    leave: datetime,
    tariff: Tariff,
    *,
    taken: Taken = NONE_TAKEN,
    holidays: frozenset[date] = frozenset(),
) -> Cover:
    """What several permits of one car cover together: a card, and the next one that was bought while it stood inside.

    taken: when each of its bays was for others. Of the warnings that of the permit which lasts longest counts: who has
    renewed is not reminded.
    """
    each = [
        (one, cover_of(one, entry, leave, tariff, bay_taken=taken.get(one.bay, ()), holidays=holidays))
        for one in permits
    ]
    longest = max(each, key=lambda pair: pair[0].valid_until, default=None)
    if longest is None:
        return NOTHING
    covered = joined(interval for _, cover in each for interval in cover.cover)
    refused = without(joined(interval for _, cover in each for interval in cover.bay_taken), covered)
    return Cover(tuple(covered), any(cover.temporary for _, cover in each), longest[1].warn, tuple(refused))


def _warning(permit: Permit, now: datetime, grace_until: datetime) -> int | None:
    days = (site_day(permit.valid_until) - site_day(now)).days
    return days if days <= WARN_DAYS and now < grace_until else None


def _hours(spans: Sequence[Span], start: datetime, end: datetime, holidays: frozenset[date]) -> list[Interval]:
    """When the spans hold between the two instants, overlapping ones joined."""
    found: list[Interval] = []
    day = site_day(start) - timedelta(days=1)
    while day <= site_day(end):
        midnight = datetime(day.year, day.month, day.day, tzinfo=SITE_TZ)
        for span in spans:
            if span.falls_on(day, holidays):
                length = (span.end_minute - span.start_minute - 1) % 1440 + 1
                first = midnight + timedelta(minutes=span.start_minute)
                found.append((first, first + timedelta(minutes=length)))
        day += timedelta(days=1)
    return [(first, last) for first, last in joined(found) if first < end and last > start]


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """In order, those that overlap or touch made one."""
    made: list[Interval] = []
    for first, last in sorted(intervals):
        if made and first <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return made
