"""Coupons over HTTP: shops and what they bought, a coupon that is given in a shop's place, and all that were given."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.paging import Page, Paging
from central.base.web.problems import problems
from central.gates.parking.coupons import give as give_coupon
from central.gates.parking.coupons import shops as coupon_shops
from central.gates.parking.coupons.schemas import (
    CloseIn,
    CouponOut,
    GiveIn,
    GivenOut,
    HandedOut,
    QuotaIn,
    QuotaOut,
    ShopIn,
    ShopOut,
)
from central.gates.parking.coupons.shops import Handed, QuotaView, ShopView
from central.gates.parking.permissions import KEEP_COUPONS
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1/parking", tags=["parking"])
Keeper = Annotated[Actor, requires(KEEP_COUPONS)]
DEED = problems(401, 403, 404, 409, 422)


@router.get("/shops", summary="Shops that give coupons", responses=problems(401, 403, 404, 422))
def get_shops(community_id: UUID, db: Db, actor: Keeper) -> list[ShopOut]:
    """Those that are open first, by name."""
    community_of(db, community_id)
    return [_shop(one) for one in coupon_shops.shops_in(db, actor, community_id, clock.now())]


@router.post("/shops", status_code=201, summary="Register a shop", responses=problems(401, 403, 404, 422))
def post_shop(body: ShopIn, request: Request, db: Db, actor: Keeper) -> HandedOut:
    """Answers with its link and its PIN, which are told this once."""
    made = coupon_shops.make_shop(
        db, actor, request.app.state.parts.passwords, body.community_id, body.name, clock.now(),
        day_most=body.day_most, plate_most=body.plate_most,
    )  # fmt: skip
    return _handed(made)


@router.post("/shops/{shop_id}/renew", summary="Make a shop's link and PIN anew", responses=DEED)
def post_renew(shop_id: UUID, request: Request, db: Db, actor: Keeper) -> HandedOut:
    """Those of before end, with every browser that is signed in by them."""
    return _handed(coupon_shops.renew_link(db, actor, request.app.state.parts.passwords, shop_id))


@router.post("/shops/{shop_id}/close", summary="Let a shop give no more", responses=DEED)
def post_close(shop_id: UUID, body: CloseIn, db: Db, actor: Keeper) -> ShopOut:
    """What it gave counts on."""
    coupon_shops.close_shop(db, actor, shop_id, body.reason, clock.now())
    return _shop(coupon_shops.shop_of(db, actor, shop_id, clock.now()))


@router.post("/shops/{shop_id}/quotas", summary="A shop has paid for coupons", responses=DEED)
def post_quota(shop_id: UUID, body: QuotaIn, db: Db, actor: Keeper) -> ShopOut:
    coupon_shops.sell_quota(
        db, actor, shop_id, body.kind, body.amount, body.count, body.price_fen, body.paid_by, clock.now(),
        hold_hours=body.hold_hours, ends_at=body.ends_at, quota_id=body.quota_id,
    )  # fmt: skip
    return _shop(coupon_shops.shop_of(db, actor, shop_id, clock.now()))


@router.post("/shops/{shop_id}/coupons", summary="Give a coupon in a shop's place", responses=DEED)
def post_coupon(shop_id: UUID, body: GiveIn, db: Db, actor: Keeper) -> GivenOut:
    """Within what the shop bought and may give; under the name of whoever gives it."""
    shop = coupon_shops.shop_of(db, actor, shop_id, clock.now())
    given = give_coupon.give(
        db, shop, body.quota_id, body.plate, body.coupon_id, actor.name, clock.now(), by=actor
    )  # fmt: skip
    path = f"/coupon/{given.token}" if given.token else None
    return GivenOut(coupon_id=given.coupon_id, plate=given.plate, ends_at=given.ends_at, path=path)


@router.get("/coupons", summary="Coupons that were given", responses=problems(401, 403, 404, 422))
def get_coupons(community_id: UUID, db: Db, actor: Keeper, paging: Paging) -> Page[CouponOut]:
    """The newest first."""
    found, following = coupon_shops.coupon_page(db, actor, community_id, paging, clock.now())
    return Page(items=[CouponOut.model_validate(one) for one in found], next=following)


@router.post(
    "/coupons/{coupon_id}/back", status_code=204, summary="Take back a coupon that was not used", responses=DEED
)
def post_back(coupon_id: UUID, body: CloseIn, db: Db, actor: Keeper) -> None:
    coupon_shops.take_back(db, actor, coupon_id, body.reason, clock.now())


def _handed(made: Handed) -> HandedOut:
    return HandedOut(shop_id=made.shop_id, path=f"/shop/{made.token}", pin=made.pin)


def _shop(view: ShopView) -> ShopOut:
    return ShopOut(
        shop_id=view.shop_id, community_id=view.community_id, name=view.name, day_most=view.day_most,
        plate_most=view.plate_most, made_at=view.made_at, made_by=view.made_by, closed_at=view.closed_at,
        locked=view.locked, quotas=[_quota(one) for one in view.quotas],
    )  # fmt: skip


def _quota(one: QuotaView) -> QuotaOut:
    said = {name: getattr(one.count, name) for name in ("bought", "given", "used", "expired", "open", "left", "lapsed")}
    return QuotaOut(
        quota_id=one.quota_id, kind=one.kind, amount=one.amount, price_fen=one.price_fen, hold_hours=one.hold_hours,
        bought_at=one.bought_at, ends_at=one.ends_at, **said,
    )  # fmt: skip
