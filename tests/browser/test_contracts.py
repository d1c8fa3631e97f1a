"""A manager turns pay by contract on; a plate's sample contract is opened; its stay says how the charge stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.outbox import announce
from central.base.kernel.session import tenant_session
from central.gates.parking.contracts import charge_stay
from central.gates.parking.contracts.at_exit import STANDS
from central.gates.parking.stays import reads as stays
from central.money.payments.channels import attach_channels
from central.money.payments.contract_rules import Heard
from central.money.payments.sample import Sample
from tests.browser.test_pages import look_at
from tests.browser.test_parking import FOUR, PLATE, day_of_cars

LOOKS_MAX = 60


class Unhurried(Sample):
    """It says no end before the story wants it: the service asks by itself, too."""

    ended = False

    def look_charged(self, order_number, now):
        return super().look_charged(order_number, now) if self.ended else Heard.ACCEPTED


def comes_to(page, address, what):
    """The service works at it by itself, beside this test: look again until it is so."""
    for _ in range(LOOKS_MAX):
        page.goto(address)
        if page.locator(what).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{what} never came: {page.locator('main').inner_text()}")


@pytest.mark.req("PARK-11", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_from_the_managers_yes_to_a_charge_that_failed(sit_down, served, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page, engine = visitor.page, served.running.parts.engine
    address = f"/parking/contracts?community={site.community_id}"
    attach_channels(engine, lambda _: {})
    page.goto(address)
    expect(page.locator("form[action='/parking/contracts']")).to_have_count(0)
    look_at(page, "contracts-no-channel", width, language, theme)
    sample = Unhurried()
    attach_channels(engine, lambda _: {"test": sample})
    page.goto(address)
    expect(page.locator("[data-sign]")).to_have_count(2)  # one for each time of asking, before it is chosen
    look_at(page, "contracts-off", width, language, theme)
    page.locator("form[action='/parking/contracts'] button").click()
    expect(page.locator("[data-uses=no]")).to_be_visible()  # a manager chooses: it tells more of everybody, or less
    page.locator("input[name=when][value=entry]").check()
    page.locator("form[action='/parking/contracts'] button").click()
    expect(page.locator("[data-uses=yes]")).to_be_visible()
    expect(page.locator("[data-sign=entry]")).to_be_visible()
    expect(page.locator("[data-sign=exit]")).to_have_count(0)
    look_at(page, "contracts", width, language, theme)
    page.locator("a[href^='/pay/test-contracts/']").click()
    page.fill("#plate", "D1")
    page.locator("form[action^='/pay/test-contracts'] button").click()
    expect(page.locator(".wrong")).to_be_visible()
    look_at(page, "test-contracts-refused", width, language, theme)
    visitor.said.clear()
    page.fill("#plate", PLATE)
    page.locator("input[value=fails]").check()
    page.locator("form[action^='/pay/test-contracts'] button").click()
    expect(page.locator("[data-plays=fails]")).to_contain_text(PLATE)
    look_at(page, "test-contracts", width, language, theme)
    day_of_cars(site)
    parts = served.running.parts
    parts.dispatcher.drain()
    with tenant_session(engine, site.tenant_id) as db:
        keeper = system(site.tenant_id, "test", ("stay.read",))
        stay = stays.find_plate(db, keeper, site.community_id, PLATE)[0].stay_id
        said = {"community_id": str(site.community_id), "stay_id": str(stay), "at": clock.now().isoformat()}
        announce(db, STANDS, said)
    parts.dispatcher.drain()
    comes_to(page, f"/parking/stays/{stay}", "[data-charge=accepted]")
    look_at(page, "stay-accepted", width, language, theme)
    sample.ended = True
    with tenant_session(engine, site.tenant_id) as db:
        charge_stay.ask_charges(db, clock.now() + timedelta(hours=1))
    comes_to(page, f"/parking/stays/{stay}", "[data-charge=failed]")
    look_at(page, "stay-failed", width, language, theme)
    page.goto(f"/parking/money?community={site.community_id}")
    expect(page.locator(f"[data-failed='{stay}']")).to_have_count(1)
    look_at(page, "money-failed", width, language, theme)
