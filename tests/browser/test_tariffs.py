"""Tariffs: drafted by one manager, approved by another, tried beside the one in force."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import ActorKind, system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.gates.access.site_keys import plate_key
from central.gates.parking.stays import compare
from central.gates.parking.tariffs import service
from models.parking.scope import Scope
from models.parking.tariff import FreeMinutes
from models.values.ids import new_id
from tests.browser.test_pages import EACH_PAIR, SHOTS, look_at
from tests.central.gates.parking.cars import FieldLane, drive
from tests.models.parking.tariffs import T1, T4A, T5, T6

LOOKS = [*itertools.product([360, 1440], ["zh_CN", "en"], ["light", "dark"])] if SHOTS else EACH_PAIR[::3]
DAY = timedelta(days=1)


def large_here(site):
    return Scope(classes=frozenset({"large"}), lanes=frozenset({site.gate.reply.lanes[0].lane_id}))


def person(site, name):
    return replace(
        system(site.tenant_id, name, of_preset(ADMINISTRATOR)), kind=ActorKind.ACCOUNT, id=new_id()
    )  # fmt: skip


def version(site, tariff, name, *, began=0, starts=1, approved=True):
    """Drafted so many days ago, to start so many days after that."""
    then = clock.now() + began * DAY
    with site.gate.session() as db:
        mine = tariff.model_copy(update={"name": name, "starts_at": then + starts * DAY})
        row = service.draft_tariff(db, person(site, "李经理"), site.community_id, mine, now=then)
        if approved:
            service.approve_tariff(db, person(site, "王主任"), row.id, now=then)


@pytest.mark.req("PARK-03", "PARK-04")
def test_a_tariff_is_drafted_refused_to_its_drafter_approved_by_another_and_tried(sit_down, site):
    drafter, second = sit_down("manager"), sit_down("manager")
    drafter.expected = ("422",)
    page = drafter.page
    page.goto("/tariffs")
    expect(page.locator(".nothing")).to_contain_text("还没有收费标准")
    page.get_by_role("link", name="起草新的一版").last.click()
    page.get_by_role("link", name="白天和夜间").click()
    page.get_by_label("名称").fill("地面车位")
    page.locator("#tariff-starts_at").fill("2020-01-01T00:00")
    page.locator("#tariff-day_yuan").fill("3")
    page.get_by_role("button", name="保存，等待批准").click()
    expect(page.locator("#tariff-starts_at-wrong")).to_contain_text("已经过去")
    page.locator("#tariff-starts_at").fill("2099-01-01T00:00")
    page.get_by_role("button", name="保存，等待批准").click()
    waiting = page.locator('[data-tariff="waiting"]')
    expect(waiting).to_contain_text("07:00 到 21:00：每 30 分钟 ¥3.00，最多 ¥24.00。")
    expect(waiting).to_contain_text("须由另一人批准")
    expect(waiting.get_by_role("button", name="批准这一版")).to_have_count(0)

    page = second.page
    page.goto("/tariffs")
    page.get_by_role("button", name="批准这一版").click()
    expect(page.locator('[data-tariff="planned"]')).to_be_visible()
    page.locator("#trial-entry").fill("2026-11-23T09:00")
    page.locator("#trial-exit").fill("2026-11-23T13:10")
    page.get_by_role("button", name="试算").click()
    expect(page.locator("[data-fee]")).to_have_attribute("data-fee", "2400")
    expect(page.locator(".bill")).to_contain_text("8 × ¥3.00")
    expect(page.locator("svg path.fees__line")).to_have_count(1)


@pytest.mark.req("P34", "PARK-04", "PARK-26")
def test_minutes_for_visitors_are_drafted_in_fields_said_on_the_board_and_tried(sit_down, site):
    person = sit_down("manager")
    page = person.page
    page.goto("/tariffs/new?start=blocks")
    page.get_by_label("名称").fill("地面车位")
    page.locator("#tariff-starts_at").fill("2099-01-01T00:00")
    page.locator("#tariff-visitor_minutes").fill("120")
    page.get_by_role("button", name="保存，等待批准").click()
    expect(page.locator('[data-tariff="waiting"]')).to_contain_text("受邀访客：120 分钟以内离场免费")
    page.locator("#trial-entry").fill("2026-11-23T09:00")
    page.locator("#trial-exit").fill("2026-11-23T11:00")
    page.locator("#trial-invited").select_option("yes")
    page.get_by_role("button", name="试算").click()
    expect(page.locator("[data-fee]")).to_have_attribute("data-fee", "0")
    expect(page.locator(".bill")).to_contain_text("访客 120 分钟免费")


@pytest.mark.req("P01")
def test_a_tariff_for_some_cars_is_picked_by_boxes_and_a_tie_is_said_beside_them(sit_down, site):
    version(site, T1.model_copy(update={"scope": large_here(site)}), "大型车", began=-9)
    manager = sit_down("manager")
    manager.expected = ("409", "422")
    page = manager.page
    page.goto("/tariffs")
    expect(page.locator('[data-tariff="in_force"] [data-cars]')).to_contain_text("大型车；从“")
    page.get_by_role("link", name="起草新的一版").click()
    page.get_by_role("link", name="不收费").click()
    page.get_by_label("名称").fill("黄牌")
    page.locator("#tariff-starts_at").fill("2099-01-01T00:00")
    page.get_by_label("黄牌", exact=True).check()
    page.get_by_label("临时车", exact=True).check()
    page.get_by_role("button", name="保存，等待批准").click()
    expect(page.locator("#tariff-scope-wrong")).to_contain_text("《大型车》第 1 版")
    page.get_by_label("大型车", exact=True).check()
    page.get_by_role("button", name="保存，等待批准").click()
    expect(page.locator('[data-tariff="waiting"] [data-cars]')).to_have_text("临时车；大型车；黄牌")


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), LOOKS)
def test_the_pages_of_tariffs_hold_together(sit_down, site, width, language, theme):
    version(site, T1, "地面车位", began=-9)
    version(site, T6, "地面车位", began=-5, starts=2)
    version(site, T4A, "地面车位 2027", starts=20, approved=False)
    version(site, T5.model_copy(update={"scope": large_here(site)}), "大型车", began=-9)
    person = sit_down("manager", language=language, theme=theme, width=width)
    person.expected = ("422",)
    page = person.page
    page.goto("/tariffs")
    expect(page.locator(".bill")).to_have_count(2)
    expect(page.locator("[data-choice]")).not_to_be_empty()
    look_at(page, "tariffs", width, language, theme)
    page.locator('a[href*="start=ends"]').click()
    expect(page.locator("#tariff [data-cars]")).not_to_be_empty()
    look_at(page, "tariff-ends", width, language, theme)
    page.goto("/tariffs/new")
    page.locator(".start").nth(3).click()
    expect(page.locator("#tariff-day_yuan")).to_have_value("2.00")
    page.locator("#tariff-day_yuan").fill("two")
    page.locator("#tariff-name").fill("x")
    page.locator('#tariff input[value="yellow"]').check()
    page.locator("#tariff-starts_at").fill("2099-01-01T00:00")
    page.locator("#tariff button[type=submit]").click()
    expect(page.locator("#tariff-day_yuan-wrong")).to_be_visible()
    expect(page.locator('#tariff input[value="yellow"]')).to_be_checked()
    look_at(page, "tariff-new", width, language, theme)


@pytest.mark.req("PARK-04")
@pytest.mark.parametrize(("width", "language", "theme"), LOOKS)
def test_two_versions_are_compared_on_last_months_stays(sit_down, site, monkeypatch, width, language, theme):
    version(site, T1, "地面车位", began=-40)
    version(site, T1.model_copy(update={"free": FreeMinutes(minutes=120)}), "两小时免费", approved=False)
    monkeypatch.setattr(compare, "SLICE", 1)
    person = sit_down("manager", width=width, language=language, theme=theme)
    page = person.page
    page.goto("/tariffs")
    page.locator('a[href*="/tariffs/compare"]').click()
    page.locator("form.trial button[type=submit]").click()
    expect(page.locator(".nothing")).to_be_visible()  # no car has left yet
    with site.gate.session() as db:
        key = plate_key(db, site.community_id)
    lane = FieldLane(site.gate, site.gate.reply.lanes[0])
    for ago, plate in ((5, "川A12345"), (4, "川A12346"), (3, "川A12347")):
        at = clock.now() - ago * DAY
        drive(lane, key, plate, at)
        drive(lane, key, plate, at + timedelta(minutes=100), direction="out")
    site.gate.tell()
    page.reload()
    expect(page.locator("[data-change]")).to_have_attribute("data-change", "-2100")
    assert page.locator("[data-income]").evaluate_all("all => all.map(one => one.dataset.income)") == ["2100", "0"]
    expect(page.locator("[data-difference]")).to_have_count(3)
    expect(page.locator("svg path.fees__line")).to_have_count(2)
    look_at(page, "tariff-compare", width, language, theme)
