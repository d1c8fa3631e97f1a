"""A fire hold is unmistakable on its lane, and ends only by a person's word, with a reason, when the node agrees."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.session import tenant_session
from central.gates.nodes.queries import commands_of_lane
from models.wire.events import AlarmKind, Position, Sensed
from tests.browser.test_pages import look_at

PAST = timedelta(seconds=61)
"""Longer than a command to end a hold waits to be fetched."""


def on_fire(page: Page, site, again: bool = True) -> Page:
    """The desk, then the fire: so what it shows came by the live line."""
    if again:
        page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    site.gate.alarm(AlarmKind.WRONG_ATTEMPTS, device="0198", detail="5 in 10 min")
    site.gate.alarm(AlarmKind.FIRE)
    site.gate.tell()
    expect(lane(page)).to_have_class("lane lane--fire", timeout=10_000)
    return page


def lane(page: Page):
    return page.locator("#lanes > article").first


def ends(site) -> list[str]:
    with site.gate.session() as db:
        given = commands_of_lane(db, site.gate.reply.lanes[0].lane_id, clock.now())
        return [one.reason for one in given if one.action == "end_fire_hold"]


@pytest.mark.req("ACC-22")
def test_a_fire_shows_on_its_lane_at_once_and_taking_note_does_not_end_it(sit_down, site):
    page = on_fire(sit_down("guard").page, site)
    expect(lane(page).locator(".lane__fire")).to_contain_text("火警：门没上锁")
    expect(lane(page).locator(".lane__fire svg use")).to_have_attribute("href", re.compile("#fire$"))
    expect(page.locator("#lanes > article").nth(1)).not_to_contain_text("火警")
    alarms = page.locator("#alarms > article")
    expect(alarms).to_have_count(2)
    expect(alarms.first).to_contain_text("消防信号")  # before what is older and less
    page.keyboard.press("a")
    expect(alarms.first).to_contain_text("陈值班")
    expect(page.locator("#alarms [data-end-fire]")).to_be_visible()
    expect(lane(page)).to_contain_text("火警：门没上锁")


@pytest.mark.req("ADMIN-14")
def test_a_card_redrawn_under_the_hand_keeps_the_hand_on_the_same_button(sit_down, site):
    page = sit_down("guard").page
    page.goto("/")
    page.locator("[data-open-lane]").first.focus()
    on_fire(page, site, again=False)
    expect(lane(page).locator("[data-open-lane]")).to_be_focused()


@pytest.mark.req("ACC-22")
def test_a_hold_ends_with_a_reason_after_a_plain_warning(sit_down, site, served):
    person = sit_down("guard")
    page = on_fire(person.page, site)
    with site.gate.on_duty():
        page.keyboard.press("f")
        dialog = page.locator("#dialog")
        expect(dialog).to_contain_text("门会重新上锁")
        expect(page.locator("#end-fire-reason")).to_be_focused()
        page.keyboard.press("Enter")  # an empty reason goes nowhere
        assert ends(site) == []
        page.get_by_role("button", name="消防演练结束").click()
        page.keyboard.press("Enter")
        expect(page.locator("#open-result")).to_contain_text("火警保持已结束")
    page.keyboard.press("Escape")
    expect(lane(page)).to_have_class("lane")
    expect(page.locator("#lanes [data-end-fire]")).to_have_count(0)
    expect(page.locator("#alarms [data-end-fire]")).to_have_count(0)
    assert ends(site) == ["消防演练结束"]
    with tenant_session(served.running.parts.engine, served.tenant_id) as db:
        noted = db.scalars(
            select(AuditRow).where(AuditRow.what == "lane.end_fire", AuditRow.actor_id == person.account_id)
        )
        assert [row.reason for row in noted] == ["消防演练结束"]


@pytest.mark.req("ACC-22")
def test_the_end_at_one_lane_names_the_lanes_that_are_still_held(sit_down, site):
    """One word ends one hold: the guard is led from lane to lane until none is left; the card says who ended it."""
    page = on_fire(sit_down("guard").page, site)
    site.gate.alarm(AlarmKind.FIRE, lane=1)
    site.gate.tell()
    expect(page.locator("#lanes > .lane--fire")).to_have_count(2)
    dialog, result = page.locator("#dialog"), page.locator("#open-result")
    with site.gate.on_duty():
        page.keyboard.press("f")
        expect(dialog.locator("[data-still-held]")).to_contain_text("东门人行出")
        page.fill("#end-fire-reason", "误报")
        page.keyboard.press("Enter")
        expect(result).to_contain_text("火警保持已结束")
        expect(result.locator("[data-still-held]")).to_contain_text("东门人行出")
        result.get_by_role("button", name="去结束 东门人行出").focus()
        page.keyboard.press("Enter")
        expect(dialog.locator("h2")).to_contain_text("东门人行出")
        expect(page.locator("#end-fire-reason")).to_be_focused()
        expect(page.locator("#end-fire-reason")).to_have_value("误报")
        page.keyboard.press("Enter")
        expect(result).to_contain_text("没有别的通道还在火警保持")
    page.keyboard.press("Escape")
    fires = page.locator("#alarms > article").filter(has_text="消防信号")
    expect(fires.locator("[data-over]")).to_have_text([re.compile("陈值班 于 .* 结束")] * 2)


QUICK = """document.body.addEventListener("htmx:afterSwap", function quick() {
  const form = document.querySelector("#dialog form[hx-post]");
  if (!form) return;
  document.body.removeEventListener("htmx:afterSwap", quick);
  form.elements.reason.value = "误报";
  form.requestSubmit();
})"""
"""Enter, in the very moment in which the form is there: before the page's library has made the form its own."""


