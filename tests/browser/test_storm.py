"""Storm mode on its page: what it would do, that it is on, lane by lane, whom to ring, and its end (LANE-28)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.gates.access.site_keys import plate_key
from models.wire.events import AlarmKind
from tests.browser.test_hold import barriers
from tests.browser.test_pages import look_at
from tests.central.gates.parking.cars import FieldLane, drive

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]


@pytest.mark.req("LANE-28", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_guard_begins_it_in_two_steps_works_through_the_owners_and_ends_it(
    sit_down, site, width, language, theme
):  # fmt: skip
    barriers(site)
    with site.gate.session() as db:
        key = plate_key(db, site.community_id)
    stay = drive(FieldLane(site.gate, site.gate.reply.lanes[0]), key, "川A12345", clock.now() - timedelta(hours=2))
    site.gate.alarm(AlarmKind.WATER, device="water")
    site.gate.tell()
    page = sit_down("guard", width=width, language=language, theme=theme).page
    page.goto(f"/storm?community={site.community_id}")
    expect(page.locator("[data-pump]")).to_have_count(1)
    look_at(page, "storm-begin", width, language, theme)
    page.locator("[data-fill=storm-reason]").first.click()
    page.locator("form[action='/storm'] button[type=submit]").click()
    expect(page.locator("[data-confirm]")).to_be_visible()
    sure = page.locator("[data-confirm]")
    for one in ("until", "reason", "concerned", "fees"):
        expect(sure.locator(f"[data-{one}]")).not_to_be_empty()
    expect(sure.locator("[data-concerned]")).to_contain_text("1")
    look_at(page, "storm-sure", width, language, theme)
    page.locator("[data-confirm] button[type=submit]").click()
    expect(page.locator("[data-gates] [data-there]")).to_have_count(2)
    look_at(page, "storm-on", width, language, theme)
    page.goto("/")
    expect(page.locator("[data-storm-runs]")).to_be_visible()
    look_at(page, "desk-storm", width, language, theme)
    page.locator("[data-storm-runs] a").click()
    page.locator(f"[data-car='{stay}'] [data-tell]").click()
    expect(page.locator(f"[data-car='{stay}'] [data-tell]")).to_have_count(0)
    page.locator("form[action$='/end']").locator("xpath=..").locator("summary").click()
    page.fill("#end-reason", "水退了")
    page.locator("form[action$='/end'] button").click()
    expect(page.locator("[data-gates]")).to_have_count(0)
    look_at(page, "storm-over", width, language, theme)
