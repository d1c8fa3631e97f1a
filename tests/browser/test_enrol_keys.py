"""The enrolling device, or its key, changes between what the phone's page asked and what it sends."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_enrol_seal import Central, address

__all__ = ["address"]


@pytest.mark.req("ACC-12", "PRIV-07")
def test_photos_sealed_to_a_device_that_enrols_no_more_are_sealed_to_the_next_by_themselves(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    central = Central(browser, address, tmp_path)
    first, central.next_key = central.ready["key"], "next"
    central.send_two()
    ids = [key["key_id"] for key in (first, central.key_of("next"))]
    assert central.sent == 1 and central.sealed_to == [ids[0], ids[0], ids[1], ids[1]]
    central.page.close()


@pytest.mark.req("ACC-12", "PRIV-07")
def test_photos_that_no_key_takes_are_told_as_not_sent_and_wait_to_be_sent_once_more(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    central = Central(browser, address, tmp_path)
    central.next_key, page = "always", central.page
    for number in (1, 2):
        page.locator("[data-enrol-take]").click()
        expect(page.locator("[data-enrol-shots] li")).to_have_count(number)
    page.locator("[data-enrol-send]").click()
    expect(page.locator("[data-enrol-said]")).to_have_text("another device")
    expect(page.locator("[data-enrol-send]")).to_be_enabled()
    assert central.sent == 0 and len(central.sealed_to) == 4, "not again and again"
    page.close()
