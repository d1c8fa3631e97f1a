"""A manager registers a shop and sells it coupons; the shop gives one at its own page, and a driver scans another."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import look_at

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]


@pytest.mark.req("PARK-16", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_coupons_from_the_manager_to_the_car(sit_down, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page = visitor.page
    page.goto(f"/coupons?community={site.community_id}")
    look_at(page, "coupons-empty", width, language, theme)
    page.fill("#shop-name", "便民超市")
    page.locator("form[action='/coupons/shops'] button").click()
    expect(page.locator("[data-handed]")).to_be_visible()
    link, pin = page.locator("[data-link]").get_attribute("href"), page.locator("[data-pin]").inner_text()
    look_at(page, "coupons-handed", width, language, theme)
    page.locator("[data-sell] summary").click()
    form = page.locator("[data-sell] form")
    form.locator("input[name=amount]").fill("120")
    form.locator("input[name=price]").fill("0.001")
    form.locator("input[name=ends_at]").fill("2099-01-01T00:00")
    form.locator("button").click()
    expect(page.locator("[data-sell] .wrong")).to_be_visible()
    look_at(page, "coupons-refused", width, language, theme)
    visitor.said.clear()  # of the refusal that was meant
    form.locator("input[name=price]").fill("300.00")
    form.locator("button").click()
    expect(page.locator("[data-count=bought]")).to_have_text("100")
    page.goto(link)
    look_at(page, "shop", width, language, theme)
    page.fill("input[name=pin]", pin)
    page.locator("button[value=open]").click()
    page.fill("input[name=plate]", "8K3")
    page.locator("button[value=plate]").click()
    expect(page.locator(".wrong")).to_be_visible()
    look_at(page, "shop-refused", width, language, theme)
    visitor.said.clear()
    page.fill("input[name=plate]", "川B8K3H5")
    page.locator("button[value=plate]").click()
    expect(page.locator("[data-given]")).to_contain_text("川B·8K3H5")
    look_at(page, "shop-given", width, language, theme)
    page.locator("button[value=code]").click()
    expect(page.locator("[data-code]")).to_be_visible()
    look_at(page, "shop-code", width, language, theme)
    code = page.locator("[data-code]").get_attribute("href")
    page.goto(link)
    expect(page.locator("[data-given-today]")).to_have_count(2)
    look_at(page, "shop-today", width, language, theme)
    page.locator("[data-leave] button").click()
    expect(page.locator("input[name=pin]")).to_be_visible()
    page.goto(code)
    look_at(page, "coupon", width, language, theme)
    page.fill("input[name=plate]", "川A12345")
    page.locator("form[action=''] button").click()
    expect(page.locator("[data-bound]")).to_contain_text("川A·12345")
    look_at(page, "coupon-bound", width, language, theme)
    page.goto(f"/coupons?community={site.community_id}")
    expect(page.locator("[data-coupon=open]")).to_have_count(2)
    expect(page.locator("[data-count=open]")).to_have_text("2")
    look_at(page, "coupons", width, language, theme)
