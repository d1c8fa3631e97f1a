"""A driver's way on a phone, from the sign to the paid stay: by thumb, in two tabs, over a line that breaks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from central.base.kernel import clock
from central.gates.parking.stays.told import newer_than
from central.money.payments.tables import PaymentOrderRow, PaymentRow
from tests.browser.conftest import WAIT_MS, Visitor
from tests.browser.test_pages import ALONE, look_at
from tests.central.oversight.driver.lot import DAY, HOUR, MINUTE, DriversLot

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]
MINE, OTHER = "川D70001", "川D70002"
"""Of this file alone: debts follow a plate over all lots of the company, and so from test to test."""


@pytest.fixture
def lot(site, served):
    return DriversLot(site, served.running.parts.dispatcher)


@pytest.fixture
def stand(served, browser):
    """stand() -> a phone without an account, whose console may not complain."""
    phones = []

    def one(*, width=360, language="zh_CN", theme="light", base=None, scripts=True):
        context = browser.new_context(
            base_url=base or served.url, viewport={"width": width, "height": 740}, locale=language.replace("_", "-"),
            timezone_id="Asia/Shanghai", color_scheme=theme, reduced_motion="reduce", java_script_enabled=scripts,
        )  # fmt: skip
        context.set_default_timeout(WAIT_MS)
        phone = Visitor(context, context.new_page(), None)
        phone.expected = ("410", "422", "429", "ERR_", "Failed to load resource")
        phone.listen()
        phones.append(phone)
        return phone

    yield one
    for phone in phones:
        phone.context.close()
    assert [words for phone in phones for words in phone.said] == []


def find(page, lot, plate=MINE):
    page.goto(lot.of_lot)
    page.fill("#plate", plate)
    page.locator("form[data-plate] button[type=submit]").click()
    page.wait_for_url("**/stay/**")


def pay(page):
    """In the channel that takes no money, and back."""
    page.locator("form[action$='/pay'] button").first.click()
    page.wait_for_url("**/pay/test/**")
    page.locator("form[action^='/pay/test'] button").click()
    page.locator("[data-back]").click()
    expect(page.locator("[data-step=paid]")).to_be_visible()


@pytest.mark.req("PARK-02", "PARK-12", "PARK-15", "PARK-26", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_drivers_pages_in_their_languages_themes_and_widths(stand, lot, width, language, theme, monkeypatch):
    page = stand(width=width, language=language, theme=theme).page
    plate = f"川A{width % 1000}{'12' if language == 'en' else '34'}"

    def look(name):
        look_at(page, f"driver-{name}", width, language, theme)
        if width == 360:
            assert page.evaluate(ALONE) == [], f"{name}: lower than a thumb"

    page.goto(lot.of_lot)
    look("lot")
    page.fill("#plate", "川AI2345")
    page.locator("form[data-plate] button[type=submit]").click()
    expect(page.locator("#plate-wrong")).to_be_visible()
    look("wrong")
    page.fill("#plate", "川C00000")
    page.locator("form[data-plate] button[type=submit]").click()
    expect(page.locator("[data-nothing]")).to_be_visible()
    look("nothing")
    page.goto(lot.of_lane)
    look("lane-empty")
    lot.enter(plate, ago=DAY + 5 * HOUR)
    lot.leave(plate, ago=DAY)
    lot.enter(plate, ago=3 * HOUR)
    lot.waits(plate, entered=clock.now() - 3 * HOUR)
    expect(page.locator("[data-standing]")).to_have_text(f"川A****{plate[-1]}")
    look("lane")
    page.locator("form[action$='/car'] button").click()
    expect(page.locator("[data-asked]")).to_be_visible()
    look("stay-of-lane")
    find(page, lot, plate)
    expect(page.locator("[data-asked]")).to_have_attribute("data-asked", "2200")
    look("stay")
    page.locator("form[action$='/not-mine'] button").click()
    expect(page.locator("[data-sure]")).to_be_visible()
    look("sure")
    page.locator("form[action$='/not-mine'] button").click()
    expect(page.locator("[data-frozen]")).to_be_visible()
    look("frozen")
    page.locator("form[action$='/pay'] button").click()
    page.wait_for_url("**/pay/test/**")
    look_at(page, "driver-channel", width, language, "light")
    way = page.url
    page.locator("[data-back]").click()
    expect(page.locator("[data-step=waiting]")).to_be_visible()
    look("waiting")
    order = page.url
    page.goto(way)
    page.locator("form[action^='/pay/test'] button").click()
    page.goto(order)
    expect(page.locator("[data-step=paid]")).to_be_visible()
    look("paid")
    page.locator("a[href$='/receipt']").click()
    look("receipt")
    page.locator("form[action$='/receipt'] button").click()
    expect(page.locator("[data-paper]")).to_contain_text("人民币")
    page.locator("details summary").click()
    page.locator("#invoice-title").fill("示例公司")
    page.locator("#invoice-tax_number").fill("91350100M000100Y44")
    page.locator("#invoice-contact").fill("fin@example.com")
    look("receipt-given")
    page.locator("form[action$='/invoice'] button").click()
    expect(page.locator("#invoice-tax_number-wrong")).to_be_visible()
    look("invoice-refused")
    page.locator("#invoice-tax_number").fill("91350100M000100Y43")
    page.locator("form[action$='/invoice'] button").click()
    expect(page.locator("[data-invoice=asked]")).to_be_visible()
    page.locator("form[action$='/print'] button").click()
    expect(page.locator("[data-mark-of=original]")).to_be_visible()
    look("receipt-print")
    page.goto(f"{lot.of_lot}/fees")
    look("fees")
    page.goto("/park/nobody")
    look("over")
    page.goto(order)
    at = clock.now() + timedelta(minutes=17)
    monkeypatch.setattr(clock, "now", lambda: at)
    page.reload()
    expect(page.locator("[data-says=due]")).to_be_visible()
    look("grace-over")


@pytest.mark.req("PARK-12", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_manager_makes_and_prints_signs(sit_down, site, width, language, theme):
    page = sit_down("manager", width=width, language=language, theme=theme).page
    page.goto(f"/parking?community={site.community_id}")
    page.locator("main a[href^='/parking/signs']").click()
    look_at(page, "signs-none", width, language, theme)
    page.locator("[data-sign-of=lot] form button").click()
    expect(page.locator("[data-sign-of=lot] a[href^='/park/']")).to_be_visible()
    page.locator("[data-sign-of]:not([data-sign-of=lot]) form button").first.click()
    look_at(page, "signs", width, language, theme)
    page.locator("[data-sign-of]:not([data-sign-of=lot]) a[href^='/parking/signs/']").first.click()
    expect(page.locator("[data-sign]")).to_be_visible()
    look_at(page, "sign-printed", width, language, "light")


@pytest.mark.req("PARK-12")
def test_a_plate_is_typed_by_thumb(stand, lot):
    lot.enter(MINE)
    page = stand().page
    page.goto(lot.of_lot)
    keys = page.locator("[data-keys] button")
    expect(keys).to_have_count(31 + 2)
    small = keys.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).filter(one => one.width < 43.9 || one.height < 44)"
    )
    assert small == []
    for sign in MINE[:2]:
        page.get_by_role("button", name=sign, exact=True).click()
    assert page.get_by_role("button", name="I", exact=True).count() == 0
    for sign in "70002":
        page.get_by_role("button", name=sign, exact=True).click()
    page.get_by_role("button", name="退格").click()
    page.get_by_role("button", name="1", exact=True).click()
    expect(page.locator("#plate")).to_have_value(MINE)
    page.locator("form[data-plate] button[type=submit]").click()
    expect(page.locator("[data-asked]")).to_have_attribute("data-asked", "700")


@pytest.mark.req("PARK-12", "PARK-13")
def test_the_exit_hears_of_the_payment_and_the_page_of_the_release(stand, lot, site):
    stay = lot.enter(MINE)
    lot.waits(MINE)
    page = stand().page
    page.goto(lot.of_lane)
    page.locator("form[action$='/car'] button").click()
    pay(page)
    expect(page.locator("[data-says=may_leave]")).to_be_visible()
    with site.gate.session() as db:
        told = newer_than(db, site.community_id, site.gate.reply.node_id, 0, clock.now())
    (one,) = (each for each in told.stays if each.stay_id == stay)
    assert [each.fen for each in one.payments] == [700], "by this the lane lets the waiting car out"
    board = stand().page
    board.goto(lot.of_lane)
    lot.is_let_out(MINE, drives=False)
    expect(board.locator("main")).to_contain_text("已放行")
    lot.is_let_out(MINE)
    expect(board.locator("main")).to_contain_text("没有等着缴费的车")
    expect(page.locator("main")).to_contain_text("已经离场")


@pytest.mark.req("PARK-12")
def test_two_tabs_and_two_presses_pay_once(stand, lot, site):
    lot.enter(OTHER)
    first, second = stand().page, stand().page
    find(first, lot, OTHER)
    find(second, lot, OTHER)
    first.evaluate(
        "() => { const one = document.querySelector(\"form[action$='/pay'] button\"); one.click(); one.click(); }"
    )
    first.wait_for_url("**/pay/test/**")
    expect(second.locator("main")).to_contain_text("还没到账")
    first.locator("form[action^='/pay/test'] button").click()
    expect(second.locator("[data-says=may_leave]")).to_be_visible()
    with site.gate.session() as db:
        orders = db.scalar(select(func.count()).select_from(PaymentOrderRow).where(
            PaymentOrderRow.community_id == site.community_id))  # fmt: skip
        paid = db.scalar(select(func.count()).select_from(PaymentRow).where(
            PaymentRow.community_id == site.community_id))  # fmt: skip
    assert (orders, paid) == (1, 1)


@pytest.mark.req("PARK-12")
def test_a_line_that_breaks_is_told_and_the_page_goes_on_when_it_is_back(stand, lot, wire):
    lot.enter(MINE)
    page = stand(base=wire.url).page
    page.goto(lot.of_lane)
    expect(page.locator("[data-lost]")).to_be_hidden()
    wire.cut()
    expect(page.locator("[data-lost]")).to_be_visible()
    expect(page.locator("[data-lost]")).to_contain_text("不要重复付款")
    lot.waits(MINE)
    wire.mend()
    expect(page.locator("[data-standing]")).to_be_visible()
    expect(page.locator("[data-lost]")).to_be_hidden()


@pytest.mark.req("PARK-12")
def test_without_scripts_a_driver_pays_all_the_same(stand, lot):
    lot.enter(MINE)
    page = stand(scripts=False).page
    find(page, lot)
    page.locator("form[action$='/pay'] button").click()
    page.locator("[data-way]").click()
    page.locator("form[action^='/pay/test'] button").click()
    page.locator("[data-back]").click()
    expect(page.locator("[data-says=may_leave]")).to_be_visible()


@pytest.mark.req("PARK-13", "PARK-E16")
def test_a_page_that_stays_open_says_when_the_minutes_to_leave_are_over(stand, lot, monkeypatch):
    lot.enter(MINE)
    page = stand().page
    find(page, lot)
    pay(page)
    at = clock.now() + 20 * MINUTE
    monkeypatch.setattr(clock, "now", lambda: at)
    expect(page.locator("[data-says=due]")).to_be_visible()
    expect(page.locator("[data-asked]")).to_have_attribute("data-asked", "200")


@pytest.mark.req("PARK-12", "ADMIN-14")
def test_the_phones_back_button_leads_to_a_page_and_never_to_an_error(stand, lot):
    """What a form answered is no page that a browser could fetch again: the step before stands in its place."""
    page = stand().page
    for wrong in ("川C00001", "川AI2345"):
        page.goto(lot.of_lot)
        page.fill("#plate", wrong)
        page.locator("form[data-plate] button[type=submit]").click()
        expect(page.locator("[data-nothing], #plate-wrong")).to_be_visible()
        page.locator(".links a[href$='/fees']").click()
        page.wait_for_url("**/fees")
        page.go_back()
        expect(page.locator("#plate")).to_be_visible()
    plate = "川A7K7K7"
    lot.enter(plate, ago=DAY + 5 * HOUR)
    lot.leave(plate, ago=DAY)
    lot.enter(plate, ago=3 * HOUR)
    find(page, lot, plate)
    page.locator("form[action$='/not-mine'] button").click()
    page.locator("[data-sure] form button").click()
    expect(page.locator("[data-frozen]")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-frozen]")).to_be_visible()
