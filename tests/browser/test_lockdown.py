"""A lockdown as two people start it at two desks, and as the guard's desk shows it the moment it is asked for."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from tests.browser.test_pages import look_at


@pytest.mark.req("ACC-24", "SEC-07")
def test_a_guard_asks_a_manager_approves_and_an_open_desk_shows_it(sit_down, site, served):
    desk, guard, manager = sit_down("guard").page, sit_down("guard", width=360).page, sit_down("manager").page
    desk.goto("/")
    expect(desk.locator(".truth")).to_have_attribute("data-truth", "live")
    guard.goto("/lockdown")
    guard.get_by_label("东门人行进 · 进").check()
    guard.get_by_label("原因").fill("东区有可疑人员，等待警方")
    look_at(guard, "lockdown-ask", 360, "zh_CN", "light")
    guard.get_by_role("button", name="提交申请").click()
    expect(guard.locator("[data-lockdown=waiting]")).to_contain_text("要由另一个人批准")
    expect(desk.locator(".lockdowns__one--waiting")).to_contain_text("等第二个人批准")
    look_at(desk, "desk-lockdown-waiting", 1440, "zh_CN", "light")
    manager.goto("/lockdown")
    manager.get_by_role("button", name="批准，现在开始").click()
    expect(manager.locator("[data-lockdown=running]")).to_contain_text("东区有可疑人员")
    look_at(manager, "lockdown-running", 1440, "zh_CN", "light")
    expect(desk.locator(".lockdowns__one--running")).to_contain_text("东门人行进")
    look_at(desk, "desk-lockdown", 1440, "zh_CN", "light")
    guard.goto("/")
    expect(guard.locator(".lockdowns__one--running")).to_be_visible()
    look_at(guard, "desk-lockdown", 360, "zh_CN", "light")
    manager.get_by_text("现在结束", exact=True).click()
    manager.get_by_label("为什么").fill("警方已到")
    manager.get_by_role("button", name="现在结束封控").click()
    expect(desk.locator(".lockdowns__one")).to_have_count(0)


@pytest.mark.req("ACC-17")
def test_a_guard_lets_somebody_in_again_who_was_refused_as_a_second_entry(sit_down, site):
    page = sit_down("guard", theme="dark", language="en").page
    site.gate.decide(Outcome.DENY, Reason.PASSBACK, correlation=new_id(), cardholder_id=site.cardholders[0])
    site.gate.tell()
    page.goto("/")
    page.locator("[data-reset-passback]").click()
    expect(page.locator("#passback-reason")).to_be_focused()
    page.get_by_role("button", name="Checked in person").click()
    look_at(page, "passback-reset", 1440, "en", "dark")
    page.get_by_role("button", name="Confirm: let in again").click()
    expect(page.locator("#open-result")).to_contain_text("waiting for the node")


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "dark", "en"), (360, "light", "zh_CN")])
def test_the_zones_page_holds_together(sit_down, site, width, theme, language):
    page = sit_down("manager", width=width, theme=theme, language=language).page
    page.goto("/setup/zones")
    page.locator("#zone-name").fill("地库")
    for box in page.locator("#zone-lanes input").all():
        box.check()
    page.locator("input[name=mode][value=hard]").check()
    page.locator("#zone button[type=submit]").click()
    expect(page.get_by_role("row").filter(has_text="地库")).to_be_visible()
    look_at(page, "setup-zones", width, language, theme)
