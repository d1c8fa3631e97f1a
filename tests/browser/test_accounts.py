"""A guard of one's own: an administrator makes the account, and the guard signs in with what was handed over."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import expect

from central.base.identity.guard import COOKIE
from tests.browser.conftest import make_account
from tests.browser.test_pages import look_at

_numbers = itertools.count(1)


@pytest.fixture
def administrator(sit_down, served, bare):
    """Of the whole company, who sits down in a new community."""

    def sit(**how):
        person = sit_down("manager", place=bare, **how)
        _, token = make_account(served, "administrator", None)
        person.context.add_cookies([{"name": COOKIE, "value": token, "url": served.url}])
        return person

    return sit


@pytest.mark.req("ADMIN-03", "SEC-06", "ADMIN-14")
@pytest.mark.parametrize(("scripts", "width"), [(True, 1440), (False, 360)])
def test_a_guard_is_made_and_signs_in_with_the_one_time_password(administrator, browser, served, bare, scripts, width):
    page = administrator(java_script_enabled=scripts, width=width).page
    login = f"wang.gate{next(_numbers)}"
    page.goto("/setup")
    page.locator("summary").get_by_text("菜单" if width == 360 else "管理", exact=True).click()
    page.get_by_role("link", name="账号", exact=True).click()
    page.get_by_label("姓名").fill("王强")
    page.get_by_label("用户名").fill(login)
    page.get_by_label("保安", exact=True).check()
    page.get_by_label("在哪里").select_option(str(bare))
    page.get_by_role("button", name="添加并生成密码").click()
    handed = page.locator("#one-time").inner_text()
    look_at(page, "account-made", width, "zh_CN", "light")
    address, password = handed.splitlines()[0], re.search(r"一次性密码 (\S+)", handed)[1]
    page.get_by_role("link", name="回到账号").click()
    expect(page.get_by_role("row").filter(has_text=login)).to_contain_text("等本人改密码")
    assert password not in page.content()

    context = browser.new_context(java_script_enabled=scripts, locale="zh-CN", viewport={"width": width, "height": 800})
    guard = context.new_page()
    guard.goto(address)
    guard.get_by_label("用户名").fill(login)
    guard.get_by_label("密码").fill(password)
    guard.get_by_role("button", name="登录").click()
    guard.get_by_label("当前密码").fill(password)
    guard.get_by_label("新密码", exact=True).fill("清晨的岗亭 2026")
    guard.get_by_label("再次输入新密码").fill("清晨的岗亭 2026")
    guard.get_by_role("button", name="修改密码").click()
    expect(guard).to_have_url(f"{served.url}/?said=password")
    expect(guard.get_by_role("heading", name="值班台")).to_be_attached()
    guard.goto(f"{served.url}/accounts")
    expect(guard.locator("body")).not_to_contain_text(login)
    context.close()


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_accounts_in_their_languages_themes_and_widths(
    administrator, served, bare, width, language, theme
):
    account_id, _ = make_account(served, "guard", bare)
    person = administrator(language=language, theme=theme, width=width)
    person.expected = ("409", "422")
    page = person.page

    def press(address):
        page.locator(f"form[action='{address}'] button[type=submit]").click()

    page.goto("/accounts")
    look_at(page, "accounts", width, language, theme)
    page.locator("#account-name").fill("王强")
    page.locator("#account-login").fill("王强")
    press("/accounts")
    expect(page.locator("#account-login")).to_be_focused()
    look_at(page, "accounts-wrong", width, language, theme)
    page.goto(f"/accounts/{account_id}")
    look_at(page, "account", width, language, theme)
    page.locator("#reset-reason").fill("x")
    press(f"/accounts/{account_id}/password")
    expect(page.locator("#one-time")).to_be_visible()
    look_at(page, "account-reset", width, language, theme)
    page.locator("#disable-reason").fill("x")
    press(f"/accounts/{account_id}/disable")
    expect(page.locator("#enable-reason")).to_be_visible()
    look_at(page, "account-disabled", width, language, theme)
    page.goto("/accounts")
    page.get_by_role("row").filter(has=page.locator(".chip")).get_by_role("link").click()
    page.locator(".fold summary").click()
    page.locator("#take-administrator-all-reason").fill("x")
    page.locator("form[action$='/roles/withdraw'] button").click()
    expect(page.locator("#take-administrator-all-reason-wrong")).to_be_visible()
    look_at(page, "account-own", width, language, theme)
