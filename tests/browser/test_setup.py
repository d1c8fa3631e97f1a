"""A new company's first quarter of an hour: from an empty desk to a community whose gates know whom to let pass."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import look_at


@pytest.mark.req("ADMIN-01", "ADMIN-14")
@pytest.mark.parametrize(("scripts", "width"), [(True, 1440), (False, 360)])
def test_a_manager_sets_a_community_up_with_and_without_scripts(sit_down, bare, scripts, width):
    person = sit_down("manager", place=bare, java_script_enabled=scripts, width=width)
    page = person.page
    page.goto("/")
    expect(page.locator("[data-steps] .step--done")).to_have_count(1)
    page.locator("[data-steps]").get_by_role("link", name="登记房屋").click()
    page.get_by_label("每行一户").fill("楼栋,单元,房号\n5,2,1101\n5,2,1102\n5,2\n")
    page.get_by_role("button", name="看看会建什么").click()
    expect(page.get_by_role("row").filter(has_text="看不懂")).to_contain_text("要三项")
    expect(page.locator(".plan__sum")).to_contain_text("将新建 2 户，连同 1 栋楼、1 个单元")
    look_at(page, "setup-plan", width, "zh_CN", "light")
    page.get_by_role("button", name="保存这 2 户").click()
    expect(page.locator(".told").first).to_contain_text("已登记 2 户")
    expect(page.locator("[data-left]")).to_contain_text("第 4 行：5,2")
    expect(page.get_by_label("每行一户")).to_have_value("5,2")
    page.get_by_role("link", name="门和通道", exact=True).click()
    page.get_by_label("门的名称").fill("北门")
    page.get_by_role("button", name="添加这个门").click()
    page.get_by_label("通道名称").fill("北门进")
    page.get_by_label("进", exact=True).check()
    page.get_by_label("代号").fill("north-in")
    page.get_by_role("button", name="添加这条通道").click()
    expect(page.locator(".gate__lane")).to_contain_text("北门进")
    page.get_by_role("link", name="通行规则", exact=True).click()
    page.get_by_label("规则名称").fill("住户白天")
    page.get_by_label("住户", exact=True).check()
    page.get_by_label("只限这些时间").check()
    times = page.locator(".times").first
    for day in ("周一", "周二", "周三", "周四", "周五"):
        times.get_by_label(day).check()
    times.get_by_label("从").fill("08:00")
    times.get_by_label("到").fill("18:00")
    page.get_by_role("button", name="添加这条规则").click()
    expect(page.get_by_role("row").filter(has_text="住户白天")).to_contain_text("周一至周五 08:00–18:00")
    look_at(page, "setup-rule", width, "zh_CN", "light")
    page.goto("/")
    expect(page.locator("[data-steps] .step--done")).to_have_count(4)


@pytest.mark.req("ADMIN-14")
def test_what_cannot_be_taken_stands_beside_its_field_which_has_the_cursor(sit_down, site):
    person = sit_down("manager")
    person.expected = ("409", "422")
    page = person.page
    page.goto("/setup/gates")
    page.get_by_label("门的名称").fill("东门")
    page.get_by_role("button", name="添加这个门").click()
    expect(page.locator("#gate-name-wrong")).to_contain_text("已经有叫“东门”的门")
    expect(page.get_by_label("门的名称")).to_be_focused()
    expect(page.get_by_label("门的名称")).to_have_value("东门")
    page.goto("/setup/rules")
    page.get_by_label("规则名称").fill("夜间")
    page.get_by_role("button", name="添加这条规则").click()
    expect(page.locator("#rule-groups-wrong")).to_be_visible()
    expect(page.get_by_label("规则名称")).to_have_value("夜间")


def test_the_whole_set_up_answers_to_the_keyboard(sit_down, bare):
    page = sit_down("manager", place=bare).page
    page.goto("/setup/houses")
    page.get_by_label("每行一户").focus()
    page.keyboard.type("1,1,101")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="看看会建什么")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="保存这 1 户").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_contain_text("已登记 1 户")
