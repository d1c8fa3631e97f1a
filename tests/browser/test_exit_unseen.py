"""A car comes in again whose exit nobody saw: a person charges the first stay up to a time, or lets it off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import look_at
from tests.central.oversight.driver.lot import DAY, HOUR, DriversLot

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]


@pytest.fixture
def lot(site, served):
    return DriversLot(site, served.running.parts.dispatcher)


def came_again(lot, plate):
    """Inside for two days by what was seen; the first stay."""
    first = lot.enter(plate, ago=2 * DAY + HOUR)
    lot.enter(plate, ago=HOUR)
    lot.dispatcher.drain()
    return first


@pytest.mark.req("PARK-15", "LANE-24", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_an_exit_that_nobody_saw_waits_for_a_person_who_charges_it_or_lets_it_off(
    sit_down, site, lot, width, language, theme
):
    visitor = sit_down("manager", width=width, language=language, theme=theme)  # a guard proposes what lowers a debt
    page = visitor.page
    charged, let_off = (came_again(lot, plate) for plate in ("川A12345", "川B8K3H5"))
    page.goto(f"/parking?community={site.community_id}&tab=look")
    look_at(page, "unseen-list", width, language, theme)
    page.locator(f"a[href$='/parking/stays/{charged}']").first.click()
    expect(page.locator("#stay-unseen")).to_be_visible()
    look_at(page, "unseen-stay", width, language, theme)
    form = page.locator("[data-deed=charge]")
    form.locator("summary").click()
    expect(form.locator("input[name=moment]")).to_have_count(3)  # that day, as it came again, a time that is typed
    form.locator("input[name=moment][value=typed]").check()
    form.locator("input[name=until]").fill("2020-01-01T00:00")
    form.locator("input[name=reason]").fill("录像里当天跟车出去")
    form.locator("button[type=submit]").click()
    expect(page.locator("#charge-until-wrong")).to_be_visible()
    expect(page.locator("#charge-reason")).to_have_value("录像里当天跟车出去")
    visitor.said.clear()  # of the refusal that was meant
    look_at(page, "unseen-refused", width, language, theme)
    form.locator("input[name=moment][value=day]").check()
    form.locator("button[type=submit]").click()
    expect(page.locator("[data-change='left_owing'], [data-change='left']").first).to_contain_text("录像里当天跟车出去")
    expect(page.locator("#stay-unseen")).to_have_count(0)
    look_at(page, "unseen-charged", width, language, theme)
    page.goto(f"/parking/stays/{let_off}")
    form = page.locator("[data-deed=let-off]")
    form.locator("summary").click()
    form.locator("input[name=reason]").fill("出口地感当天停用")
    look_at(page, "unseen-let-off", width, language, theme)
    form.locator("button[type=submit]").click()
    expect(page.locator("[data-change='void']")).to_contain_text("出口地感当天停用")
    page.goto(f"/parking?community={site.community_id}&tab=look")
    for stay in (charged, let_off):
        expect(page.locator(f"[data-stay='{stay}']")).to_have_count(0)
