"""A fire and what nobody has seen show above every page and before its title, and a page without contact says so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import ActorKind, system
from central.base.kernel.session import tenant_session
from central.gates.access import service as access
from models.wire.events import AlarmKind, Position, Sensed
from tests.browser.test_pages import look_at

A_WHILE = 16_000
"""Longer than a page waits before it asks again, in milliseconds."""


def test_on_another_page_an_alarm_and_a_fire_are_told_without_a_reload_and_in_the_title(sit_down, site, served):
    person = sit_down("guard", width=360)
    person.expected = ("ERR_FAILED", "Failed to load resource")
    page = person.page
    page.clock.install()
    page.goto("/visitors")
    told = page.locator("#alarms-told")
    page.fill("#house", "5-2-101")
    site.gate.alarm(AlarmKind.FORCED, lane=1)
    site.gate.alarm(AlarmKind.CAMERA_STALE)
    site.gate.tell()
    page.clock.fast_forward(A_WHILE)
    expect(told).to_contain_text("2 项告警待处理 · 最急的：门被强行打开")
    expect(page).to_have_title("(2) 访客通行码 · 门庭")
    look_at(page, "told-alarms", 360, "zh_CN", "light")
    site.gate.alarm(AlarmKind.FIRE, lane=1)
    site.gate.tell()
    page.clock.fast_forward(A_WHILE)
    expect(told).to_contain_text("火警：门没上锁 东门人行出 · 3 项告警待处理")
    expect(page).to_have_title("火警(3) 访客通行码 · 门庭")
    look_at(page, "told-fire", 360, "zh_CN", "light")
    expect(page.locator("#house")).to_have_value("5-2-101")
    page.route("**/alarms/told", lambda route: route.abort())
    for _ in range(2):
        with page.expect_event("requestfailed"):
            page.clock.fast_forward(A_WHILE)
    expect(page.locator("[data-alarms-cut]")).to_contain_text("连不上中心")
    page.unroute("**/alarms/told")
    page.clock.fast_forward(A_WHILE)
    expect(page.locator("[data-alarms-cut]")).to_be_hidden()
    person.context.clear_cookies(name="menting_session")
    page.clock.fast_forward(A_WHILE)
    expect(page.locator("[data-alarms-cut]")).to_contain_text("登录已结束")
    expect(page.locator("#house")).to_have_value("5-2-101")  # nothing typed is taken away


@pytest.mark.req("ACC-22")
def test_a_fire_stands_above_the_tabs_of_a_phone_and_the_lockdown_yields_to_it(sit_down, site, served):
    lanes = [lane.lane_id for lane in site.gate.reply.lanes]
    now, guard, manager = clock.now(), sit_down("guard", width=360), sit_down("manager")
    asks, approves = (
        replace(system(site.tenant_id, "one", (right,)), kind=ActorKind.ACCOUNT, id=person.account_id)
        for person, right in ((guard, "lockdown.request"), (manager, "lockdown.approve"))
    )
    with tenant_session(served.running.parts.engine, site.tenant_id) as db:
        until = now + timedelta(hours=1)
        made = access.request_lockdown(db, asks, site.community_id, lanes, "staff", until, "东区有可疑人员", now=now)
        access.approve_lockdown(db, approves, made.id, now=now)
    page = guard.page
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    expect(page.locator(".lockdowns__one--running")).to_contain_text("东门人行进")
    expect(page.locator("#alarms-told p")).to_have_count(0)
    for lane in (0, 1):
        site.gate.alarm(AlarmKind.FIRE, lane=lane)
    site.gate.tell()
    fire = page.locator("#alarms-told")
    expect(fire).to_contain_text("火警：门没上锁 东门人行进、东门人行出")
    expect(page.locator(".lockdowns__one")).to_have_count(0)
    expect(page).to_have_title("火警(2) 值班台 · 门庭")
    look_at(page, "desk-fire", 360, "zh_CN", "light")
    fire.get_by_role("button").click()
    expect(page.locator("#lanes > .lane--fire").first).to_be_visible()
    site.gate.alarm(AlarmKind.FIRE, lane=0, over=True)
    site.gate.tell()
    expect(fire).not_to_contain_text("东门人行进")
    expect(page.locator(".lockdowns__one--running")).to_contain_text("东门人行进")


@pytest.mark.req("ACC-22", "ACC-23")
@pytest.mark.parametrize("width", [360, 1440])
def test_in_a_fire_a_door_whose_lock_did_not_release_stands_first_and_red_until_it_does(sit_down, site, width):
    page = sit_down("guard", width=width).page
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    site.gate.write(Sensed(position=Position.CLOSED), None, 1)
    site.gate.alarm(AlarmKind.DURESS, device="pin")
    site.gate.alarm(AlarmKind.FIRE, lane=0, detail="east-in")
    site.gate.alarm(
        AlarmKind.FIRE, lane=1, detail="east-in", hold="NotConfirmed: output 1 was told to be on and reads off"
    )
    site.gate.tell()
    told, first = page.locator("#alarms-told"), page.locator("#alarms > article").first
    expect(told.locator("strong").first).to_have_text("火警：锁没有松开，立刻到门口手动打开")
    expect(told).to_contain_text("手动打开 东门人行出 · 火警：门没上锁 东门人行进")
    expect(page).to_have_title(re.compile("^火警没打开"))
    expect(first).to_contain_text("火警：锁没有松开")
    expect(first).to_have_class(re.compile("alarm--traps"))
    look_at(page, "desk-fire-locked", width, "zh_CN", "light")
    if width == 360:
        told.get_by_role("button").click()
    locked = page.locator("#lanes > .lane--traps")
    expect(locked).to_contain_text("关着，锁没有松开")
    expect(locked).not_to_contain_text("没上锁")
    look_at(page, "desk-fire-locked-lanes", width, "zh_CN", "light")
    site.gate.hold(lane=1)
    site.gate.alarm(AlarmKind.DEVICE_FAULT, lane=1, device="lock", over=True)
    site.gate.tell()
    expect(page.locator("#alarms")).to_contain_text("才松开")
    expect(locked).to_have_count(0)
    expect(page).to_have_title(re.compile(r"^火警\("))


def test_what_is_told_meanwhile_moves_no_button_from_under_a_finger_that_presses_it(sit_down, site):
    """The line above the page pushes all of it down. Between press and release the press was lost: nothing was sent."""
    page = sit_down("administrator").page
    page.goto(f"/watch-group?community={site.community_id}")
    page.locator("input[name=ground][value=missing]").check()
    for name in ("document", "asked_by", "label"):
        page.fill(f"input[name={name}]", "协查示例")
    page.locator("form[action='/watch-group'] button[type=submit]").click()
    expect(page.locator("#end-reason")).to_be_visible()
    site.gate.alarm(AlarmKind.FORCED, lane=1)
    site.gate.tell()
    held = []
    page.route("**/alarms/told", lambda route: held.append(route))
    with page.expect_request("**/alarms/told"):
        page.reload()
    page.fill("#end-reason", "人已找到")
    button = page.locator("button.btn-refuse")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    with page.expect_response("**/alarms/told"):
        held[0].continue_()
    page.wait_for_timeout(300)  # for the line to be drawn, were it not held back
    assert button.bounding_box() == box
    with page.expect_navigation():
        page.mouse.up()
    expect(page.locator("#end-reason")).to_have_count(0)


def test_what_was_told_during_a_press_shows_once_it_is_over(sit_down, site):
    page = sit_down("guard").page
    page.goto("/visitors")
    site.gate.alarm(AlarmKind.FORCED, lane=1)
    site.gate.tell()
    held, told = [], page.locator("#alarms-told p")
    page.route("**/alarms/told", lambda route: held.append(route))
    with page.expect_request("**/alarms/told"):
        page.reload()
    page.mouse.move(5, 400)
    page.mouse.down()
    with page.expect_response("**/alarms/told"):
        held[0].continue_()
    expect(told).to_have_count(0)
    page.mouse.up()
    expect(told).to_contain_text("门被强行打开")
