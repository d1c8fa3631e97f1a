"""At the desk a barrier is held up, prolonged and let go on, by mouse and key; its card says by whom and how long."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.people.community.service import lane_serves
from models.site.topology import Direction
from models.wire.events import LaneDirection, LaneHeld
from tests.browser.test_pages import look_at

EACH = [(1440, "zh_CN", "light"), (360, "en", "dark")]
LONG = timedelta(minutes=5)


def barriers(site):
    """The gate's lanes have barriers."""
    with site.gate.session() as db:
        for lane in site.gate.reply.lanes:
            lane_serves(db, lane.lane_id, vehicles=True)


def lane(page):
    return page.locator("#lanes > article").first


@pytest.mark.req("LANE-20", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), EACH)
def test_a_guard_holds_an_arm_up_and_lets_it_go_on(sit_down, site, width, language, theme):
    barriers(site)
    page = sit_down("guard", width=width, language=language, theme=theme).page
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    if width < 1000:
        page.locator("[data-tab-button=lanes]").click()
    with site.gate.on_duty():
        site.gate.poll()
        expect(lane(page)).to_have_attribute("data-heard", re.compile("."))
        page.keyboard.press("h")
        expect(page.locator("#hold-reason")).to_be_visible()
        look_at(page, "hold-ask", width, language, theme)
        page.locator("[data-fill=hold-reason]").first.click()
        page.select_option("#hold-minutes", "60")
        page.locator("[data-hold-button]").click()
        expect(page.locator("#open-result .told--granted, #open-result [class*=granted]").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(lane(page).locator("[data-held]")).to_contain_text("陈值班")
        look_at(page, "desk-held", width, language, theme)
        page.keyboard.press("h")
        page.locator("[data-fill=resume-reason]").first.click()
        page.locator("[data-resume-button]").click()
        expect(page.locator("#open-result .told--granted, #open-result [class*=granted]").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(lane(page).locator("[data-held]")).to_have_count(0)


@pytest.mark.req("LANE-20")
def test_a_silent_gate_offers_nothing_but_says_what_to_do(sit_down, site, monkeypatch):
    barriers(site)
    page = sit_down("guard").page
    page.goto("/")
    later = clock.now() + LONG
    monkeypatch.setattr(clock, "now", lambda: later)
    lane(page).locator("[data-hold-lane]").click()
    expect(page.locator("#hold-body")).to_contain_text("请到现场用道闸上的按钮抬杆")
    expect(page.locator("[data-hold-button]")).to_have_count(0)


@pytest.mark.req("LANE-13")
def test_a_tidal_lane_is_turned_from_its_card(sit_down, site):
    barriers(site)
    site.gate.write(LaneDirection(direction=Direction.IN), None, 0)
    site.gate.tell()
    page = sit_down("guard").page
    page.goto("/")
    expect(lane(page).locator("[data-leads]")).to_have_text("进")
    with site.gate.on_duty():
        site.gate.poll()
        expect(lane(page)).to_have_attribute("data-heard", re.compile("."))
        lane(page).locator("[data-turn-lane]").click()
        page.locator("[data-fill=turn-reason]").first.click()
        page.locator("[data-turn-button]").click()
        expect(page.locator("#open-result")).to_contain_text("车道已换向")
        page.keyboard.press("Escape")
        expect(lane(page).locator("[data-leads]")).to_have_text("出")


@pytest.mark.req("LANE-13", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), EACH)
def test_a_change_of_the_timetable_that_waits_is_said_on_the_card_and_where_it_is_turned(
    sit_down, site, width, language, theme
):
    barriers(site)
    now = clock.now()
    waits = LaneDirection(
        direction=Direction.IN, due=now, waits="not_empty", next_at=now + LONG, next_leads=Direction.IN
    )
    site.gate.write(waits, None, 0)
    site.gate.tell()
    page = sit_down("guard", width=width, language=language, theme=theme).page
    page.goto("/")
    if width < 1000:
        page.locator("[data-tab-button=lanes]").click()
    told = lane(page).locator("[data-turn-waits=not_empty]")
    expect(told).to_contain_text({"zh_CN": "空了自动变", "en": "once it is empty"}[language])
    expect(lane(page).locator("[data-turn-next]")).to_be_visible()
    look_at(page, "turn-waits", width, language, theme)
    lane(page).locator("[data-turn-lane]").click()
    expect(page.locator("#hold-body [data-turn-waits]")).to_be_visible()
    look_at(page, "turn-waits-dialog", width, language, theme)


@pytest.mark.req("LANE-28")
def test_what_a_storm_holds_is_ended_with_the_storm(sit_down, site):
    barriers(site)
    now = clock.now()
    site.gate.write(LaneHeld(held=True, since=now, until=now + LONG, storm_id=site.community_id), None, 0)
    site.gate.tell()
    page = sit_down("guard").page
    page.goto("/")
    lane(page).locator("[data-hold-lane]").click()
    expect(page.locator("#hold-body")).to_contain_text("防汛模式让杆保持抬起")
    expect(page.locator("[data-resume-button], [data-hold-button]")).to_have_count(0)
