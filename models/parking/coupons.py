"""Coupons on their way from a shop to a bill: which of a plate's count for a stay, and which it uses up. Pure.

    since    the coupon was bound to the plate; it counts for a stay that ends later, and was not paid for before
    until    it lapses; None: a stay has used it, and it stays with that one

A coupon that comes after a payment takes off what is still due and never brings back what was paid (P31): its rest
lapses. A stay uses up no more coupons than it needs, those that would lapse first before the others.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID

from models.parking.bill import Line, Rule
from models.parking.payments import Due, Payment, settle
from models.parking.pricing import PLAIN, Earlier
from models.parking.tariff import Calendar, Coupon, Stay, Tariff
from models.values.frozen import WireValue
from models.values.time import Instant

HELD_MAX = 20
"""Of one plate at once; what comes beyond waits for its next stay."""


class HeldCoupon(WireValue):
    """A coupon that is bound to a plate."""

    coupon: Coupon
    since: Instant
    until: Instant | None = None

    def counts(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class CouponState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


def state_of(used: bool, ends_at: datetime, now: datetime) -> CouponState:
    """Exactly one, at every instant (PARK-16)."""
    if used:
        return CouponState.USED
    return CouponState.EXPIRED if ends_at <= now else CouponState.OPEN


def settle_held(
    stay: Stay,
    tariff: Tariff,
    payments: Sequence[Payment] = (),
    *,
    held: Sequence[HeldCoupon] = (),
    earlier: Sequence[Earlier] = (),
    calendar: Calendar = PLAIN,
    leave_extra: int = 0,
) -> Due:
    """`settle`, with the coupons of its plate as they count."""
    settled = partial(settle, stay, tariff, payments, earlier=earlier, calendar=calendar, leave_extra=leave_extra)
    first = min((one.at for one in payments if one.fen > 0), default=stay.exit)
    early = [one.coupon for one in held if one.counts(first)]
    late = [one.coupon for one in held if one.since > first and one.counts(stay.exit)]
    by_early = settled(coupons=early)
    if not late or not by_early.due:
        return by_early
    both = settled(coupons=[*early, *late])
    if both.total >= both.paid:
        return both
    rest = both.paid - both.total
    last = both.bills[-1]
    line = Line(Rule.COUPON_REST, 0, last.minutes, 1, rest, rest)
    bills = (*both.bills[:-1], last._replace(lines=(*last.lines, line), fee=last.fee + rest))
    return both._replace(bills=bills, total=both.paid, over=0)


def used_up(
    stay: Stay,
    tariff: Tariff,
    payments: Sequence[Payment],
    held: Sequence[HeldCoupon],
    *,
    earlier: Sequence[Earlier] = (),
    calendar: Calendar = PLAIN,
    leave_extra: int = 0,
) -> frozenset[UUID]:
    """The coupons without which it would cost more, whichever else are left out. What is used already stays used."""
    kept = sorted(held, key=_spent_first)
    settled = partial(settle_held, stay, tariff, payments, earlier=earlier, calendar=calendar, leave_extra=leave_extra)
    asked = settled(held=kept).total
    for one in reversed(kept):
        fewer = [each for each in kept if each is not one]
        if one.until is not None and settled(held=fewer).total <= asked:
            kept = fewer
    return frozenset(one.coupon.coupon_id for one in kept)


def first_held(held: Iterable[HeldCoupon]) -> tuple[HeldCoupon, ...]:
    """No more than a stay can have."""
    return tuple(sorted(held, key=_spent_first)[:HELD_MAX])


def earned(price_fen: int, count: int, over: int) -> int:
    """Of a quota's price what is no longer owed to its shop once so many of its coupons are used or have lapsed."""
    return price_fen * min(over, count) // count


def _spent_first(one: HeldCoupon) -> tuple[bool, datetime, UUID]:
    return one.until is not None, one.until or one.since, one.coupon.coupon_id
