"""A guard's page of the car park: who waits to pay appears by itself, and a denied debt is decided by its pictures."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.gates.parking.driver import stay as driver_stay
from models.wire.events import AlarmKind, Passage
from tests.browser.test_pages import look_at
from tests.central.oversight.driver.lot import DAY, HOUR, DriversLot

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]


@pytest.fixture
def lot(site, served):
    return DriversLot(site, served.running.parts.dispatcher)


@pytest.mark.req("PARK-12", "PARK-15", "LANE-24", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_guard_sees_who_waits_to_pay_and_decides_a_denied_debt(sit_down, site, lot, width, language, theme):
    plate = f"川N{width % 1000}{'56' if language == 'en' else '78'}"
    visitor = sit_down("guard", width=width, language=language, theme=theme)
    page = visitor.page
    debt = lot.enter(plate, ago=DAY + 4.7 * HOUR)  # five hours are begun, however long this takes
    lot.leave(plate, ago=DAY)
    stay = lot.enter(plate, ago=1.6 * HOUR)
    page.goto(f"/parking?community={site.community_id}")
    expect(page.locator("[data-at-exit]")).to_have_count(0)
    lot.waits(plate)
    expect(page.locator(f"[data-at-exit='{stay}']")).to_be_visible()  # by itself
    expect(page.locator("[data-asks='2000']")).to_be_visible()
    page.goto(f"/parking?community={site.community_id}")
    look_at(page, "parking-waits", width, language, theme)
    if width == 1440:
        look_at_the_fee(page, site, language, theme)
        page.goto(f"/parking?community={site.community_id}")
    with site.gate.session() as db:
        driver_stay.not_mine(db, stay, debt, clock.now())
    expect(page.locator("[data-asks='700']")).to_be_visible()
    page.goto("/")
    expect(page.locator("#denied > article")).to_have_count(1)
    if width == 360:
        page.locator("[data-tab-button=needs]").click()
    look_at(page, "desk-denied", width, language, theme)
    page.locator("#denied a").click()
    expect(page.locator(f"[data-denied='{debt}']")).to_be_visible()
    page.locator("[data-deed=not-theirs] summary").click()
    look_at(page, "parking-denied", width, language, theme)
    page.locator("[data-deed=not-theirs] input[name=reason]").fill("照片上是另一辆车")
    page.locator("[data-deed=not-theirs] button").click()
    page.goto(f"/parking?community={site.community_id}&tab=look")
    expect(page.locator("[data-denied]")).to_have_count(0)
    lot.is_let_out(plate)
    expect(page.locator("[data-at-exit]")).to_have_count(0)  # by itself


@pytest.mark.req("PARK-12", "LANE-24", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR[:2])
def test_the_way_to_the_bill_shows_its_heading_and_opens_the_cash(sit_down, site, lot, width, language, theme):
    """Below the bar and the line of alarms, which comes after the page and takes several lines of a phone."""
    plate = f"川P{width % 1000:03}66"
    page = sit_down("guard", width=width, language=language, theme=theme).page
    stay = lot.enter(plate, ago=1.6 * HOUR)
    lot.waits(plate)
    site.gate.alarm(AlarmKind.HELD_OPEN)
    site.gate.tell()
    page.goto("/")
    page.locator("[data-to-bill]").first.click()
    page.wait_for_url(f"**/parking/stays/{stay}#stay-bill")
    expect(page.locator("#alarms-told > p")).to_be_visible()
    expect(page.locator("[data-deed=cash]")).to_have_attribute("open", "")
    look_at(page, "stay-bill", width, language, theme)
    where = "selector => document.querySelector(selector).getBoundingClientRect()"
    told, heading = (page.evaluate(where, one) for one in ("#alarms-told", "#stay-bill"))
    assert told["bottom"] <= heading["top"], "nothing covers what was asked for"


def look_at_the_fee(page, site, language, theme):
    """Beside the picture and the button that opens: what is asked of who stands there, line by line."""
    page.goto("/")
    site.gate.poll()
    exit_lane = page.locator(f"#lane-{site.gate.reply.lanes[1].lane_id}")
    exit_lane.locator("[data-open-lane]").click()
    fee = page.locator("[data-fee='2000']")
    fee.locator("summary").click()
    expect(fee.locator("tbody tr").first).to_be_visible()
    expect(fee).to_contain_text("¥13.00")  # of an earlier stay
    look_at(page, "desk-open-fee", 1440, language, theme)
    page.keyboard.press("Escape")


@pytest.mark.req("LANE-20", "GUARD-02")
def test_who_drives_past_a_held_arm_leaves_every_list_of_who_waits_by_itself(sit_down, site, lot):
    plate = "川N77798"
    lot.enter(plate, ago=1.6 * HOUR)
    visit = lot.waits(plate)
    desk = sit_down("guard", width=1440).page
    desk.goto("/")
    expect(desk.locator("#waiting > [data-waits]")).to_have_count(1)
    site.gate.write(Passage(passed=True, why="loops", held=True), visit, lane=1, at=clock.now())
    site.gate.tell()
    expect(desk.locator(f"#visit-{visit}[data-passed]")).to_have_count(1)  # by itself
    expect(desk.locator("#waiting > [data-waits]")).to_have_count(0)
    expect(desk.locator(f"#visit-{visit} [data-open-here]")).to_have_count(0)
    look_at(desk, "desk-driven-past", 1440, "zh_CN", "light")
    desk.goto(f"/parking?community={site.community_id}")
    expect(desk.locator("[data-at-exit]")).to_have_count(0)
