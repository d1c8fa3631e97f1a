"""A car comes in again whose exit nobody saw: a person charges the first stay up to a time, or lets it off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.parking.dues.cash_at_exit import take_at_exit
from central.people.community.queries import lane_of
from models.values.ids import new_id
from models.values.plate import Plate
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


@pytest.mark.req("P26", "PARK-12", "PARK-18", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_cash_at_an_arm_that_never_opened_is_counted_for_a_stay_or_goes_back(
    sit_down, site, lot, width, language, theme
):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page, then = visitor.page, clock.now() - HOUR
    stay = lot.enter("川A12345", ago=3 * HOUR)
    lot.dispatcher.drain()
    counted, back = new_id(), new_id()
    with site.gate.session() as db:
        by = system(site.tenant_id, "王师傅", ("stay.take_cash",))
        lane = lane_of(db, site.gate.reply.lanes[0].lane_id)
        for exit_id, plate, fen in ((counted, "川A12346", 500), (back, None, 1000)):
            take_at_exit(db, by, lane, exit_id, Plate(text=plate) if plate else None, fen, "没有入场记录", then)
    page.goto(f"/parking?community={site.community_id}&tab=look")
    expect(page.locator("li[data-unclaimed]")).to_have_count(2)
    look_at(page, "unclaimed", width, language, theme)
    mine = page.locator(f"li[data-unclaimed='{counted}']")
    mine.locator("summary").click()
    form = mine.locator("form").first
    form.locator("input[name=plate]").fill("川F31717")
    form.locator("input[name=reason]").fill("照片对得上")
    form.locator("button").click()
    expect(mine.locator("[role=alert], .told").first).to_be_visible()
    visitor.said.clear()  # of the refusal that was meant
    look_at(page, "unclaimed-refused", width, language, theme)
    form.locator("input[name=plate]").fill("川A12345")
    form.locator("input[name=reason]").fill("照片对得上")
    form.locator("button").click()
    page.wait_for_url(f"**/parking/stays/{stay}")
    page.goto(f"/parking?community={site.community_id}&tab=look")
    mine = page.locator(f"li[data-unclaimed='{back}']")
    mine.locator("summary").click()
    mine.locator("form").last.locator("input[name=reason]").fill("司机回来要")
    mine.locator("form").last.locator("button").click()
    page.wait_for_url("**/parking/money**")
    expect(page.locator("li[data-refund]")).to_contain_text("¥10.00")
    expect(page.locator("li[data-refund] a")).to_have_count(0)  # to no stay that there is not
    page.goto(f"/parking?community={site.community_id}&tab=look")
    expect(page.locator("li[data-unclaimed]")).to_have_count(0)
