"""A manager says what a shared bay costs, offers one for its owner, books hours of it for a guest and takes the rest
back; the owner sees it on the phone (PARK-10)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.gates.parking.plates.listed import add_plate
from central.gates.parking.plates.permit_car import make_link
from central.gates.parking.rules import Kept
from central.oversight.console.forms import local
from models.parking.plan import BayKind
from models.values.time import site_day
from tests.browser.test_pages import look_at
from tests.central.gates.parking.lot.lots import keeper, plan_there, tariff_there

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OWNER, GUEST = "川A12345", "川B8K3H5"
SHARED = {"zh_CN": "共享", "en": "Shared"}


@pytest.mark.req("PARK-10", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_manager_offers_an_owners_bay_books_it_for_a_guest_and_takes_it_back(sit_down, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page, now = visitor.page, clock.now()
    here = f"/parking/shared?community={site.community_id}"
    with site.gate.session() as db:
        tariff_there(db, site, now)
        plan = plan_there(db, site, now, sensors=False)
        bay = next(code for code, (_, one) in plan.bays.items() if one.kind is BayKind.FIXED)
        entry = add_plate(
            db, keeper(site), site.community_id, kind=Kept.PERMIT, plate=OWNER, note="5-2-1102", since=None,
            until=now + 60 * DAY, bay=bay, now=now,
        )  # fmt: skip
        _, token = make_link(db, keeper(site), entry, now)
    page.goto(f"/parking/lot?community={site.community_id}")
    page.locator(f"a[href='{here}']").click()
    look_at(page, "shared-no-price", width, language, theme)
    page.fill("input[name=price]", "2.00")
    page.locator("form[action='/parking/shared/terms'] button").click()
    look_at(page, "shared-empty", width, language, theme)

    def offer() -> None:
        page.fill("input[name=first_day]", str(site_day(now)))
        page.fill("input[name=last_day]", str(site_day(now) + 9 * DAY))
        page.fill("input[name=start]", "00:00")
        page.fill("input[name=end]", "00:00")
        page.locator("form[action='/parking/shared'] button[type=submit]").click()

    offer()
    row = page.locator("[data-offer]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(bay)
    expect(row.locator("[data-credited='0']")).to_be_visible()
    offer()
    expect(page.locator(".wrong")).to_contain_text(bay)
    look_at(page, "shared-refused", width, language, theme)
    visitor.said.clear()  # of the refusal that was meant
    page.goto(here)
    row.locator("a[href*='bay=']").click()
    expect(page.locator("input[name=bay]")).to_have_value(bay)
    page.fill("input[name=plate]", GUEST)
    page.fill("input[name=since]", local(now + DAY))
    page.fill("input[name=until]", local(now + DAY + 3 * HOUR))
    page.locator("form[action='/parking/bookings'] button[type=submit]").click()
    booked = page.locator("[data-state=booked]")
    expect(booked).to_contain_text(SHARED[language])
    expect(booked).to_contain_text(bay)
    look_at(page, "shared-booked", width, language, theme)
    page.goto(here)
    expect(row).to_have_attribute("data-state", "counts")
    look_at(page, "shared", width, language, theme)
    row.locator("input[name=reason]").fill("业主自用")
    row.locator("form[action$='/end'] button").click()
    expect(page.locator("[data-offer][data-state=ended]")).to_contain_text("业主自用")
    look_at(page, "shared-past", width, language, theme)
    page.goto(f"/parking/bookings?community={site.community_id}")
    expect(booked).to_have_count(1)  # what is booked stands
    page.goto(f"/mycar/{token}")
    expect(page.locator("[data-offer]")).to_contain_text(bay)
    look_at(page, "shared-mine", width, language, theme)
