"""A lane is opened from afar only after a fresh look, with a reason, once; and the page says what became of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.session import tenant_session
from central.gates.nodes.queries import commands_of_lane
from central.gates.nodes.rules import PICTURE_FRESH
from central.gates.visits.rules import CONTACT_WITHIN_S


def dialog_of(page: Page) -> Page:
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    page.locator("[data-open-lane]").first.click()
    expect(page.locator("#dialog")).to_be_visible()
    return page


def opens(site) -> list[str]:
    with site.gate.session() as db:
        given = commands_of_lane(db, site.gate.reply.lanes[0].lane_id, clock.now())
        return [one.reason for one in given if one.action == "open"]


@pytest.mark.req("ACC-25")
def test_look_then_say_why_then_open(sit_down, site):
    person = sit_down("guard")
    with site.gate.on_duty():
        page = dialog_of(person.page)
        button = page.locator("[data-open-button]")
        expect(page.locator("#look img")).to_be_visible()
        expect(page.locator("[data-look-age]")).to_contain_text("秒前")
        expect(button).to_be_disabled()
        page.get_by_role("button", name="快递或外卖").click()
        expect(button).to_be_enabled()
        button.dblclick(no_wait_after=True)
        expect(page.locator("#open-result")).to_contain_text("节点已执行开门")
    assert opens(site) == ["快递或外卖"]
    page.keyboard.press("Escape")
    card = page.locator("#stream > article").first
    expect(card).to_contain_text("远程开门")
    expect(card).to_contain_text("陈值班")
    expect(card).to_contain_text("快递或外卖")


@pytest.mark.req("ACC-25")
def test_without_a_picture_the_button_never_wakes(sit_down, site):
    person = sit_down("guard")
    site.gate.poll()
    page = dialog_of(person.page)
    expect(page.locator("#look")).to_contain_text("正在请节点")
    page.fill("#open-reason", "访客已当面核实")
    expect(page.locator("[data-open-button]")).to_be_disabled()
    page.keyboard.press("Enter")
    assert opens(site) == []


@pytest.mark.req("ACC-25")
def test_a_picture_that_grows_old_puts_the_button_to_sleep(sit_down, site):
    person = sit_down("guard")
    person.page.clock.install()
    with site.gate.on_duty():
        page = dialog_of(person.page)
        page.clock.run_for(2_000)
        expect(page.locator("#look img")).to_be_visible()
        page.fill("#open-reason", "住户忘带，已核实")
        expect(page.locator("[data-open-button]")).to_be_enabled()
    page.clock.run_for(int(PICTURE_FRESH.total_seconds() * 1000))
    expect(page.locator("[data-open-button]")).to_be_disabled()
    expect(page.locator("[data-open-state]")).to_contain_text("超过 30 秒")


@pytest.mark.req("ACC-25")
def test_without_a_link_a_fresh_picture_wakes_no_button(sit_down, site, wire):
    person = sit_down("guard", base=wire.url)
    person.expected = ("ERR_", "Failed to load resource", "htmx:")
    with site.gate.on_duty():
        page = dialog_of(person.page)
        expect(page.locator("#look img")).to_be_visible()
        page.fill("#open-reason", "访客已当面核实")
        expect(page.locator("[data-open-button]")).to_be_enabled()
        wire.cut()
        expect(page.locator(".truth")).to_have_attribute("data-truth", "cut")
        expect(page.locator("[data-open-button]")).to_be_disabled()
        expect(page.locator("[data-open-state]")).to_contain_text("开门命令送不出去")
    wire.mend()
    assert opens(site) == []


@pytest.mark.req("ACC-25")
def test_the_server_asks_the_same_again_and_notes_the_refusal(sit_down, site, served):
    """A page that wakes the button by force gets words, in the dialog, and the audit has it."""
    person = sit_down("guard")
    person.expected = ("409",)
    page = dialog_of(person.page)
    page.fill("#open-reason", "快一点")
    # in one go: the page puts the button back to sleep whenever it looks
    page.evaluate("() => { const b = document.querySelector('[data-open-button]'); b.disabled = false; b.click(); }")
    expect(page.locator("[data-problem-here]")).to_contain_text("已用过或已过期")
    assert opens(site) == []
    with tenant_session(served.running.parts.engine, served.tenant_id) as db:
        noted = db.scalars(
            select(AuditRow).where(AuditRow.what == "lane.open_refused", AuditRow.actor_id == person.account_id)
        )
        assert [row.reason for row in noted] == ["快一点"]


@pytest.mark.req("ACC-25")
def test_a_command_nobody_fetched_is_said_to_have_lapsed(sit_down, site, monkeypatch):
    person = sit_down("guard")
    with site.gate.on_duty():
        page = dialog_of(person.page)
        page.fill("#open-reason", "急救或抢修")
        expect(page.locator("[data-open-button]")).to_be_enabled()
    page.locator("[data-open-button]").click()
    expect(page.locator("#open-result")).to_contain_text("等节点回答")
    expect(page.locator("#open-result")).to_contain_text("命令已作废")
    expect(page.locator("#open-result button").last).to_have_text("再看一次")


@pytest.mark.req("ADMIN-14", "ACC-25")
def test_remote_open_by_keyboard_alone(sit_down, site):
    page = sit_down("guard").page
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    with site.gate.on_duty():
        page.keyboard.press("o")
        expect(page.locator("#look img")).to_be_visible()
        while page.evaluate("document.activeElement.id") != "open-reason":
            page.keyboard.press("Tab")
        page.keyboard.type("visitor known to me")
        expect(page.locator("[data-open-button]")).to_be_enabled()
        page.keyboard.press("Enter")
        expect(page.locator("#open-result")).to_contain_text("节点已执行开门")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("[data-open-lane]").first).to_be_focused()
    assert opens(site) == ["visitor known to me"]


@pytest.mark.req("ACC-25")
def test_a_link_that_is_cut_while_somebody_waits_is_said_and_so_is_what_to_do(sit_down, site, monkeypatch):
    page = dialog_of(sit_down("guard").page)
    page.fill("#open-reason", "访客已当面核实")
    cut = clock.now() + timedelta(seconds=CONTACT_WITHIN_S + 1)
    monkeypatch.setattr(clock, "now", lambda: cut)
    look = page.locator("#look")
    expect(look).to_contain_text("联系不上节点")
    expect(look).to_contain_text("也可能节点已停")
    expect(look).to_contain_text("派人到门口")
    expect(page.locator("[data-open-button]")).to_be_disabled()
    site.gate.poll()
    expect(look).to_contain_text("正在请节点")
    with site.gate.on_duty():
        expect(look.locator("img")).to_be_visible()
    expect(page.locator("#open-reason")).to_have_value("访客已当面核实")


@pytest.mark.req("ACC-25")
def test_a_silent_node_offers_no_button_at_all(sit_down, site, monkeypatch):
    page = sit_down("guard").page
    page.goto("/")
    later = clock.now() + PICTURE_FRESH * 6
    monkeypatch.setattr(clock, "now", lambda: later)
    page.locator("[data-open-lane]").first.click()
    expect(page.locator("#dialog")).to_contain_text("节点失联")
    expect(page.locator("[data-open-button]")).to_have_count(0)
