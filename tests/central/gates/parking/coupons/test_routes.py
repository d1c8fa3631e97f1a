"""Coupons over HTTP: for who keeps them, of their own company, and within what a shop bought."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.gates.parking.coupons import give as give_coupon
from central.gates.parking.coupons import routes as coupon_routes
from central.gates.parking.coupons import shops as coupon_shops
from central.gates.parking.coupons.rules import Gives
from central.gates.parking.coupons.shops import PaidBy
from models.values.ids import new_id
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.people.routes_matrix import MANAGER, Call, check_call, routes_of, shape

API, WHY = "/api/v1/parking", {"reason": "店铺搬走"}
DAY = timedelta(days=1)
MADE = {}


@pytest.fixture
def shop(town, parts):
    """A shop that bought ten hours, one of them given."""
    with town.session() as db:
        made = coupon_shops.make_shop(db, person(town), parts.passwords, town.community, "便民超市", town.now)
        quota = coupon_shops.sell_quota(
            db, person(town), made.shop_id, Gives.MINUTES, 60, 10, 0, PaidBy.BANK, town.now, hold_hours=24,
            ends_at=town.now + 9 * DAY,
        )  # fmt: skip
        coupon = new_id()
        whole = coupon_shops.shop_of(db, person(town), made.shop_id, town.now)
        give_coupon.give(db, whole, quota, "川B8K3H5", coupon, "便民超市", town.now)
    MADE.update(shop=made.shop_id, quota=quota, coupon=coupon)
    return made


def quota_in(town):
    return {
        "quota_id": str(new_id()), "kind": "money", "amount": 500, "count": 5, "price_fen": 2_000, "paid_by": "cash",
        "ends_at": (town.now + 9 * DAY).isoformat(),
    }  # fmt: skip


def coupon_in(_):
    return {"coupon_id": str(new_id()), "quota_id": str(MADE["quota"]), "plate": "川A12345"}


HERE = {"query": lambda town: {"community_id": town.community}}
SHOP = {"path": lambda town: {"shop_id": MADE["shop"]}}
CALLS = (
    Call("GET", f"{API}/shops", MANAGER, **HERE),
    Call("POST", f"{API}/shops", MANAGER, 201,
         body=lambda town: {"community_id": str(town.community), "name": "水果店"}),
    Call("POST", f"{API}/shops/{{shop_id}}/renew", MANAGER, **SHOP),
    Call("POST", f"{API}/shops/{{shop_id}}/close", MANAGER, body=lambda _: WHY, **SHOP),
    Call("POST", f"{API}/shops/{{shop_id}}/quotas", MANAGER, body=quota_in, **SHOP),
    Call("POST", f"{API}/shops/{{shop_id}}/coupons", MANAGER, body=coupon_in, **SHOP),
    Call("GET", f"{API}/coupons", MANAGER, **HERE),
    Call("POST", f"{API}/coupons/{{coupon_id}}/back", MANAGER, 204, body=lambda _: WHY,
         path=lambda town: {"coupon_id": MADE["coupon"]}),
)  # fmt: skip


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_each_route_is_for_who_may_and_for_nobody_else(call, shop, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)
    assert routes_of([coupon_routes.router]) == {shape(one.id) for one in CALLS}


@pytest.mark.req("PARK-16")
def test_what_is_given_is_counted_and_never_more_than_was_bought(shop, town, login_as):
    manager = login_as("manager", community=town.community)
    body = coupon_in(town)
    given = manager.post(f"{API}/shops/{shop.shop_id}/coupons", json=body).json()
    assert given["plate"] == "川A·12345" and given["path"] is None
    assert manager.post(f"{API}/shops/{shop.shop_id}/coupons", json=body).json() == given, "twice is once"
    again = manager.post(f"{API}/shops/{shop.shop_id}/coupons", json=coupon_in(town))
    assert again.status_code == 409, "one to a plate and day"
    code = manager.post(f"{API}/shops/{shop.shop_id}/coupons", json=coupon_in(town) | {"plate": None}).json()
    assert code["path"].startswith("/coupon/") and code["plate"] == ""
    (told,) = manager.get(f"{API}/shops", params={"community_id": str(town.community)}).json()
    (quota,) = told["quotas"]
    assert (quota["bought"], quota["given"], quota["open"], quota["left"]) == (10, 3, 3, 7)
    first = manager.get(f"{API}/coupons", params={"community_id": str(town.community), "limit": 2}).json()
    rest = manager.get(
        f"{API}/coupons", params={"community_id": str(town.community), "limit": 2, "after": first["next"]}
    ).json()
    assert [one["plate"] for one in (*first["items"], *rest["items"])] == ["", "川A·12345", "川B·8K3H5"]
    assert rest["next"] is None and "token" not in str(first) and "pin" not in str(told)
    manager.post(f"{API}/shops/{shop.shop_id}/close", json=WHY)
    closed = manager.post(f"{API}/shops/{shop.shop_id}/coupons", json=coupon_in(town) | {"plate": "川C12345"})
    assert closed.status_code == 409
