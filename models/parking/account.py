"""What a car owes where it stands, by the tariff of its entry. Pure, and the same at the lane and at central (PARK-05).

Of several tariffs in force when it came in, the most specific one that fits it counts, and stays with it (P01).

A stay costs by the version that was in force when it began (PARK-03); what a permit covers of it costs nothing, coupons
of its plate and what was paid are taken off, and for some minutes after a payment nothing more is asked (P24).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from models.parking.bookings import Booking
from models.parking.coupons import settle_held
from models.parking.cover import NONE_TAKEN, Permit, Taken, covers_of
from models.parking.earlier import earlier_of
from models.parking.payments import Due, Payment
from models.parking.pricing import PLAIN, price
from models.parking.scope import Entering, most_specific
from models.parking.tariff import Calendar, NoEntry, SecondCar, SharedHours, Stay, Tariff
from models.values.plate import PlateColour, PlateKind, kind_of
from models.wire.stays import ToldStay


class Charging(NamedTuple):
    """By what a car park charges: versions of its tariffs, in any order, and days. Without one it charges nothing."""

    versions: Sequence[Tariff] = ()
    calendar: Calendar = PLAIN


class Account(NamedTuple):
    """What is known of one plate's money. tariff: by which its stay is charged, or one that begins now would be; None:
    nothing is charged. inside: since when; None where nobody saw it come in. owed: fen of earlier stays, overdue:
    whether some of it is older than the tariff lets a debt be (P33). denied, denied_old: the same of debts that
    somebody says are not theirs, and that nobody has looked at (PARK-15). no_entry: fen that are asked where nobody saw
    it come in. accepted: fen of what counts as paid that a channel has yet to say the end of (PARK-11). second: what
    the tariff says of a car that comes while others of its bay stand on it (P22); None where there is room for it.
    bay_shared: by which the bay of a car that comes is a guest's now (PARK-10).

    alone: central is not reached, and may know of a payment that the gate does not. leave_extra: minutes by which the
    time to leave is longer now (PARK-13).
    """

    tariff: Tariff | None = None
    inside: datetime | None = None
    due: Due | None = None
    owed: int = 0
    alone: bool = False
    overdue: bool = False
    no_entry: int = 0
    leave_extra: int = 0
    accepted: int = 0
    denied: int = 0
    denied_old: bool = False
    second: SecondCar | None = None
    bay_shared: Booking | None = None


class Denied(NamedTuple):
    """Fen of debts that somebody denies, and since when the oldest of them stands."""

    fen: int = 0
    since: datetime | None = None


NOBODY_DENIES = Denied()


def version_at(versions: Sequence[Tariff], at: datetime, car: Entering = Entering()) -> Tariff | None:
    """The version by which this car is priced if it comes in then: of each tariff the version that started last counts,
    unless it ended the tariff, and of these the most specific that fits (P01). None: nothing is charged."""
    last: dict[UUID, Tariff] = {}
    for one in versions:
        before = last.get(one.tariff_id)
        if one.starts_at <= at and (before is None or before.starts_at < one.starts_at):
            last[one.tariff_id] = one
    return most_specific([one for one in last.values() if not one.ends], car)


def class_of(plate: str, colour: PlateColour = PlateColour.UNKNOWN) -> str:
    """The class by which a stay is priced, as plate and colour tell it: new_energy by the plate's form, whatever its
    colour; large for a yellow plate of the ordinary form; small else, also where nobody saw the colour.

    It cannot tell a motorcycle, whose plate may be yellow too; a small car on a learner's or a border's plate from a
    large one; a large from a small new energy one (the colour does, yellow-green); nor who is disabled or staff.
    """
    kind = kind_of(plate)
    if kind is PlateKind.NEW_ENERGY:
        return "new_energy"
    return "large" if kind is PlateKind.ORDINARY and colour is PlateColour.YELLOW else "small"


def colour_of(plate: str, colour: PlateColour) -> PlateColour:
    """As it was seen; of a new energy plate, if nobody saw it, as its form has it: the group stands last on a large
    one."""
    if colour is not PlateColour.UNKNOWN or kind_of(plate) is not PlateKind.NEW_ENERGY:
        return colour
    return PlateColour.YELLOW_GREEN if plate[-1].isalpha() else PlateColour.GREEN


def due_of(
    stay: ToldStay, tariff: Tariff, calendar: Calendar, permits: Sequence[Permit], exit_lane: UUID | None,
    now: datetime, leave_extra: int = 0, taken: Taken = NONE_TAKEN, shared: tuple[SharedHours, ...] = (),
) -> Due:  # fmt: skip
    """What the stay costs if it ends now, and what of that is still to be paid. permits: beside those that it names.
    taken: when its bays were for other cars. shared: hours that it booked on another's bay.

    What was accepted by contract counts as what was paid does (PARK-11)."""
    until = max(stay.entered_at, now)
    cover = covers_of(
        (*stay.permits, *permits), stay.entered_at, until, tariff, taken=taken, holidays=calendar.holidays
    )
    whole = Stay(
        entry=stay.entered_at, exit=until, vehicle_class=stay.vehicle_class, cover=cover.cover, shared=shared,
        bay_taken=cover.bay_taken, temporary=cover.temporary, another_lane=exit_lane not in (None, stay.entry_lane_id),
        invited=stay.invited, occupied=stay.occupied,
    )  # fmt: skip
    paid = sorted(
        Payment(max(stay.entered_at, min(one.at, until)), one.fen) for one in (*stay.payments, *stay.accepted)
    )
    earlier = earlier_of(stay.earlier, stay.entered_at)
    return settle_held(
        whole, tariff, paid, held=stay.coupons, earlier=earlier, calendar=calendar, leave_extra=leave_extra
    )


def no_entry_fee(tariff: Tariff, calendar: Calendar, now: datetime) -> int:
    """What is asked of a car that nobody saw come in (P26); 0 where a person says. The first block is what the shortest
    stay costs that is charged at all, as if it ended now."""
    match tariff.without_entry:
        case NoEntry.FLAT:
            return tariff.no_entry_fen or 0
        case NoEntry.FIRST_BLOCK:
            minutes = timedelta(minutes=tariff.free.minutes + 1)
            return price(Stay(entry=now - minutes, exit=now), tariff, calendar=calendar).fee
        case _:
            return 0


def begun_under(stay: ToldStay, versions: Sequence[Tariff]) -> Tariff | None:
    """The version that the stay names. Told by its number alone, it is known only where one tariff has that number."""
    named = [one for one in versions if one.version == stay.tariff_version]
    mine = [one for one in named if stay.tariff_id in (None, one.tariff_id)]
    return mine[0] if len(mine) == 1 else None


def comes_second(permits: Sequence[Permit], taken: Taken, tariff: Tariff, now: datetime) -> bool:
    """Whether a car that comes now has permits, and each names a bay on which others stand."""
    grace = timedelta(days=tariff.permit_grace_days)
    holding = [one for one in permits if one.valid_from <= now < one.valid_until + grace]
    return bool(holding) and all(any(start <= now < end for start, end in taken.get(one.bay, ())) for one in holding)


def shared_out(permits: Sequence[Permit], held: Sequence[Booking], tariff: Tariff, now: datetime) -> Booking | None:
    """The booking by which a guest has the bay of a car that comes now; None where one of its permits names no bay that
    a guest has. held: the bookings of others' bays that hold their bay now (`bookings.holds_bay`)."""
    by_bay = {one.bay: one for one in held}
    grace = timedelta(days=tariff.permit_grace_days)
    holding = [one for one in permits if one.valid_from <= now < one.valid_until + grace]
    if not holding or any(one.bay not in by_bay for one in holding):
        return None
    return max((by_bay[one.bay] for one in holding), key=lambda one: (one.until, one.booking_id))


