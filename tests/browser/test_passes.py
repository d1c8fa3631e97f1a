"""The manager invites a visitor, shows, prints and withdraws the pass; names stay masked until there is a reason."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.session import tenant_session
from models.access.passes import claimed_pass
from tests.browser.gate import seed
from tests.browser.test_pages import look_at

WHITE = "rgb(255, 255, 255)"


@pytest.fixture
def site(served):
    """Where passes open: a page asks before it issues one that does not."""
    return seed(served.running.parts.engine, served.tenant_id, rules=True)


@pytest.mark.req("VIS-01", "VIS-05", "VIS-08")
def test_a_pass_is_issued_shown_and_withdrawn(sit_down, site):
    person = sit_down("manager")
    page = person.page
    page.goto("/visitors")
    page.get_by_label("拜访哪一户").press_sequentially("5-2-11")
    expect(page.locator("#houses option")).to_have_count(2)
    page.get_by_label("拜访哪一户").fill("5-2-1102")
    page.get_by_label("访客称呼").fill("赵访客")
    page.get_by_label("访客车牌").fill("川A 12345")
    page.get_by_label("可进几次").fill("2")
    page.get_by_label("南门").uncheck()
    page.get_by_role("button", name="发出通行码").click()
    expect(page.locator(".pass")).to_contain_text("赵* · 5-2-1102 的访客")
    expect(page.locator(".pass__facts")).to_contain_text("东门")
    expect(page.locator(".pass__facts")).to_contain_text("川A****5")
    expect(page.locator(".pass__facts")).not_to_contain_text("南门")
    picture = Image.open(io.BytesIO(page.locator(".pass__code").screenshot()))
    (read,) = zxingcpp.read_barcodes(picture)
    claims = claimed_pass(read.text)
    assert (str(claims.pass_id), claims.uses) == (page.url.rsplit("/", 1)[1], 2)
    page.get_by_label("理由（会记录）").fill("访客改期")
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.locator(".pass")).to_contain_text("已撤销")
    expect(page.locator(".pass__code svg path[d^=M4]")).to_have_count(0)
    page.goto("/visitors")
    expect(page.locator("tbody tr").first).to_contain_text("已撤销")


@pytest.mark.req("ADMIN-14")
def test_what_cannot_be_taken_comes_back_as_it_was_typed(sit_down, site):
    person = sit_down("manager")
    person.expected = ("422",)
    page = person.page
    page.goto("/visitors")
    page.get_by_label("拜访哪一户").fill("9-9-999")
    page.get_by_label("访客称呼").fill("钱访客")
    page.get_by_role("button", name="发出通行码").click()
    expect(page.locator("#house-wrong")).to_have_text("没有这个房号。")
    expect(page.get_by_label("访客称呼")).to_have_value("钱访客")
    page.get_by_label("拜访哪一户").fill("5-2-101")
    page.get_by_label("结束").fill("2020-01-01T08:00")
    page.get_by_role("button", name="发出通行码").click()
    expect(page.locator("#window-wrong")).to_be_visible()
    expect(page.get_by_label("拜访哪一户")).to_have_value("5-2-101")


@pytest.mark.req("ADMIN-14")
def test_a_change_of_language_asks_before_it_drops_what_was_typed(sit_down, site):
    page = sit_down("manager").page
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.goto("/visitors")
    page.get_by_label("访客称呼").fill("孙访客")
    page.locator("details.menu:has(.choice) > summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("访客称呼")).to_have_value("孙访客")
    assert len(asked) == 1 and "没提交" in asked[0]
    page.get_by_label("访客称呼").fill("")
    page.locator("details.menu:has(.choice) > summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert len(asked) == 1, "nothing typed, nothing asked"


def test_a_pass_prints_on_one_sheet_without_the_page_around_it(sit_down, site):
    page = sit_down("manager", theme="dark").page
    page.goto(f"/visitors/{site.pass_id}")
    page.emulate_media(media="print")
    for gone in (".top", "form", ".paper__head"):
        expect(page.locator(gone).first).to_be_hidden()
    millimetres = page.evaluate("document.querySelector('.pass__code svg').getBoundingClientRect().width / 96 * 25.4")
    assert millimetres >= 60
    assert page.evaluate("getComputedStyle(document.querySelector('.pass')).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.req("VIS-05", "ADMIN-14")
@pytest.mark.parametrize(
    ("width", "language", "theme"), [(360, "zh_CN", "light"), (360, "en", "dark"), (1440, "zh_CN", "dark")]
)
def test_a_link_shows_the_code_on_the_visitors_own_phone(sit_down, site, browser, served, width, language, theme):
    page = sit_down("guard", width=width, language=language, theme=theme).page
    page.goto(f"/visitors/{site.pass_id}")
    page.locator("#link button").click()
    expect(page.locator("[data-copy=link-text]")).to_be_visible()
    look_at(page, "pass-link", width, language, theme)
    link = page.locator("#link-text").inner_text()
    assert link.startswith(f"{served.url}/pass/")
    phone = browser.new_context(
        viewport={"width": width, "height": 800}, locale=language.replace("_", "-"), color_scheme=theme
    )
    try:
        visitor = phone.new_page()
        said = []
        visitor.on("console", lambda message: said.append(message.text))
        visitor.on("pageerror", lambda error: said.append(str(error)))
        visitor.goto(link)
        look_at(visitor, "visitor-pass", width, language, theme)
        assert visitor.evaluate("getComputedStyle(document.querySelector('.code')).backgroundColor") == WHITE
        (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(visitor.locator(".code img").screenshot())))
        assert claimed_pass(read.text).pass_id == site.pass_id
        with visitor.expect_download() as saved:
            visitor.locator("a[download]").click()
        saved_picture = Image.open(saved.value.path())
        (kept,) = zxingcpp.read_barcodes(saved_picture)
        assert kept.text == read.text
        below = saved_picture.convert("L").crop((0, saved_picture.width, saved_picture.width, saved_picture.height))
        assert below.height >= 3 * 42 and min(below.tobytes()) < 96, "when and where it opens is written below the code"
        other = "en" if language == "zh_CN" else "zh_CN"
        visitor.locator(f"nav a[href='?language={other}']").click()
        expect(visitor.locator("html")).to_have_attribute("lang", other.replace("_", "-"))
        assert said == []
        page.locator("#reason").fill("访客改期")
        page.locator("form[action$='/revoke'] button").click()
        expect(page.locator(".pass--revoked")).to_be_visible()
        visitor.evaluate(
            "document.dispatchEvent(new Event('visibilitychange'))"
        )  # as when the phone is picked up again
        expect(visitor.locator(".over")).to_be_visible()
        expect(visitor.locator(".code")).to_have_count(0)
        look_at(visitor, "visitor-over", width, other, theme)
    finally:
        phone.close()


@pytest.mark.req("PRIV-14")
def test_a_name_in_full_costs_a_reason(sit_down, site, served):
    person = sit_down("guard")
    page = person.page
    page.goto("/people")
    expect(page.locator("tbody")).not_to_contain_text("张示例")
    page.locator("tbody tr", has_text="张*").get_by_role("button").click()
    page.get_by_label("为什么需要").fill("住户门外晕倒，联系家人")
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.locator("#dialog")).to_contain_text("张示例")
    page.get_by_role("button", name="关闭").click()
    expect(page.locator("body")).not_to_contain_text("张示例")
    with tenant_session(served.running.parts.engine, served.tenant_id) as db:
        noted = db.scalars(
            select(AuditRow).where(AuditRow.what == "person.unmask", AuditRow.actor_id == person.account_id)
        )
        assert [row.reason for row in noted] == ["住户门外晕倒，联系家人"]


@pytest.mark.req("SYNC-10")
def test_a_parked_record_is_shown_and_decided_with_a_reason(sit_down, site):
    site.gate.write('{"kind": "telepathy"}')
    site.gate.tell()
    page = sit_down("manager").page
    page.goto("/parked")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("中心还不认识这种记录")
    row.get_by_role("button").click()
    page.get_by_label("理由（会记录）").fill("试一试")
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator("#dialog")).to_contain_text("仍然不能采用")
    page.get_by_label("理由（会记录）").fill("没有这种设备")
    page.get_by_role("button", name="不采用").click()
    expect(page.locator("main")).to_contain_text("没有待处理的记录")


@pytest.mark.req("SYNC-18")
def test_a_token_is_shown_once(sit_down, site):
    page = sit_down("manager").page
    page.goto("/nodes")
    page.get_by_label("名称").fill("南门岗")
    page.get_by_role("button", name="生成注册码").click()
    line = page.locator("#token-line").inner_text()
    assert len(line) >= 40
    page.goto("/nodes")
    expect(page.locator("body")).not_to_contain_text(line)


@pytest.mark.req("SYNC-05")
def test_the_page_of_nodes_left_open_does_not_go_on_saying_online(sit_down, site, monkeypatch):
    page = sit_down("manager").page
    page.goto("/nodes")
    expect(page.locator("#nodes-now tbody")).to_contain_text("在线")
    page.fill("#name", "南门岗")
    later = clock.now() + timedelta(minutes=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    page.evaluate("document.body.dispatchEvent(new Event('menting:nodes'))")
    expect(page.locator("#nodes-now tbody")).to_contain_text("失联")
    expect(page.locator("#name")).to_have_value("南门岗")


@pytest.mark.req("GEN-02")
@pytest.mark.parametrize(
    ("language", "words"), [("zh_CN", "2026年12月24日周四 18:30"), ("en", "Thu, December 24, 2026")]
)
def test_a_moment_is_said_in_the_pages_words_whatever_order_the_browser_shows(sit_down, site, language, words):
    page = sit_down("manager", language=language).page
    page.goto("/visitors")
    page.fill("#start", "2026-12-24T18:30")
    expect(page.locator("output[for=start]")).to_contain_text(words)
    expect(page.locator("#moment-hint")).to_contain_text("北京时间" if language == "zh_CN" else "Beijing time")
    page.fill("#start", "")
    expect(page.locator("output[for=start]")).to_be_hidden()


@pytest.mark.req("VIS-08")
def test_a_pass_is_changed_by_a_new_code(sit_down, site):
    page = sit_down("guard", width=360).page
    page.goto(f"/visitors/{site.pass_id}")
    page.get_by_role("link", name="修改通行码").click()
    page.get_by_label("可进几次").fill("7")
    page.get_by_label("为什么改").fill("还要来几次")
    page.get_by_role("button", name="作废旧码").click()
    expect(page.locator(".pass__facts")).to_contain_text("7 次")
    page.get_by_role("link", name="旧通行码").click()
    expect(page.locator(".pass")).to_contain_text("已撤销")