@pytest.mark.req("ACC-22")
def test_a_hand_quicker_than_the_page_ends_the_hold_and_stays_on_the_page(sit_down, site):
    page = on_fire(sit_down("guard").page, site)
    page.evaluate(QUICK)
    with site.gate.on_duty():
        page.keyboard.press("f")
        expect(page.locator("#open-result")).to_contain_text("火警保持已结束")
    assert "reason" not in page.url


@pytest.mark.req("ACC-22")
def test_while_the_input_is_active_the_node_refuses_and_the_page_says_what_to_do(sit_down, site):
    page = on_fire(sit_down("guard").page, site)
    site.gate.fire_input = True
    with site.gate.on_duty():
        page.locator("#alarms [data-end-fire]").click()
        page.fill("#end-fire-reason", "以为是误报")
        page.locator("[data-end-fire-button]").click()
        expect(page.locator("#open-result")).to_contain_text("火警信号仍在")
        expect(page.locator("#open-result")).to_contain_text("复位消防主机")
        page.get_by_role("button", name="再试一次").click()
        expect(page.locator("#end-fire-reason")).to_have_value("以为是误报")
        page.keyboard.press("Escape")
        page.locator("#alarms [data-end-fire]").click()
        expect(page.locator("#end-fire-reason")).to_have_value("")  # another time, another reason
        page.keyboard.press("Escape")
    expect(lane(page)).to_have_class("lane lane--fire")


@pytest.mark.req("ACC-22")
def test_the_lane_says_by_itself_whether_the_signal_is_over(sit_down, site):
    """So that nobody has to find out by trying."""
    page = on_fire(sit_down("guard").page, site)
    signal = lane(page).locator("[data-fire-signal]")
    site.gate.write(Sensed(position=Position.CLOSED, fire=True), None, 0)
    site.gate.tell()
    expect(signal).to_contain_text("消防信号仍在")
    lane(page).locator("[data-end-fire]").click()
    expect(page.locator("#end-fire-body")).to_contain_text("复位消防主机后才能结束")
    page.keyboard.press("Escape")
    site.gate.write(Sensed(position=Position.CLOSED, fire=False), None, 0)
    site.gate.tell()
    expect(signal).to_contain_text("消防信号已复位")
    look_at(page, "desk-fire-reset", 1440, "zh_CN", "light")


@pytest.mark.req("ACC-22")
def test_a_command_nobody_fetched_ended_nothing(sit_down, site, monkeypatch):
    page = on_fire(sit_down("guard").page, site)
    page.locator("#lanes [data-end-fire]").click()
    page.fill("#end-fire-reason", "误报")
    page.locator("[data-end-fire-button]").click()
    expect(page.locator("#open-result")).to_contain_text("等节点回答")
    later = clock.now() + PAST
    monkeypatch.setattr(clock, "now", lambda: later)
    expect(page.locator("#open-result")).to_contain_text("没有结束")
    expect(page.locator("#open-result button").last).to_have_text("再试一次")


@pytest.mark.req("ACC-22", "SYNC-05")
def test_a_silent_node_offers_no_button_and_says_that_the_doors_stay_open(sit_down, site, monkeypatch):
    page = on_fire(sit_down("guard").page, site)
    later = clock.now() + PAST * 3
    monkeypatch.setattr(clock, "now", lambda: later)
    page.locator("#lanes [data-end-fire]").click()
    expect(page.locator("#dialog")).to_contain_text("节点失联")
    expect(page.locator("[data-end-fire-button]")).to_have_count(0)
