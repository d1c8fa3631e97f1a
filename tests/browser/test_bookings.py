"""A manager books a bay for a guest, is refused it for another, sees it kept on the plan, and takes a booking back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.gates.access.site_keys import plate_key
from central.gates.parking.bookings import booked as bookings
from central.oversight.console.forms import local
from models.parking.occupancy import BayState
from models.parking.plan import BayKind
from tests.browser.test_lot import cars_and_sensors
from tests.browser.test_pages import look_at
from tests.central.gates.parking.cars import FieldLane, drive
from tests.central.gates.parking.lot.lots import keeper

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
GUEST, OTHER, LATE, GONE = "川A77777", "川B8K3H5", "川C88888", "川C99999"
KEPT = {"zh_CN": "预约保留", "en": "Kept for a booking"}


@pytest.mark.req("PARK-25", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_manager_keeps_a_bay_for_a_guest_and_takes_a_booking_back(sit_down, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page, now = visitor.page, clock.now()
    here = f"/parking/bookings?community={site.community_id}"
    page.goto(here)
    look_at(page, "bookings-no-places", width, language, theme)
    plan = cars_and_sensors(site)
    page.goto(f"/parking/lot?community={site.community_id}")
    free = page.locator(".floor [data-state='free']")
    bay = next(
        code for code in (one.get_attribute("data-bay") for one in free.all())
        if code and plan.bays[code][1].kind is BayKind.TEMPORARY
    )  # fmt: skip
    page.goto(here)
    look_at(page, "bookings-empty", width, language, theme)

    def book(plate: str, where: str) -> None:
        page.fill("input[name=plate]", plate)
        page.fill("input[name=note]", "5-2-1102 的客人")
        page.fill("input[name=since]", local(now + 5 * MINUTE))
        page.fill("input[name=until]", local(now + 3 * HOUR))
        page.fill("input[name=bay]", where)
        page.fill("input[name=fee]", "10")
        page.locator("form[action='/parking/bookings'] button[type=submit]").click()

    book(GUEST, bay)
    expect(page.locator("[data-state=booked]")).to_have_count(1)
    book(OTHER, bay)
    expect(page.locator(".wrong")).to_contain_text(bay)
    look_at(page, "bookings-refused", width, language, theme)
    visitor.said.clear()  # of the refusal that was meant
    book(OTHER, "")
    expect(page.locator("[data-state=booked]")).to_have_count(2)
    with site.gate.session() as db:
        key = plate_key(db, site.community_id)
        for plate, start in ((LATE, 4 * HOUR), (GONE, 2 * HOUR)):
            bookings.book(
                db, keeper(site), site.community_id, plate=plate, since=now - start, until=now - HOUR / 2,
                now=now - start, fee_fen=10_00,
            )  # fmt: skip
    drive(FieldLane(site.gate, site.gate.reply.lanes[0]), key, LATE, now - 4 * HOUR + MINUTE)
    site.gate.tell()
    with site.gate.session() as db:
        bookings.sweep(db, now)
    page.goto(here)
    expect(page.locator("[data-state=came]")).to_have_count(1)
    expect(page.locator("[data-state=not_come]")).to_have_count(1)
    look_at(page, "bookings", width, language, theme)
    page.locator(f"a[href*='to={bay}']").click()
    expect(page.locator(f".floor [data-bay='{bay}']")).to_have_attribute("data-state", BayState.KEPT.value)
    expect(page.locator(f"[data-guided='{bay}']")).to_be_visible()
    expect(page.locator("[data-way=drive]")).to_have_count(1)
    expect(page.locator(".floor__key").first).to_contain_text(KEPT[language])
    look_at(page, "bookings-way", width, language, theme)
    page.goto(here)
    row = page.locator("[data-booking]", has_text="川A·77777")
    row.locator("input[name=reason]").fill("客人改期")
    row.locator("form[action$='/cancel'] button").click()
    expect(page.locator("[data-state=cancelled]")).to_have_count(1)
    gone = page.locator("[data-state=not_come]")
    gone.locator("input[name=reason]").fill("第一次，免收")
    gone.locator("form[action$='/let-off'] button").click()
    expect(page.locator("[data-state=not_come] form")).to_have_count(0)
