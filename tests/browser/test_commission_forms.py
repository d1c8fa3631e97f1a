"""The forms of the site file's tables in a real browser: tied doors, a lift's floors, an intercom, a car's devices."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from edge.site import read_site
from tests.browser.commissioning import LOOKS, Served, fits, shot, wait


def lane(code: str, **more: Any) -> dict[str, Any]:
    return {
        "code": code, "name": f"门 {code}", "direction": "in", "fail": "safe",
        "relay": f"modbus+serial:///dev/{code}?profile=waveshare-8", "scanner": f"scanner+serial:///dev/s{code}",
        **more,
    }  # fmt: skip


def looks(test: Callable[..., None]) -> Callable[..., None]:
    made: Callable[..., None] = pytest.mark.parametrize(("language", "theme", "width"), LOOKS)(test)
    return made


@looks
@pytest.mark.req("INT-12", "ACC-23")
def test_two_doors_are_tied_shown_at_both_and_untied(
    at_node: Served, open_page: Callable[..., Page], language: str, theme: str, width: int
) -> None:
    zh = language == "zh"
    at_node.desk.change(
        {"node": {"name": "门"}, "lane": [lane("outer"), lane("inner"), lane("way", escape_route=True)]}
    )
    page = open_page(language, theme, width)
    page.goto(f"{at_node.url}/site")
    form = page.locator("form[action='/site/tie']")
    form.locator("[name=other]").select_option("way")
    form.get_by_role("button").click()
    expect(page.locator("[id='interlock.new.wrong']")).to_contain_text("疏散通道" if zh else "escape route")
    expect(page.locator("[id='interlock.new.wrong']")).to_be_in_viewport()
    expect(form.locator("[name=other]")).to_have_value("way")
    fits(page)
    shot(page, f"tie-refused-{language}-{theme}-{width}")
    form.locator("[name=other]").select_option("inner")
    form.get_by_role("button").click()
    told = "互锁，不与它同时放行" if zh else "never released together with"
    for place in (1, 2):
        expect(page.locator(f"[id='lane.{place}']")).to_contain_text(told)
    expect(page.locator("[id='interlock.1.lanes']")).to_contain_text("门 outer (outer) ↔ 门 inner (inner)")
    expect(page.locator("#interlock")).to_be_in_viewport()
    fits(page)
    shot(page, f"tied-{language}-{theme}-{width}")
    page.locator("#write").click()
    assert read_site(at_node.site_file).interlock[0].lanes == ("outer", "inner")
    page.goto(f"{at_node.url}/checklist")
    for code in ("outer", "inner"):
        expect(page.locator(f"[id='interlock.{code}']")).to_contain_text(
            "打开另一道门" if zh else "the other door open"
        )
    fits(page)
    page.goto(f"{at_node.url}/site")
    page.get_by_role("button", name="解除互锁" if zh else "Untie").click()
    expect(page.locator("[id='interlock.1.lanes']")).to_have_count(0)


@looks
@pytest.mark.req("ACC-29", "INT-12", "ACC-23")
def test_a_lifts_floors_are_filled_in_and_each_contact_clicks_by_its_name(
    at_node: Served, open_page: Callable[..., Page], language: str, theme: str, width: int
) -> None:
    zh, gate = language == "zh", at_node.hardware.gate
    at_node.desk.change({"node": {"name": "门"}, "lane": [lane("lift", relay=gate.board_address)]})
    page = open_page(language, theme, width)
    page.goto(f"{at_node.url}/site#lane.1.lift")
    card = page.locator("[id='lane.1.lift']")
    card.locator("[name=restrict]").select_option("8")
    card.get_by_role("button", name="作为电梯" if zh else "Make it a lift").click()
    expect(card).to_contain_text("还没有楼层" if zh else "There is no floor yet")
    for floor, output in (("b1", "1"), ("12", "2")):
        card.locator("input[name=floor]:not([type=hidden])").fill(floor)
        card.locator("[name=output]").select_option(output)
        card.get_by_role("button", name="加上这一层" if zh else "Add the floor").click()
        expect(card).to_contain_text(f"{floor.upper()} 层 → 输出" if zh else f"Floor {floor.upper()} → output")
    card.locator("input[name=floor]:not([type=hidden])").fill("3")
    card.locator("[name=output]").select_option("2")
    card.get_by_role("button", name="加上这一层" if zh else "Add the floor").click()
    expect(page.locator("[id='lane.1.lift.wrong']")).to_contain_text("接了两次" if zh else "wired twice")
    expect(card.locator("input[name=floor]:not([type=hidden])")).to_have_value("3")
    fits(page)
    shot(page, f"lift-refused-{language}-{theme}-{width}")
    card.get_by_role("button", name="逐层测试" if zh else "Test the floors").click()
    expect(page.locator("#outputs li").first).to_contain_text("放行按钮 B1" if zh else "frees button B1")
    expect(page.locator("#outputs li").nth(7)).to_contain_text("限制楼层按钮" if zh else "restricts the buttons")
    page.locator("#outputs button").nth(1).click()
    page.locator("#yes").click()
    expect(page.locator("#pulsed")).to_be_visible()
    wait(lambda: [(edge.channel, edge.on) for edge in gate.board.edges()] == [(2, True), (2, False)])
    fits(page)
    page.goto(f"{at_node.url}/site#lane.1.lift")
    expect(card.locator("li").filter(has_text="12")).to_contain_text("✓")
    expect(card.locator("li").filter(has_text="B1")).to_contain_text("○")
    fits(page)
    shot(page, f"lift-{language}-{theme}-{width}")
    page.goto(f"{at_node.url}/checklist")
    expect(page.locator("[id='floors.lift']")).to_contain_text("12:")
    fits(page)


@looks
@pytest.mark.req("INT-12", "ACC-23")
def test_an_intercoms_secret_is_shown_once_and_its_call_is_told_in_words(
    at_node: Served, open_page: Callable[..., Page], language: str, theme: str, width: int
) -> None:
    zh = language == "zh"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    at_node.desk.change({"node": {"name": "门"}, "lane": [lane("a")], "intercoms": {"port": port}})
    page = open_page(language, theme, width)
    page.goto(f"{at_node.url}/site#lane.1.intercom")
    card = page.locator("[id='lane.1.intercom']")
    expect(card.locator("[name=input]")).to_be_visible()
    fits(page)
    shot(page, f"intercom-form-{language}-{theme}-{width}")
    card.locator("[name=address]").fill("door.local")
    card.get_by_role("button", name="用网络呼叫" if zh else "Let it call").click()
    expect(page.locator("[id='lane.1.intercom.wrong']")).to_contain_text(
        "要写 IP 地址" if zh else "must be an IP address"
    )
    card.locator("[name=address]").fill("127.0.0.1")
    card.locator("[name=user]").fill("east")
    card.get_by_role("button", name="用网络呼叫" if zh else "Let it call").click()
    secret, url = page.locator("#secret").inner_text(), page.locator("#url").inner_text()
    assert len(secret) >= 16 and url == f"http://127.0.0.1:{port}/intercom/a"
    fits(page)
    shot(page, f"intercom-secret-{language}-{theme}-{width}")
    page.reload()
    expect(page.locator("#secret")).to_have_count(0)
    page.get_by_role("button", name="等它呼叫" if zh else "Wait for its call").click()
    expect(page.locator("#doing")).to_contain_text("正在等" if zh else "Waiting")
    call(url, "east", "not-the-secret-at-all")
    expect(page.locator("#came li").first).to_contain_text("密钥不对" if zh else "its secret is not")
    call(url, "east", secret)
    expect(page.locator("#came li").first).to_contain_text("证明正确" if zh else "proved itself")
    expect(page.locator("#came li").first).to_have_class(re.compile("works"))
    fits(page)
    shot(page, f"intercom-called-{language}-{theme}-{width}")
    page.get_by_role("button", name="停止" if zh else "Stop").click()
    expect(page.get_by_role("button", name="等它呼叫" if zh else "Wait for its call")).to_be_visible()
    page.goto(f"{at_node.url}/checklist")
    expect(page.locator("[id='intercom.a']")).to_contain_text("实测" if zh else "Measured")


def call(url: str, user: str, secret: str) -> None:
    """As an intercom does: by HTTP digest."""
    httpx.post(url, auth=httpx.DigestAuth(user, secret), timeout=10)


@looks
@pytest.mark.req("LANE-08", "LANE-23", "ACC-23")
def test_a_plate_camera_a_drivers_board_and_a_companion_are_picked_and_tried(
    at_node: Served, open_page: Callable[..., Page], language: str, theme: str, width: int
) -> None:
    zh = language == "zh"
    at_node.desk.change({"node": {"name": "门"}, "lane": [at_node.hardware.cars.lane()]})
    page, test = open_page(language, theme, width), "测试" if zh else "Test"
    page.goto(f"{at_node.url}/devices")
    page.get_by_role("link", name=re.compile("海康车牌相机|Hikvision plate camera")).click()
    fits(page)
    page.get_by_role("button", name=test, exact=True).click()
    expect(page.locator("#push-to")).to_contain_text("http://127.0.0.1:")
    expect(page.locator("#plate")).to_have_text(re.compile("川A"), timeout=30_000)
    expect(page.locator("#push")).to_contain_text("秒前" if zh else "s ago")
    expect(page.locator("#camera-told")).to_contain_text("本机的应答：收到" if zh else "Answered: taken")
    fits(page)
    shot(page, f"plates-{language}-{theme}-{width}")
    page.get_by_role("button", name="用于这条通道" if zh else "Use it for this lane").click()
    expect(page.locator("main")).to_contain_text("已放入草稿" if zh else "In the draft")
    assert at_node.desk.kept.tree["lane"][0]["plate_camera"].startswith("lpr+hikvision://")
    page.goto(f"{at_node.url}/devices")
    page.get_by_role("link", name=re.compile("车道显示屏|lane's board")).click()
    page.get_by_role("button", name=test, exact=True).click()
    page.locator("#show-text").click()
    expect(page.locator("#shown")).to_contain_text("欢迎光临" if zh else "Welcome")
    wait(lambda: any(("欢迎光临" if zh else "Welcome") in said for said in at_node.hardware.cars.board.spoken))
    page.get_by_role("button", name="看到或听到了" if zh else "I saw or heard it").click()
    expect(page.locator("#findings .works")).to_be_visible()
    expect(page.locator("#moved")).to_be_hidden()
    fits(page)
    shot(page, f"board-{language}-{theme}-{width}")
    page.get_by_role("button", name="用于这条通道" if zh else "Use it for this lane").click()
    expect(page.locator("main")).to_contain_text("已放入草稿" if zh else "In the draft")
    page.goto(f"{at_node.url}/devices")
    page.get_by_role("link", name=re.compile("模拟：摄像头|simulated: camera")).click()
    page.get_by_role("button", name=test, exact=True).click()
    expect(page.locator("#picture")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="作为近红外摄像头" if zh else "As its near-infrared camera")).to_be_visible()
    fits(page)
    shot(page, f"companion-{language}-{theme}-{width}")
