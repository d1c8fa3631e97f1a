"""A sample shop of the demo community, with coupons that it has bought and one that it gave to a car that may come.

Its link and PIN are told to nobody: whoever tries the demo makes new ones on the page of coupons.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.identity.passwords import Passwords
from central.base.kernel.actor import Actor
from central.gates.parking.coupons import give as give_coupon
from central.gates.parking.coupons import shops as coupon_shops
from central.gates.parking.coupons.rules import Gives
from central.gates.parking.coupons.shops import PaidBy
from models.values.ids import new_id

SHOP = "示例便民超市"
GUEST = "川ASTAY5"
QUOTAS = ((Gives.MINUTES, 120, 100, 300_00), (Gives.MONEY, 5_00, 50, 200_00))


def seed_coupons(db: Session, actor: Actor, site: UUID, now: datetime) -> None:
    if any(one.name == SHOP for one in coupon_shops.shops_in(db, actor, site, now)):
        return
    shop_id = coupon_shops.make_shop(db, actor, Passwords(), site, SHOP, now).shop_id
    for kind, amount, count, price in QUOTAS:
        coupon_shops.sell_quota(
            db, actor, shop_id, kind, amount, count, price, PaidBy.BANK, now, hold_hours=24,
            ends_at=now + timedelta(days=365),
        )  # fmt: skip
    shop = next(one for one in coupon_shops.shops_in(db, actor, site, now) if one.shop_id == shop_id)
    give_coupon.give(db, shop, shop.quotas[0].quota_id, GUEST, new_id(), SHOP, now)
