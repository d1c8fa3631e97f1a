"""Whether a shop may give another coupon, what each kind gives, and what has become of all of them. Pure (PARK-16)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from models.parking.coupons import CouponState, state_of
from models.parking.tariff import DAY_MIN, Coupon

NAME_MAX, DAY_MOST, COUNT_MOST, HOLD_MOST = 40, 2_000, 10_000, 24 * 90
WRONG_PINS_MAX = 10
"""In a row; then the link is dead, and the manager makes a new one. It takes the link to try at all."""
PIN_DIGITS = 6


class Gives(StrEnum):
    MINUTES = "minutes"
    MONEY = "money"
    PERCENT = "percent"
    FREE = "free"


MOST = {Gives.MINUTES: 30 * DAY_MIN, Gives.MONEY: 10_000_00, Gives.PERCENT: 100, Gives.FREE: 100}


class Became(NamedTuple):
    """Of a coupon, as far as counting asks."""

    used: bool
    ends_at: datetime


class Count(NamedTuple):
    """given = used + expired + open, at every instant. left: bought, to be given yet; lapsed: never to be given."""

    bought: int
    given: int
    used: int
    expired: int
    open: int
    left: int
    lapsed: int

    @property
    def over(self) -> int:
        """What is owed to the shop for no longer."""
        return self.used + self.expired + self.lapsed


def count(bought: int, ends_at: datetime, coupons: Iterable[Became], now: datetime) -> Count:
    states = [state_of(one.used, one.ends_at, now) for one in coupons]
    used, expired, open_ = (states.count(one) for one in (CouponState.USED, CouponState.EXPIRED, CouponState.OPEN))
    rest = bought - len(states)
    ended = ends_at <= now
    return Count(bought, len(states), used, expired, open_, 0 if ended else rest, rest if ended else 0)


class Asked(NamedTuple):
    """What the shop has done by now. today: given since midnight; to_plate: of them to this plate."""

    closed: bool
    left: int
    today: int
    to_plate: int
    day_most: int
    plate_most: int


def refusal(asked: Asked) -> str | None:
    """Why no further coupon may be given; None where it may."""
    if asked.closed:
        return "coupons.shop_closed"
    if asked.left <= 0:
        return "coupons.none_left"
    if asked.today >= asked.day_most:
        return "coupons.day_full"
    if asked.to_plate >= asked.plate_most:
        return "coupons.plate_full"
    return None


def coupon_of(coupon_id: UUID, issuer: str, kind: Gives, amount: int) -> Coupon:
    """As the tariff prices it."""
    match kind:
        case Gives.MINUTES:
            return Coupon(coupon_id=coupon_id, issuer=issuer, minutes=amount)
        case Gives.MONEY:
            return Coupon(coupon_id=coupon_id, issuer=issuer, fen=amount)
        case _:
            return Coupon(coupon_id=coupon_id, issuer=issuer, percent_off=amount)
