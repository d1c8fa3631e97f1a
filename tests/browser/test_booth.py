"""The remote booth in a browser: one operator serves two lanes, oldest call first, and others see who has what."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from models.values.ids import new_id
from models.wire.events import LaneCall
from tests.browser.test_pages import look_at
from tests.central.oversight.driver.lot import OUT, DriversLot

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]


@pytest.fixture
def lot(site, served):
    return DriversLot(site, served.running.parts.dispatcher)


def calls(site, lane):
    call = new_id()
    site.gate.write(LaneCall(what="began", by="button"), call, lane=lane, at=clock.now())
    site.gate.tell()
    return call


@pytest.mark.req("LANE-26", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_one_operator_serves_two_lanes_and_the_other_sees_who_has_it(sit_down, site, lot, width, language, theme):
    operator = sit_down("guard", width=width, language=language, theme=theme)
    page, other = operator.page, sit_down("guard").page
    first, second = (str(site.gate.reply.lanes[lane].lane_id) for lane in (OUT, 0))
    page.goto("/booth")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    look_at(page, "booth-calm", width, language, theme)
    lot.enter()
    lot.waits()
    calls(site, OUT)
    expect(page.locator(f"#asks-{first}")).to_have_attribute("data-state", "waiting")  # by itself
    expect(page).to_have_title(re.compile("^呼叫1 " if language == "zh_CN" else r"^\[Call 1\] "))
    calls(site, 0)
    expect(page.locator(".booth__calls > li")).to_have_count(2)
    expect(page.locator(".booth__calls > li").first).to_have_attribute("data-asks-lane", first)
    expect(page.locator("#booth-lane")).to_have_attribute("data-lane", first)
    other.goto("/booth")
    page.locator("body").press("t")
    expect(page.locator("#booth-lane [data-done]")).to_be_visible()
    expect(other.locator(f"#asks-{first} [data-who]")).to_contain_text("已接")  # by itself
    other.goto(f"/booth?lane={first}")
    expect(other.locator("[data-take-over]")).to_be_visible()
    fee = page.locator("#booth-lane [data-fee='700']")
    expect(fee).to_contain_text("¥5.00")
    expect(fee).to_contain_text("¥2.00")
    look_at(page, "booth-taken", width, language, theme)
    with site.gate.on_duty():
        page.locator("body").press("o")
        expect(page.locator("#look img")).to_be_visible()
        page.locator("#open-reason").fill("已解释费用，现金已收")
        page.locator("[data-open-button]").click()
        expect(page.locator("#open-result")).to_contain_text("已执行" if language == "zh_CN" else "raised")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.locator("#booth-lane [data-done]").click()
    expect(page.locator("#booth-lane")).to_have_attribute("data-lane", second)
    expect(page.locator(".booth__calls > li")).to_have_count(1)
    expect(page.locator("#booth-lane [data-take]")).to_be_visible()


@pytest.mark.req("LANE-26")
def test_a_new_call_reaches_the_desk_and_its_title_and_leads_to_the_booth(sit_down, site):
    page = sit_down("guard").page
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    calls(site, OUT)
    expect(page.locator("#calls > article")).to_have_count(1)  # by itself
    assert page.title().startswith("呼叫1 ")
    page.locator("#calls a").click()
    expect(page.locator("#booth-lane")).to_have_attribute("data-lane", str(site.gate.reply.lanes[OUT].lane_id))


@pytest.mark.req("LANE-26")
def test_what_an_operator_writes_is_not_taken_away_by_what_happens_meanwhile(sit_down, site, lot):
    page = sit_down("guard").page
    lot.enter()
    lot.waits()
    page.goto("/booth")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    page.locator("body").press("p")
    page.keyboard.type("川A12346")
    calls(site, OUT)
    expect(page.locator("#booth-lane [data-changed]")).to_be_visible()
    expect(page.locator("#plate-plate")).to_have_value("川A12346")
