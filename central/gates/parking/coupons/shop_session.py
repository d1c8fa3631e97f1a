"""A shop that gave its PIN gives coupons without it for a while, from the browser that gave it.

What the browser keeps is a key of 192 random bits, of which central keeps a digest; it counts beside the shop's link
and never in its place. A new link, a closed shop and a link that wrong PINs have ended each end every one of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from central.base.kernel.link_token import digest_of, new_token
from central.gates.parking.coupons.shops import ShopView
from central.gates.parking.coupons.tables import CouponShopSessionRow

LASTS = timedelta(hours=12)
"""A day at the till; nothing prolongs it."""


def open_session(db: Session, shop: ShopView, now: datetime) -> str:
    """The key, told this once. Asks no PIN: whoever calls has seen that it fits."""
    mine = CouponShopSessionRow.shop_id == shop.shop_id
    db.execute(delete(CouponShopSessionRow).where(mine, CouponShopSessionRow.ends_at <= now))
    token = new_token()
    row = CouponShopSessionRow(
        community_id=shop.community_id, shop_id=shop.shop_id, token_sha256=digest_of(token), opened_at=now,
        ends_at=now + LASTS,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return token


def session_ends(db: Session, shop: ShopView, token: str, now: datetime) -> datetime | None:
    """Until when this key counts for this shop; None where it does not."""
    if not token or shop.locked or shop.closed_at is not None:
        return None
    query = select(CouponShopSessionRow.ends_at).where(
        CouponShopSessionRow.shop_id == shop.shop_id, CouponShopSessionRow.token_sha256 == digest_of(token),
        CouponShopSessionRow.ends_at > now,
    )  # fmt: skip
    return db.scalar(query)


def leave(db: Session, shop: ShopView, token: str) -> None:
    db.execute(
        delete(CouponShopSessionRow).where(
            CouponShopSessionRow.shop_id == shop.shop_id, CouponShopSessionRow.token_sha256 == digest_of(token)
        )
    )