def account_of(
    stay: ToldStay | None, owed: int, charging: Charging, permits: Sequence[Permit], lane_id: UUID, now: datetime,
    alone: bool, owed_since: datetime | None = None, leave_extra: int = 0, denied: Denied = NOBODY_DENIES,
    taken: Taken = NONE_TAKEN, car: Entering = Entering(), shared: tuple[SharedHours, ...] = (),
    held: Sequence[Booking] = (),
) -> Account | None:  # fmt: skip
    """What is known at a lane of the plate that stands there; None where nothing is charged and nothing was ever.

    owed_since: when it left owing what it owes longest; None where nobody told. taken: when its bays were for other
    cars since it came in, or are from now on where it is not inside. shared: hours that it booked on another's. held:
    the bookings by which guests have others' bays now. car: what the lane tells of it, by which a stay that begins now
    is priced."""
    if not charging.versions:
        return None
    current = version_at(charging.versions, now, car)
    tariff = current if stay is None else begun_under(stay, charging.versions)
    rule = tariff or current

    def old(since: datetime | None) -> bool:
        return rule is not None and since is not None and now - since > timedelta(days=rule.owe_days)

    found = Account(
        current, owed=owed, alone=alone, overdue=bool(owed) and old(owed_since), denied=denied.fen,
        denied_old=bool(denied.fen) and old(denied.since),
    )  # fmt: skip
    if stay is None or (tariff is None and stay.tariff_version is not None):
        # nobody saw it come in, or the gate was told of no such version: what it costs a person must say
        if current is None:
            return found
        second = current.second_car if stay is None and comes_second(permits, taken, current, now) else None
        let = shared_out(permits, held, current, now) if stay is None else None
        return found._replace(
            no_entry=no_entry_fee(current, charging.calendar, now), second=second, bay_shared=let
        )  # fmt: skip
    if tariff is None:
        return found._replace(tariff=None, inside=stay.entered_at)
    due = due_of(stay, tariff, charging.calendar, permits, lane_id, now, leave_extra, taken, shared)
    accepted = sum(one.fen for one in stay.accepted)
    return found._replace(tariff=tariff, inside=stay.entered_at, due=due, leave_extra=leave_extra, accepted=accepted)
