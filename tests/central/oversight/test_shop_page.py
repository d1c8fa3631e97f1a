"""A shop's page and a coupon's: by the link and the PIN, and by nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from central.base.identity.passwords import Passwords
from central.base.kernel import clock
from central.base.web.hosts import LOCAL, Hosts
from central.gates.parking.coupons import shops as coupon_shops
from central.gates.parking.coupons.rules import WRONG_PINS_MAX, Gives
from central.gates.parking.coupons.shop_session import LASTS
from central.gates.parking.coupons.shops import PaidBy
from models.values.ids import new_id
from tests.central.gates.parking.tariffs.test_tariffs import person

HTML = {"accept": "text/html"}


@pytest.fixture
def shop(town):
    with town.session() as db:
        handed = coupon_shops.make_shop(db, person(town), Passwords(cheap=True), town.community, "便民超市", town.now)
        quota = coupon_shops.sell_quota(
            db, person(town), handed.shop_id, Gives.MINUTES, 60, 10, 0, PaidBy.BANK, town.now, hold_hours=24,
            ends_at=town.now + timedelta(days=9),
        )  # fmt: skip
    return handed, str(quota)


def send(client, shop, **form):
    handed, quota = shop
    whole = {"pin": handed.pin, "quota": quota, "coupon": str(new_id()), "do": "plate"} | form
    return client.post(f"/shop/{handed.token}", data=whole, headers=HTML)


def given(town):
    with town.session() as db:
        return [one.plate for one in coupon_shops.coupons_in(db, person(town), town.community, town.now)]


@pytest.mark.req("PARK-16", "SEC-05")
def test_the_link_alone_tells_the_shops_name_and_the_pin_opens_the_rest(shop, client, town):
    handed, quota = shop
    page = client.get(f"/shop/{handed.token}", headers=HTML)
    assert page.status_code == 200 and "便民超市" in page.text and quota not in page.text
    assert page.headers["cache-control"] == "no-store" and "noindex" in page.headers["x-robots-tag"]
    assert quota in send(client, shop, do="open").text
    wrong = send(client, shop, pin="000000" if handed.pin != "000000" else "111111", plate="川A12345")
    assert wrong.status_code == 403 and quota not in wrong.text and given(town) == []
    for token in ("x", handed.token[:-1]):
        assert client.get(f"/shop/{token}", headers=HTML).status_code == 410


@pytest.mark.req("PARK-16", "SEC-05")
def test_a_browser_that_gave_the_pin_gives_coupons_for_a_day_at_the_till_until_it_leaves(
    shop, client, town, monkeypatch
):
    opened = send(client, shop, do="open")
    cookie = opened.headers["set-cookie"]
    assert "menting_shop=" in cookie and f"Path=/shop/{shop[0].token}" in cookie
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    given_one = send(client, shop, pin="", plate="川A12345")
    assert given_one.status_code == 200 and "川A·12345" in given_one.text and "set-cookie" not in given_one.headers
    page = client.get(f"/shop/{shop[0].token}", headers=HTML).text
    assert 'data-today="1"' in page and "川A****5" in page and "川A·12345" not in page
    assert 'data-left="9"' in page and "抵 60 分钟" in page
    later = clock.now() + LASTS
    monkeypatch.setattr(clock, "now", lambda: later)
    over = send(client, shop, pin="", plate="川B8K3H5")
    assert over.status_code == 403 and "请再输一次 PIN" in over.text and 'value="川B8K3H5"' in over.text
    assert given(town) == ["川A·12345"]


@pytest.mark.req("PARK-16", "SEC-05")
def test_who_leaves_and_who_has_another_shops_session_is_asked_for_the_pin(shop, client, town):
    send(client, shop, do="open")
    stolen = client.cookies["menting_shop"]
    send(client, shop, do="leave", pin="")
    assert "data-leave" not in client.get(f"/shop/{shop[0].token}", headers=HTML).text
    client.cookies.clear()
    client.cookies.set("menting_shop", stolen)
    assert send(client, shop, pin="", plate="川A12345").status_code == 403, "central has forgotten it, too"
    client.cookies.clear()
    send(client, shop, do="open")
    mine = client.cookies["menting_shop"]
    with town.session() as db:
        other = coupon_shops.make_shop(db, person(town), Passwords(cheap=True), town.community, "水果店", town.now)
    client.cookies.set("menting_shop", mine)
    assert "data-leave" not in client.get(f"/shop/{other.token}", headers=HTML).text
    with town.session() as db:
        renewed = coupon_shops.renew_link(db, person(town), Passwords(cheap=True), shop[0].shop_id)
    assert "data-leave" not in client.get(f"/shop/{renewed.token}", headers=HTML).text


@pytest.mark.req("PARK-16")
def test_a_coupon_goes_to_a_plate_once_however_often_the_form_is_sent(shop, client, town):
    coupon = str(new_id())
    for _ in range(2):
        assert "川A·12345" in send(client, shop, plate="川a12345", coupon=coupon).text
    assert given(town) == ["川A·12345"]
    again = send(client, shop, plate="川A12345")
    assert again.status_code == 409 and "今天已拿满" in again.text
    assert send(client, shop, plate="8K3").status_code == 422
    assert send(client, shop, plate="川B8K3H5", quota="x").status_code == 422
    assert send(client, shop, plate="川B8K3H5", quota=str(new_id())).status_code == 422


@pytest.mark.req("PARK-16")
def test_a_code_is_scanned_and_bound_by_the_driver(shop, client, town):
    made = send(client, shop, do="code").text
    path = re.search(r"/coupon/[A-Za-z0-9_-]{20,}", made).group()
    page = client.get(path, headers=HTML)
    assert "便民超市" in page.text and "抵 60 分钟" in page.text
    assert client.post(path, data={"plate": "8K3"}, headers=HTML).status_code == 422
    assert "川B·8K3H5" in client.post(path, data={"plate": "川B8K3H5"}, headers=HTML).text
    assert given(town) == ["川B·8K3H5"]
    other = client.post(path, data={"plate": "川A12345"}, headers=HTML)
    assert other.status_code == 409 and given(town) == ["川B·8K3H5"]
    assert "8K3H5" not in client.get(path, headers=HTML).text
    assert client.get("/coupon/x", headers=HTML).status_code == 410


@pytest.mark.req("SEC-05")
def test_many_wrong_pins_lock_the_link_for_the_right_one_too(shop, client):
    wrong = "000000" if shop[0].pin != "000000" else "111111"
    for _ in range(WRONG_PINS_MAX):
        assert send(client, shop, pin=wrong, plate="川A12345").status_code == 403
    assert send(client, shop, plate="川A12345").status_code == 403


@pytest.mark.req("SEC-05")
def test_a_link_that_wrong_pins_have_ended_ends_the_sessions_too_and_a_session_resets_no_count(shop, client):
    wrong = "000000" if shop[0].pin != "000000" else "111111"
    send(client, shop, do="open")
    for n in range(WRONG_PINS_MAX):
        assert send(client, shop, pin=wrong, do="open").status_code == 403
        codes = send(client, shop, pin="", do="code").status_code
        assert codes == (200 if n < WRONG_PINS_MAX - 1 else 403)


@pytest.mark.req("PARK-16")
def test_a_code_that_would_lead_a_phone_to_itself_is_not_drawn(shop, client):
    def code_at(base):
        whole = {"pin": shop[0].pin, "quota": shop[1], "coupon": str(new_id()), "do": "code"}
        return client.post(f"{base}/shop/{shop[0].token}", data=whole, headers=HTML | {"origin": base}).text

    here = code_at("http://localhost")
    assert "data:image/svg+xml" not in here and "data-no-code" in here
    client.app.state.hosts = Hosts(LOCAL | {"central.example.cn"})
    asked_by_name = code_at("https://central.example.cn")
    assert "https://central.example.cn/coupon/" in asked_by_name and "data:image/svg+xml" in asked_by_name
    client.app.state.hosts = Hosts(public="https://p.example.cn")
    told_its_name = code_at("http://localhost")
    assert "https://p.example.cn/coupon/" in told_its_name and "data:image/svg+xml" in told_its_name
