"""Somebody moves in, has a pass, and moves out: the manager's way, without the web API."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.gate import seed
from tests.browser.test_pages import look_at


@pytest.fixture
def site(served):
    """Where passes open: a page asks before it issues one that does not."""
    return seed(served.running.parts.engine, served.tenant_id, rules=True)


@pytest.mark.req("ADMIN-06", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), [(1440, "zh_CN", "dark"), (360, "zh_CN", "light")])
def test_a_resident_moves_in_has_a_pass_and_moves_out(sit_down, site, width, language, theme):
    page = sit_down("manager", width=width, language=language, theme=theme).page
    page.goto("/people?house=5-2-1101")
    page.get_by_role("link", name="登记住户").click()
    expect(page.get_by_label("房号")).to_have_value("5-2-1101")
    page.get_by_label("姓名").fill("周示例")
    page.get_by_label("手机号").fill("190-0000-0077")
    page.get_by_label("租户").check()
    look_at(page, "resident-new", width, language, theme)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("周* · 5-2-1101")
    look_at(page, "resident", width, language, theme)
    page.get_by_role("button", name="发出通行码").click()
    expect(page.locator(".pass")).to_contain_text("周* · 5-2-1101")
    page.go_back()
    page.get_by_role("heading", name="改正登记").click()
    page.get_by_label("改正后的姓名").fill("吴示例")
    page.get_by_label("为什么改").fill("听错了")
    page.get_by_role("button", name="保存改正").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("吴*")
    moving = page.locator("form[action$='/end']")
    moving.get_by_label("理由").fill("退租")
    moving.get_by_role("button", name="登记迁出").click()
    page.goto("/people?house=5-2-1101")
    expect(page.locator("tbody tr").filter(has_text="吴*")).to_contain_text("止")


@pytest.mark.req("ACC-06", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), [(1440, "zh_CN", "light"), (360, "en", "dark")])
def test_a_household_is_kept_out_for_a_reason_and_let_in_again(sit_down, site, width, language, theme):
    page = sit_down("manager", width=width, language=language, theme=theme).page
    page.goto("/people?house=5-2-101")
    page.locator("tbody a[href^='/people/homes/']").first.click()
    form, shown = page.locator("form[action$='/household']"), page.locator("details:has(form[action$='/household'])")
    shown.locator("summary").click()
    expect(form.locator("p")).to_be_visible()
    look_at(page, "household", width, language, theme)
    form.locator("[name=reason]").fill("派出所要求暂缓进入")
    form.locator("button").click()
    expect(form.locator("[name=until]")).to_have_count(0)
    expect(page.locator(".told--refused")).to_contain_text("派出所要求暂缓进入")
    look_at(page, "household-out", width, language, theme)
    form.locator("[name=reason]").fill("派出所通知解除")
    form.locator("button").click()
    expect(form.locator("[name=until]")).to_have_count(1)


@pytest.mark.req("ADMIN-14")
def test_what_can_be_done_on_the_list_of_people_stands_together_beside_its_heading(sit_down, site):
    page = sit_down("manager").page
    page.goto("/people")
    cards, add = (page.locator(f".paper__head > a[href^='{way}']").bounding_box() for way in ("/cards", "/people/new"))
    assert cards is not None and add is not None
    assert 0 <= add["x"] - (cards["x"] + cards["width"]) <= 24, "none floats in the middle of the row"


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_what_may_be_searched_for_is_read_whole_in_the_field_of_a_phone(sit_down, site, language):
    page = sit_down("manager", language=language, width=360).page
    page.goto("/people")
    room = """one => {
        const style = getComputedStyle(one), pen = document.createElement("canvas").getContext("2d");
        pen.font = style.font;
        const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
        return one.clientWidth - padding - pen.measureText(one.placeholder).width;
    }"""
    assert page.locator("input[name=who]").evaluate(room) >= 0
