"""A bay that its owner offers for hours of the day (PARK-10): when, and what of a guest's money is theirs. Pure.

The hours begin on each day of the offer, first and last one included, by the site's clock; over midnight they belong to
the day on which they begin. Who booked hours inside an offer keeps them, whatever becomes of the offer later.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from models.parking.bill import Bill, Rule
from models.parking.cover import Interval, joined
from models.parking.tariff import DAY_MIN, SharedHours
from models.values.time import SITE_TZ

DAYS_MAX = 366
"""Of one offer."""


class Offer(NamedTuple):
    """start_minute: of the day, 0 to 1439; end_minute: excluded, 1 to 1440; not after the start it is of the next
    day."""

    bay: str
    first_day: date
    last_day: date
    start_minute: int
    end_minute: int


def windows(offer: Offer) -> list[Interval]:
    """In order; hours that touch, as those of whole days do, are one window."""
    length = timedelta(minutes=(offer.end_minute - offer.start_minute - 1) % DAY_MIN + 1)
    found, day = list[Interval](), offer.first_day
    while day <= offer.last_day:
        start = datetime(day.year, day.month, day.day, tzinfo=SITE_TZ) + timedelta(minutes=offer.start_minute)
        found.append((start, start + length))
        day += timedelta(days=1)
    return joined(found)


def holds(offer: Offer, since: datetime, until: datetime) -> bool:
    """Whether all of this time is offered."""
    return since < until and any(start <= since and until <= end for start, end in windows(offer))


def clash(one: Offer, other: Offer) -> bool:
    """Whether some hour of one bay would be offered twice."""
    if one.bay != other.bay:
        return False
    mine, theirs = windows(one), windows(other)
    i = j = 0
    while i < len(mine) and j < len(theirs):
        if mine[i][0] < theirs[j][1] and theirs[j][0] < mine[i][1]:
            return True
        i, j = (i + 1, j) if mine[i][1] <= theirs[j][1] else (i, j + 1)
    return False


def shared_fen(bills: Iterable[Bill], entry: datetime, hours: Iterable[SharedHours]) -> dict[UUID, int]:
    """Of a stay's fee what each booking of another's bay came to, in fen; what came to nothing is left out."""
    found: dict[UUID, int] = {}
    booked = list(hours)
    for line in (line for bill in bills for line in bill.lines if line.rule is Rule.SHARED_BAY):
        at = entry + timedelta(minutes=line.start)
        mine = next((one for one in booked if one.since <= at < one.until), None)
        if mine is not None and line.amount:
            found[mine.booking_id] = found.get(mine.booking_id, 0) + int(line.amount)
    return found


def owners_fen(shared: int, paid: int, total: int, percent: int) -> int:
    """What the owner of a bay is credited: so many percent of what was paid for its hours, whole fen, the part of a fen
    left with the lot. Of a stay that is paid in part the hours are paid in the same part as everything else.

    shared: what the hours cost; paid: what came for the whole stay and stays; total: what that costs. All in fen.
    """
    if total <= 0:
        return 0
    return shared * max(0, min(paid, total)) * percent // (total * 100)
