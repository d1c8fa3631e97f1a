"""What is still to pay: payments before the exit, the minutes to leave (P24, P25), and owing at the lane (P33)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from models.parking.bill import Bill, Exact
from models.parking.pricing import PLAIN, Earlier, Paid, price
from models.parking.tariff import Calendar, Coupon, Late, Stacking, Stay, Tariff, minutes_of


class Payment(NamedTuple):
    at: datetime
    fen: int


class Due(NamedTuple):
    """bills: what `total` is made of; several where charging began anew after a payment. due: fen, never below 0; over:
    what was paid beyond it, to be given back. leave: whole minutes left to leave without a new charge, or None."""

    bills: tuple[Bill, ...]
    total: int
    paid: int
    due: int
    over: int
    leave: int | None


def settle(
    stay: Stay,
    tariff: Tariff,
    payments: Sequence[Payment] = (),
    *,
    coupons: Sequence[Coupon] = (),
    earlier: Sequence[Earlier] = (),
    calendar: Calendar = PLAIN,
    leave_extra: int = 0,
) -> Due:
    """What this stay owes at its exit. payments: in order, none before the entry. leave_extra: minutes by which the
    time to leave is longer at this exit, because the way out is jammed (PARK-13).

    A payment of all that is due opens the minutes to leave; one while nothing is due does not, it is only too much.
    Where charging begins anew after it, a coupon that took something off already is gone.

    What a charging bay costs is known only as its sensor's words come: a word that came after a payment makes it no
    less of a payment. It counts for what had been told when it was asked, which is told by its sum, and what came to be
    known since is asked of who does not leave in time; where charging begins anew, what had begun by then is not.
    """
    closed: tuple[Bill, ...] = ()
    current: tuple[Bill, ...] = ()
    since: Paid | None = None
    granted: datetime | None = None
    paid = 0
    for place, payment in enumerate((*payments, Payment(stay.exit, 0))):
        time_to_leave = tariff.leave_minutes + (leave_extra if place == len(payments) else 0)
        inside = granted is not None and minutes_of(granted, payment.at) <= time_to_leave
        if not inside:
            granted = None
            so_far = stay.model_copy(update={"exit": payment.at})
            before = sum(bill.fee for bill in closed) - paid

            def bill_of(one: Stay, coupons: Sequence[Coupon] = coupons, since: Paid | None = since) -> Bill:
                return price(one, tariff, coupons=coupons, earlier=earlier, calendar=calendar, paid=since)

            current = (_as_asked(so_far, payment.fen, before, bill_of),)
        due = sum(bill.fee for bill in (*closed, *current)) - paid
        paid += payment.fen
        if 0 < due <= payment.fen:
            granted = payment.at
            if tariff.late is Late.RESTART:
                closed, current = (*closed, *current), ()
                so_far_fee = sum(bill.of_stay for bill in closed)
                since = Paid(minutes_of(stay.entry, payment.at, tariff.round_up), used_of(closed), so_far_fee)
                coupons = _left(coupons, tariff.stacking, frozenset().union(*(bill.coupons for bill in closed)))
    total = sum(bill.fee for bill in (*closed, *current))
    left = tariff.leave_minutes + leave_extra - minutes_of(granted, stay.exit) if granted is not None else None
    return Due((*closed, *current), total, paid, max(0, total - paid), max(0, paid - total), left)


def _as_asked(stay: Stay, fen: int, before: int, bill_of: Callable[[Stay], Bill]) -> Bill:
    """The bill that a payment of so much was asked by, `before` beside it: of all that is known now, else of as much of
    the charging bays' words as the payment covers; where it covers nothing so either, of all."""
    whole = bill_of(stay)
    if fen <= 0 or whole.fee + before <= fen or not stay.occupied:
        return whole
    fits, low, high = bill_of(_told_by(stay, 0)), 0, minutes_of(stay.entry, stay.exit) + 1
    if fits.fee + before > fen:
        return whole
    while high - low > 1:
        middle = (low + high) // 2
        bill = bill_of(_told_by(stay, middle))
        fits, low, high = (bill, middle, high) if bill.fee + before <= fen else (fits, low, middle)
    return fits if fits.fee + before > 0 else whole


def _told_by(stay: Stay, minute: int) -> Stay:
    """As it was known if its bays had last been heard at this minute of it."""
    at = stay.entry + timedelta(minutes=minute)
    known = (one.model_copy(update={"until": min(one.until, at)}) for one in stay.occupied if one.since < at)
    return stay.model_copy(update={"occupied": tuple(known)})


def _left(coupons: Sequence[Coupon], stacking: Stacking, spent: frozenset[UUID]) -> list[Coupon]:
    """The coupons that a further bill of the stay may have: each counts once over all of them, and they stack over all
    of them as over one (P31)."""
    if stacking is Stacking.BEST and spent:
        return []
    kinds = {_kind(one) for one in coupons if one.coupon_id in spent} if stacking is Stacking.ONE_OF_EACH else set()
    return [one for one in coupons if one.coupon_id not in spent and _kind(one) not in kinds]


def _kind(coupon: Coupon) -> str:
    return "minutes" if coupon.minutes else "percent" if coupon.percent_off else "fen"


def used_of(bills: Sequence[Bill]) -> Mapping[int, Exact]:
    """What each cap window was charged, by all of these."""
    used: dict[int, Exact] = {}
    for bill in bills:
        for window, amount in bill.used.items():
            used[window] = used.get(window, 0) + amount
    return used


def may_leave_owing(old: int, new: int, limit: int) -> bool:
    """Whether a car may leave without paying `new`, owing `old` already; all fen. Above the limit staff decide."""
    return old + new <= limit


def shares(fee: int, tax_percent: int, owners_percent: int) -> tuple[int, int, int]:
    """Tax, owners' share and the company's, of one fee in fen; they add up to it (P36). The tax lies within the fee."""
    tax = fee - (fee * 100 * 2 + 100 + tax_percent) // (2 * (100 + tax_percent))
    owners = ((fee - tax) * owners_percent * 2 + 100) // 200
    return tax, owners, fee - tax - owners
