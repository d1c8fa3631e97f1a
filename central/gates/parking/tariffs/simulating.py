"""Tries a tariff on a stay that nobody made: its bill, and its fee by the hour (PARK-04). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from models.parking.bill import Bill
from models.parking.cover import NO_END, NOTHING, Interval, Permit, cover_of
from models.parking.pricing import price
from models.parking.scope import Entering, Group
from models.parking.tariff import Calendar, Coupon, SecondCar, Stay, Tariff
from models.values.plate import PlateColour

STAY_MAX = timedelta(days=366)
SINCE, UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Between these one can try. Days are added to both ends of a stay, and the calendar has ends of its own."""
DAY = timedelta(days=1)
CURVE_MAX = 7 * DAY
VEHICLE_CLASSES = ("small", "large", "new_energy", "motorcycle", "disabled", "staff")
"""P27. Any other name may be asked for; a tariff says of which it makes a difference."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`permit_until`: the car has a permit that held since before it came, and ends then. `lane_id`, `vehicle_class`,
    `colour`, `group`: what a lane would tell of it as it comes in, by which its tariff is chosen (P01). `other_inside`:
    another car of its permit's bay stands there as it comes (PARK-09), until `other_leaves`; None: for longer than it.
    `invited`: a visitor's pass names it (P34).
    """

    entry: datetime
    exit: datetime
    vehicle_class: str = "small"
    coupons: tuple[Coupon, ...] = ()
    permit_until: datetime | None = None
    lane_id: UUID | None = None
    colour: PlateColour = PlateColour.UNKNOWN
    group: Group = Group.TEMPORARY
    other_inside: bool = False
    other_leaves: datetime | None = None
    invited: bool = False

    @property
    def taken(self) -> tuple[Interval, ...]:
        """When its bay is for the other car."""
        return ((self.entry, self.other_leaves or NO_END),) if self.other_inside else ()

    @property
    def car(self) -> Entering:
        return Entering(self.lane_id, self.vehicle_class, self.colour, self.group)


@dataclass(frozen=True, slots=True)
class Curve:
    """The fee for a stay as long as each of `lengths`, all from the same entry."""

    lengths: tuple[timedelta, ...]
    fees: tuple[int, ...]


def asked_problems(asked: Asked) -> dict[str, str]:
    """What is wrong with the times, as messages by field."""
    times = {
        "entry": asked.entry, "exit": asked.exit, "permit_until": asked.permit_until,
        "other_leaves": asked.other_leaves,
    }  # fmt: skip
    far = {name: "parking.time_far" for name, at in times.items() if at is not None and not SINCE <= at < UNTIL}
    if far:
        return far
    if asked.exit < asked.entry:
        return {"exit": "parking.exit_before_entry"}
    if asked.other_inside and asked.permit_until is None:
        return {"permit_until": "parking.other_needs_permit"}
    if asked.other_leaves is not None and (not asked.other_inside or asked.other_leaves <= asked.entry):
        return {"other_leaves": "parking.other_leaves_before"}
    return {"exit": "parking.stay_long"} if asked.exit - asked.entry > STAY_MAX else {}


def simulate(tariff: Tariff, asked: Asked, calendar: Calendar) -> Bill:
    """The very function by which the lane prices, on these facts; a permit covers as the tariff lets it."""
    covered = NOTHING
    if asked.permit_until is not None:
        permit = Permit(valid_from=min(asked.entry, asked.permit_until) - DAY, valid_until=asked.permit_until)
        covered = cover_of(
            permit, asked.entry, asked.exit, tariff, bay_taken=asked.taken, holidays=calendar.holidays
        )  # fmt: skip
    stay = Stay(
        entry=asked.entry, exit=asked.exit, vehicle_class=asked.vehicle_class, cover=covered.cover,
        bay_taken=covered.bay_taken, temporary=covered.temporary, invited=asked.invited,
    )  # fmt: skip
    return price(stay, tariff, coupons=asked.coupons, calendar=calendar)


def turned_away(tariff: Tariff, asked: Asked) -> bool:
    """Whether such a car is not let in at all, so that its bill is of a stay that there will not be."""
    return bool(asked.taken) and tariff.second_car is SecondCar.REFUSE


def curve_lengths(stay: timedelta) -> tuple[timedelta, ...]:
    """Whole days that hold the stay, seven at most; every quarter of an hour of one, every hour of more than two."""
    days = min(max(1, -(-stay // DAY)), CURVE_MAX // DAY)
    step = timedelta(minutes={1: 15, 2: 30}.get(days, 60))
    return tuple(step * count for count in range(1, days * DAY // step + 1))


def curve(tariff: Tariff, asked: Asked, calendar: Calendar, lengths: Sequence[timedelta]) -> Curve:
    fees = [simulate(tariff, replace(asked, exit=asked.entry + length), calendar).fee for length in lengths]
    return Curve(tuple(lengths), tuple(fees))


def calendar_of(holidays: Sequence[date]) -> Calendar:
    """The community's public holidays. Days that are worked in exchange are kept nowhere yet."""
    return Calendar(holidays=frozenset(holidays))
