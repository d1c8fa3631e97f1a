"""What is said over HTTP about coupons."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from central.gates.parking.coupons.rules import COUNT_MOST, DAY_MOST, HOLD_MOST, MOST, NAME_MAX, Gives
from central.gates.parking.coupons.shops import PRICE_MOST, PaidBy
from central.people.community.schemas import In, Out, Why
from models.parking.coupons import CouponState
from models.values.text import Printable
from models.values.time import Instant


class ShopIn(In):
    """`day_most`: so many coupons a day; `plate_most`: of them to one plate."""

    community_id: UUID
    name: Printable = Field(min_length=1, max_length=NAME_MAX, examples=["便民超市"])
    day_most: int = Field(default=100, ge=1, le=DAY_MOST, strict=True, examples=[100])
    plate_most: int = Field(default=1, ge=1, le=DAY_MOST, strict=True, examples=[1])


class HandedOut(Out):
    """Said this once: central keeps a digest of each. `path`: of the shop's page, below central's address."""

    shop_id: UUID
    path: str = Field(examples=["/shop/5aM1…"])
    pin: str = Field(examples=["482913"])


class QuotaIn(In):
    """`quota_id`: a new one for each sale; the same again sells nothing more. `amount`: minutes, fen or percent; of a
    free stay it is not asked. `hold_hours`: for so long each coupon counts; `ends_at`: none is given after it."""

    quota_id: UUID
    kind: Gives
    amount: int = Field(default=1, ge=1, le=max(MOST.values()), strict=True, examples=[60])
    count: int = Field(ge=1, le=COUNT_MOST, strict=True, examples=[100])
    price_fen: int = Field(ge=0, le=PRICE_MOST, strict=True, examples=[30_000])
    paid_by: PaidBy
    hold_hours: int = Field(default=24, ge=1, le=HOLD_MOST, strict=True, examples=[24])
    ends_at: Instant


class QuotaOut(Out):
    """given = used + expired + open, at every instant; left: to be given yet, lapsed: never to be given."""

    quota_id: UUID
    kind: Gives
    amount: int = Field(examples=[60])
    price_fen: int = Field(examples=[30_000])
    hold_hours: int = Field(examples=[24])
    bought_at: datetime
    ends_at: datetime
    bought: int = Field(examples=[100])
    given: int = Field(examples=[3])
    used: int = Field(examples=[1])
    expired: int = Field(examples=[0])
    open: int = Field(examples=[2])
    left: int = Field(examples=[97])
    lapsed: int = Field(examples=[0])


class ShopOut(Out):
    """`locked`: wrong PINs have ended its link; a new one is made with `renew`."""

    shop_id: UUID
    community_id: UUID
    name: str = Field(examples=["便民超市"])
    day_most: int = Field(examples=[100])
    plate_most: int = Field(examples=[1])
    made_at: datetime
    made_by: str = Field(examples=["李经理"])
    closed_at: datetime | None
    locked: bool = Field(examples=[False])
    quotas: list[QuotaOut]


class GiveIn(In):
    """`coupon_id`: a new one for each; the same again gives no second one. `plate`: null gives a code to scan."""

    coupon_id: UUID
    quota_id: UUID
    plate: Printable | None = Field(default=None, max_length=20, examples=["川A12345"])


class GivenOut(Out):
    """`path`: of the code to scan, said this once; null where it was given to a plate."""

    coupon_id: UUID
    plate: str = Field(examples=["川A·12345"])
    ends_at: datetime
    path: str | None = Field(examples=[None])


class CouponOut(Out):
    """`plate`: as it is painted, empty before it is bound. `stay_id`: which has used it."""

    coupon_id: UUID
    shop_name: str = Field(examples=["便民超市"])
    kind: Gives
    amount: int = Field(examples=[60])
    plate: str = Field(examples=["川A·12345"])
    given_at: datetime
    ends_at: datetime
    state: CouponState
    by_name: str = Field(examples=["便民超市"])
    stay_id: UUID | None


class CloseIn(In):
    reason: Why = Field(examples=["店铺搬走"])
