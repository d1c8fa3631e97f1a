"""The first minutes with a new central: the one-time password, its change, language and theme, also without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.mark.req("ADMIN-14")
def test_the_first_log_in_leads_through_the_change_of_password_to_the_desk(browser, served):
    first = served.running.first
    context = browser.new_context(base_url=served.url, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto("/")
    page.get_by_label("用户名").fill(first.login)
    page.get_by_label("密码").fill(first.one_time_password)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{served.url}/change-password")
    expect(page.locator("body")).to_contain_text("一次性密码")
    page.get_by_label("当前密码").fill(first.one_time_password)
    page.get_by_label("新密码", exact=True).fill("short")
    page.get_by_label("再次输入新密码").fill("short")
    page.get_by_role("button", name="修改密码").click()
    expect(page.locator("#new_password_said")).to_be_visible()
    page.get_by_label("当前密码").fill(first.one_time_password)
    page.get_by_label("新密码", exact=True).fill("清晨的门庭 2026")
    page.get_by_label("再次输入新密码").fill("清晨的门庭 2026")
    page.get_by_role("button", name="修改密码").click()
    expect(page).to_have_url(f"{served.url}/?said=password")
    expect(page.get_by_role("status").first).to_contain_text("密码已修改")
    expect(page.get_by_role("link", name="值班台")).to_have_attribute("aria-current", "page")
    context.close()


@pytest.mark.req("ADMIN-14")
def test_language_and_theme_are_chosen_and_kept(browser, served):
    context = browser.new_context(base_url=served.url, locale="zh-CN", color_scheme="dark")
    page = context.new_page()
    page.goto("/login")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.get_by_role("button", name="Light", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.goto("/login")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    context.close()
