"""price(stay, tariff) -> a bill whose lines explain themselves. The one function for the exit lane and for central.

In this order, always (P29):
    minutes coupon, first minutes free of a class  ->  free minutes  ->  blocks and events  ->  caps
    ->  class percent  ->  percent coupon  ->  money coupon  ->  lowest and highest  ->  rounding
    ->  what a charging bay costs that was kept from others, beside all of this (PARK-23)

Hours on another's bay (PARK-10) stand beside all of that: they cost what was agreed for them, to the fen, and what is
left of the stay is priced as if something else had paid for them.

Rounding leads over no cap, not above the highest charge and not below the lowest: what the public board says of them
holds of what is asked. A cap is stronger than the lowest charge.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from models.parking.bill import Bill, Exact, Line, Rule
from models.parking.charging_bay import occupied
from models.parking.regions import DAY_US, MINUTE_US, Charged, Region, Spell, minute_at, regions, without
from models.parking.tariff import (
    Calendar,
    CapWindow,
    Coupon,
    FreeMinutes,
    FreeMode,
    Stacking,
    Stay,
    Tariff,
    minutes_of,
)
from models.parking.walking import Walk
from models.values.time import micros, site_time

PLAIN = Calendar()


class Earlier(NamedTuple):
    """A stay of the same plate that has ended, as far as free stays and a shared cap ask (P08, P19)."""

    entry: datetime
    exit: datetime
    free: bool
    used: Mapping[int, Exact]


class Paid(NamedTuple):
    """What was charged before, at minute `since`: where charging begins anew after a payment (P25, restart). fee:
    fen, by the tariff."""

    since: int
    used: Mapping[int, Exact]
    fee: int = 0


def price(
    stay: Stay,
    tariff: Tariff,
    *,
    coupons: Sequence[Coupon] = (),
    earlier: Sequence[Earlier] = (),
    calendar: Calendar = PLAIN,
    paid: Paid | None = None,
) -> Bill:
    """The bill of one stay. earlier: in the order of their exits.

    Of coupons that do not stack, those are taken that cost the driver least.
    """
    return _priced(stay, (tariff,), coupons, earlier, calendar, paid)


def price_by_versions(
    stay: Stay,
    versions: Sequence[Tariff],
    rule: str,
    *,
    coupons: Sequence[Coupon] = (),
    earlier: Sequence[Earlier] = (),
    calendar: Calendar = PLAIN,
) -> Bill:
    """P02. versions: of one tariff, in the order of their starts; the first is in force at the entry. rule: entry, exit
    or split; split cuts at the instant, and what follows gets no first block and no free minutes of its own.
    """
    at_exit = [each for each in versions if each.starts_at <= stay.exit][-1]
    at_entry = [each for each in versions if each.starts_at <= stay.entry][-1]
    inside = [each for each in versions if at_entry.starts_at <= each.starts_at <= stay.exit]
    chosen = {"entry": [at_entry], "exit": [at_exit], "split": inside}.get(rule)
    if chosen is None:
        raise ValueError(f"versions are chosen by entry, exit or split, not by {rule!r}")
    return _priced(stay, chosen, coupons, earlier, calendar, None)


def _priced(
    stay: Stay,
    versions: Sequence[Tariff],
    coupons: Sequence[Coupon],
    earlier: Sequence[Earlier],
    calendar: Calendar,
    paid: Paid | None,
) -> Bill:
    """With the coupons that the tariff lets stack; the first version says so, and all that is not a price."""
    if coupons and versions[0].stacking is Stacking.BEST:
        bills = [_bill(stay, versions, (coupon,), earlier, calendar, paid) for coupon in coupons]
        return min(bills, key=lambda bill: bill.fee)
    if versions[0].stacking is Stacking.ONE_OF_EACH:
        coupons = _largest_of_each(coupons)
    return _bill(stay, versions, coupons, earlier, calendar, paid)


def _largest_of_each(coupons: Sequence[Coupon]) -> list[Coupon]:
    best = [
        max(kind, key=lambda coupon: (coupon.minutes, coupon.percent_off, coupon.fen))
        for kind in (
            [coupon for coupon in coupons if coupon.minutes],
            [coupon for coupon in coupons if coupon.percent_off],
            [coupon for coupon in coupons if coupon.fen],
        )
        if kind
    ]
    return best


def _bill(
    stay: Stay,
    versions: Sequence[Tariff],
    coupons: Sequence[Coupon],
    earlier: Sequence[Earlier],
    calendar: Calendar,
    paid: Paid | None,
) -> Bill:
    tariff = versions[0]
    minutes = minutes_of(stay.entry, stay.exit, tariff.round_up)
    lines: list[Line] = []
    shared, elsewhere = _shared(stay, minutes, paid, lines)
    spells = _spells(stay, minutes, paid, lines)
    taken = set[UUID]()
    for coupon in coupons:
        longer = spells
        spells = _shortened(spells, coupon.minutes, coupon.issuer, lines)
        taken |= {coupon.coupon_id} if spells != longer else set()
    discount = next((each for each in tariff.classes if each.vehicle_class == stay.vehicle_class), None)
    if discount is not None and discount.free_first:
        spells = _from_later(spells, discount.free_first, Rule.FIRST_MINUTES, lines, discount.vehicle_class)
    anchor = _anchor(stay, tariff, spells, earlier, paid)
    asked = minutes if not tariff.coupon_reaches_free else sum(end - start for start, end in spells)
    spells, free = _freed(stay, tariff, spells, asked, earlier, paid, elsewhere, lines)
    used: dict[int, Exact] = {}
    counted = _counted(tariff, earlier, paid)
    if spells:
        used = _walked(stay, versions, spells, anchor, counted, calendar, lines)
    exact: Exact = sum(used.values())
    before = exact

    if discount is not None and discount.percent_off:
        off = Fraction(exact * discount.percent_off, 100)
        exact = _less(exact, off, Rule.CLASS_PERCENT, minutes, discount.vehicle_class, lines)
    for coupon in coupons:
        if coupon.percent_off:
            off = Fraction(exact * coupon.percent_off, 100)
            taken |= {coupon.coupon_id} if off else set()
            exact = _less(exact, off, Rule.PERCENT_COUPON, minutes, coupon.issuer, lines)
    for coupon in coupons:
        if coupon.fen:
            taken |= {coupon.coupon_id} if exact else set()
            exact = _less(exact, min(exact, coupon.fen), Rule.MONEY_COUPON, minutes, coupon.issuer, lines)
    if tariff.cap is not None and tariff.cap.after_coupons and before:
        used = {window: Fraction(amount * exact) / before for window, amount in used.items()}

    most = _most(versions, used, counted, paid)
    least: Exact = tariff.minimum if most is None else min(tariff.minimum, most)
    if 0 < exact < least:
        lines.append(Line(Rule.MINIMUM, 0, minutes, 1, tariff.minimum, least - exact))
        exact = least
    if most is not None and exact > most:
        lines.append(Line(Rule.MAXIMUM, 0, minutes, 1, tariff.maximum or most, most - exact))
        exact = most
    fee = _rounded(exact, tariff, least if exact else 0, most)
    if fee != exact:
        lines.append(Line(Rule.ROUNDING, 0, minutes, 1, tariff.rounding.to, fee - exact))
    if tariff.cap is not None:
        used = _raised(used, counted, tariff.cap.fen, fee)
    if tariff.occupation is not None:
        beside = occupied(tariff.occupation, stay.occupied, stay.entry, minutes, paid.since if paid is not None else 0)
        lines.extend(beside)
        fee += sum(int(line.amount) for line in beside)
    return Bill(tariff.tariff_id, tariff.version, minutes, tuple(lines), fee + shared, used, free, frozenset(taken))


def _most(
    versions: Sequence[Tariff], used: Mapping[int, Exact], counted: Mapping[int, Exact], paid: Paid | None
) -> Exact | None:
    """Above what the fee must not be: the highest charge of a stay, and what is left of the caps of all windows that it
    touches; None where there is neither."""
    limits = list[Exact]()
    if versions[0].maximum is not None:
        limits.append(max(0, versions[0].maximum - (paid.fee if paid is not None else 0)))
    caps = [each.cap.fen for each in versions if each.cap is not None]
    if len(caps) == len(versions):
        limits.append(sum(max(0, max(caps) - counted.get(window, 0)) for window in used))
    return min(limits, default=None)


def _raised(used: Mapping[int, Exact], counted: Mapping[int, Exact], cap: int, fee: int) -> dict[int, Exact]:
    """With what rounding or the lowest charge brought the fee above what the windows hold: it counts for their caps,
    so that what is asked in all stays below them."""
    left, more = dict(used), max(0, fee - sum(used.values()))
    for window, amount in used.items():
        room = max(0, min(more, cap - counted.get(window, 0) - amount))
        left[window], more = amount + room, more - room
    return left


def _shared(stay: Stay, minutes: int, paid: Paid | None, lines: list[Line]) -> tuple[int, bool]:
    """(fen of the hours on another's bay, whether it stood there in any of them). What its own permit covers of them
    costs nothing. They never begin anew: a block that was begun before a payment was paid for with it."""
    since, fen, used = paid.since if paid is not None else 0, 0, False
    cover = _minutes(stay.entry, minutes, stay.cover)
    for place, hours in enumerate(stay.shared):
        ((start, end),) = _minutes(stay.entry, minutes, [(hours.since, hours.until)])
        others = _minutes(stay.entry, minutes, [(one.since, one.until) for one in stay.shared[:place]])
        there = without([(start, end)], [*cover, *others]) if start < end else []
        used |= start < end
        if not there or end <= since:
            continue
        times = _begun(there, hours.block.minutes) - _begun(without(there, [(since, end)]), hours.block.minutes)
        unit = hours.block.fen
        lines.append(Line(Rule.SHARED_BAY, max(start, since), end, times, unit, times * unit, hours.said))
        fen += times * unit
    return fen, used


def _begun(spells: Sequence[Spell], block: int) -> int:
    return -(-sum(end - start for start, end in spells) // block)


def _spells(stay: Stay, minutes: int, paid: Paid | None, lines: list[Line]) -> list[Spell]:
    """The minutes that nothing else paid for."""
    since = paid.since if paid is not None else 0
    whole = [(since, minutes)] if since < minutes else []
    covered = without(whole, _minutes(stay.entry, minutes, stay.cover))
    lines.extend(Line(Rule.COVERED, *gap, 0, 0, 0) for gap in without(whole, covered))
    left = without(covered, _minutes(stay.entry, minutes, [(one.since, one.until) for one in stay.shared]))
    elsewhere = without(left, _minutes(stay.entry, minutes, stay.bay_taken))
    lines.extend(Line(Rule.BAY_TAKEN, *gap, 0, 0, 0) for gap in without(left, elsewhere))
    return left


def _minutes(entry: datetime, minutes: int, spells: Sequence[tuple[datetime, datetime]]) -> list[Spell]:
    entry_us = micros(entry)
    return [
        (max(0, minute_at(entry_us, micros(start))), min(minutes, minute_at(entry_us, micros(end))))
        for start, end in spells
    ]


def _shortened(spells: list[Spell], by: int, issuer: str, lines: list[Line]) -> list[Spell]:
    """The charged time ends so much earlier."""
    left = list(spells)
    while by > 0 and left:
        start, end = left.pop()
        cut = max(start, end - by)
        lines.append(Line(Rule.MINUTES_COUPON, cut, end, end - cut, 0, 0, issuer))
        by -= end - cut
        if start < cut:
            left.append((start, cut))
    return left


def _from_later(spells: list[Spell], by: int, rule: Rule, lines: list[Line], note: str = "") -> list[Spell]:
    """The charged time begins so much later."""
    left: list[Spell] = []
    for start, end in spells:
        skipped = min(by, end - start)
        by -= skipped
        if skipped:
            lines.append(Line(rule, start, start + skipped, skipped, 0, 0, note))
        if start + skipped < end:
            left.append((start + skipped, end))
    return left


def _freed(
    stay: Stay,
    tariff: Tariff,
    spells: list[Spell],
    asked: int,
    earlier: Sequence[Earlier],
    paid: Paid | None,
    elsewhere: bool,
    lines: list[Line],
) -> tuple[list[Spell], bool]:
    """What is left to charge after the free minutes, and whether the stay was free through them. elsewhere: it stood on
    another's bay in hours that it had booked."""
    if paid is None and stay.another_lane and not elsewhere and asked <= tariff.drive_through and spells:
        lines.append(Line(Rule.DRIVE_THROUGH, 0, asked, 0, 0, 0))
        return [], False
    free, rule = tariff.free, Rule.FREE_MINUTES
    if stay.invited and tariff.visitor_free is not None:
        free, rule = tariff.visitor_free, Rule.VISITOR_MINUTES
    charged = elsewhere or stay.cover or stay.temporary
    if paid is not None or charged or not _free_left(stay, tariff, free, earlier):
        return spells, False
    if free.mode is FreeMode.DEDUCTED:
        left = _from_later(spells, free.minutes, rule, lines)
        return left, not left
    if asked > free.minutes:
        return spells, False
    end = spells[-1][1] if spells else 0
    lines.append(Line(rule, 0, end, asked, 0, 0))
    return [], True


def _free_left(stay: Stay, tariff: Tariff, free: FreeMinutes, earlier: Sequence[Earlier]) -> bool:
    """Whether the plate has a free stay left on this day, and long enough after its last one (P08)."""
    shift = timedelta(minutes=tariff.day_start)
    day = site_time(stay.entry - shift).date()
    taken = [each for each in earlier if each.free]
    today = sum(site_time(each.entry - shift).date() == day for each in taken)
    if free.uses_a_day is not None and today >= free.uses_a_day:
        return False
    return all(stay.entry - each.exit >= timedelta(minutes=free.gap) for each in taken)


def _counted(tariff: Tariff, earlier: Sequence[Earlier], paid: Paid | None) -> dict[int, Exact]:
    """What the windows hold already: of this stay's payments, and of other stays where the cap is shared."""
    counted: dict[int, Exact] = dict(paid.used) if paid is not None else {}
    if tariff.cap is not None and tariff.cap.shared:
        for each in earlier:
            counted = _sum(counted, each.used)
    return counted


def _walked(
    stay: Stay,
    versions: Sequence[Tariff],
    spells: list[Spell],
    anchor_us: int,
    counted: Mapping[int, Exact],
    calendar: Calendar,
    lines: list[Line],
) -> dict[int, Exact]:
    """What each window is charged. versions: the one to begin with, then those that take over during the stay."""
    entry_us = micros(stay.entry)
    used: dict[int, Exact] = {}
    edges = [0, *(minute_at(entry_us, micros(each.starts_at)) for each in versions[1:]), spells[-1][1]]
    before: Region | None = None
    for version, (first, last) in zip(versions, pairwise(edges), strict=True):
        charged = Charged(without(spells, [(0, first), (last, edges[-1])]))
        made = regions(charged, entry_us, anchor_us, version, calendar)
        walk = Walk(version, charged, made, before=before, counted=_sum(counted, used))
        walk.go()
        lines.extend(walk.lines)
        used = _sum(used, walk.used)
        before = made[-1] if made else before
    return used


def _sum(one: Mapping[int, Exact], other: Mapping[int, Exact]) -> dict[int, Exact]:
    return {window: one.get(window, 0) + other.get(window, 0) for window in (*one, *other)}


def _anchor(stay: Stay, tariff: Tariff, spells: list[Spell], earlier: Sequence[Earlier], paid: Paid | None) -> int:
    """When the first cap window begins, in microseconds since 1970: at the entry, or where charging begins later than
    it; with a cap that is shared, the window of an earlier stay while it lasts."""
    entry_us = micros(stay.entry)
    if tariff.cap is not None and tariff.cap.shared and tariff.cap_window is CapWindow.ROLLING:
        windows = [window for each in earlier for window in each.used if window > entry_us - DAY_US]
        if windows:
            return max(windows)
    return entry_us + (spells[0][0] * MINUTE_US if spells and paid is None else 0)


def _less(exact: Exact, off: Exact, rule: Rule, minutes: int, note: str, lines: list[Line]) -> Exact:
    if off:
        lines.append(Line(rule, 0, minutes, 1, off, -off, note))
    return exact - off


def _rounded(exact: Exact, tariff: Tariff, least: Exact, most: Exact | None) -> int:
    """The final fee, in whole units of the tariff's rounding (P32): of the unit beside where this one would be above
    `most` or below `least`; where no unit lies between them, whole fen."""
    unit = tariff.rounding.to
    share = Fraction(exact) / unit
    fee = int((share if tariff.rounding.down else share + Fraction(1, 2)) // 1) * unit
    if most is not None and fee > most:
        fee = int(most // unit) * unit
    if fee < least:
        up = -int(-least // unit) * unit
        fee = up if most is None or up <= most else int(least // 1)
    return fee
