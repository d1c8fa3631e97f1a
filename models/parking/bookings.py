"""A place that is kept for one car at a time that was agreed on: until when it is, and what becomes of it. Pure
(PARK-25).

    booked      nobody has come yet; from `KEPT_BEFORE` its start on the place is kept, and the car may enter
    came        it came in while the place was kept, or stood inside as its time began; from then on it stands there
    over        it came, and has left: one booking is one coming
    not_come    nobody came until `wait_until`: the place is for anybody again
    cancelled   a person took it back before anybody came

What a stay costs is no business of this: a car that has booked is charged by its tariff as any other. But on a bay that
its owner offers (PARK-10) the booked hours cost what was agreed for them; `hours_of` says which hours those are, and
the gate and central ask it alike.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import Field

from models.parking.cover import BAY_MAX
from models.parking.tariff import Block, SharedHours
from models.values.frozen import WireValue
from models.values.plate import PlateText
from models.values.time import Instant

KEPT_BEFORE = timedelta(minutes=15)
"""A place is kept so long before its time: it is free as that begins, and who comes a little early is not sent away."""
UNSEEN_AFTER = timedelta(days=1)
ZONE_MAX = 16


class Booking(WireValue):
    """A place for `plate` from `since` until before `until`; who has not come by `wait_until` does not come.

    bay: which, by its code on the floor plan; else a place of this `zone`, or anywhere in the lot. anybodys: whether it
    is one of the places that are counted as free for anybody; one for charging cars is not. shared: what the hours cost
    on a bay that is another's; older gates leave it aside and ask by the tariff, and central lists what differs.
    """

    booking_id: UUID
    plate: PlateText
    since: Instant
    until: Instant
    wait_until: Instant
    bay: str = Field(default="", max_length=BAY_MAX)
    zone: str = Field(default="", max_length=ZONE_MAX)
    anybodys: bool = True
    shared: Block | None = None

    @property
    def kept_from(self) -> datetime:
        return self.since - KEPT_BEFORE


class BookingState(StrEnum):
    BOOKED = "booked"
    CAME = "came"
    OVER = "over"
    NOT_COME = "not_come"
    CANCELLED = "cancelled"


STANDING = frozenset({BookingState.BOOKED, BookingState.CAME})
"""Nobody else can have the place for that time."""


class Inside(NamedTuple):
    """A stay of the car that booked. left: None while it is inside."""

    entered: datetime
    left: datetime | None = None


def came_by(booking: Booking, stays: Iterable[Inside]) -> Inside | None:
    """The stay for which the place was kept; None: none of these. Of a car that stood inside before, it is that stay
    where the car is still there as its time begins."""
    fits = [
        one
        for one in stays
        if one.entered < booking.wait_until
        and (booking.kept_from <= one.entered or one.left is None or booking.since < one.left)
    ]
    return min(fits, default=None, key=lambda one: one.entered)


def state_of(booking: Booking, stays: Iterable[Inside], cancelled_at: datetime | None, now: datetime) -> BookingState:
    """stays: those of its plate in this lot."""
    if cancelled_at is not None and cancelled_at <= now:
        return BookingState.CANCELLED
    came = came_by(booking, (one for one in stays if one.entered <= now))
    if came is not None and (booking.kept_from <= came.entered or booking.since <= now):
        return BookingState.CAME if came.left is None or now < came.left else BookingState.OVER
    return BookingState.NOT_COME if booking.wait_until <= now else BookingState.BOOKED


def is_kept(booking: Booking, state: BookingState, now: datetime) -> bool:
    """Whether the place counts for nobody else now, and its car may come in where the lot is full."""
    return state is BookingState.BOOKED and booking.kept_from <= now


def holds_bay(booking: Booking, state: BookingState, now: datetime) -> bool:
    """Whether nobody else may stand on its bay now: it is kept, or its car has come and has not left yet. A day after
    its time it is taken to have gone unseen, so that no owner asks a guard for ever."""
    there = state is BookingState.CAME and now < booking.until + UNSEEN_AFTER
    return there or is_kept(booking, state, now)


def hours_of(bookings: Iterable[Booking], stays: Sequence[Inside], mine: Inside) -> tuple[SharedHours, ...]:
    """The hours on others' bays that were booked for the stay `mine`, by its plate's bookings and stays: also of a car
    that stands there before they begin. What is taken back is not among the bookings."""
    found = (one for one in bookings if one.shared is not None and one.bay and came_by(one, stays) == mine)
    return tuple(
        SharedHours(booking_id=one.booking_id, bay=one.bay, since=one.since, until=one.until, block=one.shared)
        for one in sorted(found, key=lambda one: (one.since, one.booking_id)) if one.shared is not None
    )  # fmt: skip


class KeptNow(NamedTuple):
    """A place that is kept at this moment."""

    booking_id: UUID
    bay: str = ""
    zone: str = ""
    anybodys: bool = True


def kept_now(booking: Booking) -> KeptNow:
    return KeptNow(booking.booking_id, booking.bay, booking.zone, booking.anybodys)


def overlap(first: Booking, second: Booking) -> bool:
    """Whether both need their place at some time. Of one that stands inside beyond its time nothing is known here."""
    return first.kept_from < second.until and second.kept_from < first.until


def most_at_once(bookings: Iterable[Booking], about: Booking) -> int:
    """How many of these need a place at one moment of `about`, itself not counted."""
    spells = [(max(one.kept_from, about.kept_from), one.until) for one in bookings if overlap(one, about)]
    return max((sum(start <= at < end for start, end in spells) for at, _ in spells), default=0)
