"""What somebody who is not the driver can neither learn nor do by a sign, a ticket or the address of an order."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from central.base.kernel import clock
from central.base.kernel.errors import TooMany
from central.gates.parking.driver.tables import StayDisputeRow
from central.money.payments.channels import attach_channels
from central.oversight.console.driver import limits
from central.oversight.console.driver.limits import BY_PLATE, BY_PLATE_OF_ALL, PRESSES
from models.values.ids import new_id
from tests.central.oversight.driver.lot import DAY, HOUR, MINE, MINUTE, OTHER
from tests.central.oversight.driver.test_driver_pages import (
    HTML,
    later,
    ordered,
    press,
    said_mine,
    says,
    step,
    ticket_for,
    way_of,
)  # fmt: skip


@pytest.mark.req("PARK-12", "SEC-05")
def test_an_order_that_is_not_paid_gives_no_new_time_to_look(client, lot, monkeypatch):
    """From ticket to order to order: the time of the first look ends them all, and none says that the car has left."""
    lot.enter()
    first = ordered(client, ticket_for(client, lot), 700)
    later(monkeypatch, minutes=15)
    second = ordered(client, first, 900)
    later(monkeypatch, minutes=6)
    lot.leave()
    for address in (first, second):
        page = client.get(address, headers=HTML)
        assert page.status_code == 200 and says(page) is None and "data-asked" not in page.text, address
        assert "重新扫码或输入车牌" in page.text and "离场" not in page.text and '/pay"' not in page.text
        assert press(client, address, 700).status_code == 409, "nor is there another order from here"


@pytest.mark.req("SEC-05")
def test_who_has_not_paid_is_not_told_that_the_car_has_left(client, lot):
    lot.enter()
    looked = ticket_for(client, lot)
    lot.leave()
    page = client.get(looked, headers=HTML)
    assert says(page) == "due" and 'data-asked="700"' in page.text and "离场时没有付的" not in page.text
    lot.enter(OTHER)
    looked = ticket_for(client, lot, OTHER)
    paid = ordered(client, ticket_for(client, lot, OTHER), 700)
    client.post(way_of(client.get(paid, headers=HTML)), headers=HTML)
    lot.leave(OTHER)
    assert says(client.get(looked, headers=HTML)) == "may_leave" and says(client.get(paid, headers=HTML)) == "left"


@pytest.mark.req("PARK-12")
def test_cash_is_no_way_to_pay_from_outside(client, lot):
    lot.enter()
    ticket = ticket_for(client, lot)
    order = ordered(client, ticket, 700)
    for channel in ("cash", "nobody"):
        refused = press(client, ticket, 700, channel=channel)
        assert refused.status_code == 409 and "没有开通这种付款方式" in refused.text
    assert step(client.get(order, headers=HTML)) == "waiting", "the order that stands is not touched"


@pytest.mark.req("SEC-05")
def test_a_lanes_sign_is_asked_from_one_place_only_so_often(client, lot, monkeypatch):
    monkeypatch.setattr(limits, "POLLS", 3)
    client.app.state.driver_limits = limits.Limits()
    codes = [client.get(f"{lot.of_lane}/now?seen=x").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = client.get(lot.of_lane, headers=HTML)
    assert refused.status_code == 429 and "查得太频繁" in refused.text and 'id="plate"' in refused.text


@pytest.mark.req("PARK-15", "SEC-05")
def test_who_only_saw_the_masked_car_may_pay_and_deny_nothing(client, lot):
    debt = lot.enter(ago=DAY + 5 * HOUR)
    lot.leave(ago=DAY)
    lot.enter()
    lot.waits()
    ticket = said_mine(client, lot).headers["location"]
    assert "/not-mine" not in client.get(ticket, headers=HTML).text
    refused = client.post(f"{ticket}/not-mine", data={"debt": str(debt)}, headers=HTML)
    assert refused.status_code == 409 and "输入完整车牌" in refused.text
    with lot.site.gate.session() as db:
        assert db.scalar(select(func.count()).select_from(StayDisputeRow)) == 0
    assert press(client, ticket, 2000).status_code == 303


@pytest.mark.req("PARK-15", "SEC-05")
def test_an_orders_page_denies_nothing_once_its_time_is_over(client, lot, monkeypatch):
    debt = lot.enter(ago=DAY + 5 * HOUR)
    lot.leave(ago=DAY)
    lot.enter()
    order = ordered(client, ticket_for(client, lot), 2000)
    later(monkeypatch, minutes=21)
    refused = client.post(f"{order}/not-mine", data={"debt": str(debt)}, headers=HTML)
    assert refused.status_code == 410
    with lot.site.gate.session() as db:
        assert db.scalar(select(func.count()).select_from(StayDisputeRow)) == 0


@pytest.mark.req("SEC-05")
def test_a_strangers_looks_and_presses_do_not_use_up_the_drivers():
    looks, presses, now = limits.PlateLooks(), limits.Presses(), clock.now()
    lot_id, tenant, stay = new_id(), new_id(), new_id()
    for _ in range(BY_PLATE):
        looks.count("192.0.2.1", lot_id, MINE, now)
    for _ in range(PRESSES):
        with presses.place("192.0.2.1", tenant, stay, now):
            pass
    for _ in range(BY_PLATE_OF_ALL):
        with pytest.raises(TooMany):
            looks.count("192.0.2.1", lot_id, MINE, now)
        with pytest.raises(TooMany), presses.place("192.0.2.1", tenant, stay, now):
            pass
    looks.count("192.0.2.2", lot_id, MINE, now)
    with presses.place("192.0.2.2", tenant, stay, now):
        pass


@pytest.mark.req("PARK-12", "SEC-05")
def test_what_somebody_else_is_paying_this_moment_is_not_replaced_by_another_channel(client, lot, monkeypatch):
    attach_channels(lot.site.gate.engine, lambda _: {"test": lot.sample, "alipay": lot.sample})
    lot.enter(ago=90 * MINUTE)
    ticket = ticket_for(client, lot)
    order = ordered(client, ticket, 700)
    client.app.state.driver_limits.presses = limits.Presses()  # so that whoever presses now is another than who opened
    refused = press(client, ticket, 700, channel="alipay")
    assert refused.status_code == 409 and "用同一种方式付" in refused.text
    assert step(client.get(order, headers=HTML)) == "waiting"
    assert press(client, ticket, 700).status_code == 303, "by the same way it is the same order"
    assert press(client, ticket, 700, channel="alipay").status_code == 303, "who opened it may choose anew"
    client.app.state.driver_limits.presses = limits.Presses()
    assert press(client, ticket, 700).status_code == 409
    later(monkeypatch, minutes=3)
    assert press(client, ticket, 700).status_code == 303, "two minutes later it may be replaced"


@pytest.mark.req("SEC-05", "PRIV-13")
def test_a_plate_that_is_not_here_is_looked_for_as_long_as_one_that_owes_nothing(client, lot, statements):
    """By what the database is asked, and not by a clock: whoever measures the answer learns nothing from it."""
    lot.enter(ago=10 * MINUTE)  # within the free minutes

    def looked_for(plate):
        client.post(lot.of_lot, data={"plate": plate}, headers=HTML)  # what is kept from the first look is kept for all
        statements.clear()
        page = client.post(lot.of_lot, data={"plate": plate}, headers=HTML)
        assert page.status_code == 200
        return list(statements)

    assert looked_for(MINE) == looked_for("川C55555")
