"""The commissioning page in a real browser, against simulated hardware on real pseudo-terminals."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from edge.commission.report import report_html
from edge.site import read_site
from tests.browser.commissioning import LOOKS, Served, choose, fits, shot, wait
from tests.edge.commission.conftest import enrol


@pytest.mark.req("ACC-23")
def test_a_relay_clicks_only_after_the_warning_was_confirmed_and_the_lights_follow(
    at_node: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    choose(page, "模拟：继电器板")
    expect(page.locator("#findings")).to_contain_text("工作正常")
    expect(page.locator("#inputs li")).to_have_count(8)
    edges = at_node.hardware.gate.board.edges
    assert edges() == (), "opening and looking move nothing"
    page.get_by_role("button", name="2: 吸合 0.5 秒").click()
    expect(page.locator("#sure")).to_contain_text("锁或道闸可能会动")
    page.get_by_role("button", name="取消").click()
    assert edges() == ()
    page.get_by_role("button", name="2: 吸合 0.5 秒").click()
    page.get_by_role("button", name="已确认，吸合 2").click()
    expect(page.locator("#pulsed")).to_contain_text("输出 2 已吸合")
    wait(lambda: len(edges()) == 2)
    on, off = edges()
    assert (on.channel, on.on, off.on) == (2, True, False) and off.at - on.at == pytest.approx(0.5, abs=0.01)
    fits(page)
    expect(page.locator("#inputs li").nth(1)).to_have_class(re.compile("lit"))  # somebody presses the exit button
    page.get_by_role("link", name="清单").click()


@pytest.mark.req("ACC-23")
def test_what_was_looked_at_in_one_browser_moves_nothing_that_another_one_has_begun_to_test(
    at_node: Served, open_page: Callable[..., Page]
) -> None:
    page, other = open_page(), open_page(width=1440)
    choose(page, "模拟：继电器板")
    page.get_by_role("button", name="1: 吸合 0.5 秒").click()
    page.route("**/trial/state*", lambda route: route.abort())  # this one has not heard of the other yet
    choose(other, "速率不对的板")
    page.get_by_role("button", name="已确认，吸合 1").click()
    expect(page.locator("#refusal")).to_contain_text("已经开始了另一个测试")
    expect(page.locator("#refusal a")).to_have_attribute("href", "/trial")
    expect(page.locator("#pulsed")).to_be_hidden()
    fits(page)
    shot(page, "refused-another-test")
    page.unroute("**/trial/state*")
    expect(page.locator("#findings")).to_contain_text("这个测试已经结束")
    for part in ("#outputs button", "#keep", "#again", "#stop", "#refusal"):
        expect(page.locator(part).first).to_be_hidden()
    fits(page)
    shot(page, "overtaken")
    assert at_node.hardware.gate.board.edges() == ()
    page.get_by_role("link", name="去看现在的测试").click()
    expect(page.locator("#findings")).to_contain_text("波特率")


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("没有应答的板", "9600 8N1 没有应答"),
        ("地址是 2 的板", "没有应答"),
        ("会回显的转换器", "请把“转换器回显”设为 1"),
        ("受干扰的线路", "校验（CRC）不对"),
        ("速率不对的板", "多半是“波特率”不对"),
        ("替别的板应答的板", "应答的是另一块板，地址 7"),
        ("地址相同的两块板", "一条线上有两台设备"),
    ],
)
def test_what_is_wrong_is_said_in_words(open_page: Callable[..., Page], device: str, words: str) -> None:
    page = open_page()
    choose(page, device)
    expect(page.locator("#findings")).to_contain_text(words)
    expect(page.locator("#findings .works")).to_have_count(0)
    expect(page.locator("#keep")).to_be_hidden()
    expect(page.locator("#not-usable")).to_be_visible()
    fits(page)
    shot(page, f"wrong-{device}")


def test_an_echo_is_mended_from_where_it_is_told(open_page: Callable[..., Page]) -> None:
    page = open_page()
    choose(page, "会回显的转换器")
    page.get_by_role("link", name="把“转换器回显”设为 1").click()
    expect(page.locator("#echo")).to_have_value("1")
    expect(page.locator("#echo")).to_be_focused()
    expect(page.locator("#profile")).to_have_value("waveshare-8")
    shot(page, "echo-field")
    page.get_by_role("button", name="测试", exact=True).click()
    expect(page.locator("#findings .works")).to_be_visible()
    expect(page.locator("#findings .attention")).to_have_count(0)


def test_a_silent_board_is_searched_for_from_its_test_and_a_test_that_is_over_offers_no_stop(
    open_page: Callable[..., Page], at_node: Served
) -> None:
    page = open_page(language="en")
    choose(page, "a board that is silent", "Test")
    expect(page.locator("#findings")).to_contain_text('"Search" then tries')
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#doing")).to_contain_text("Searching")
    expect(page.locator("#findings")).to_contain_text("at any of the usual speeds", timeout=40_000)
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.get_by_role("heading", name="Outputs")).to_be_hidden()
    expect(page.get_by_role("button", name="Test again")).to_be_visible()
    fits(page)
    shot(page, "over-search")


def test_of_a_draft_that_cannot_be_written_it_is_said_at_the_top_where_to_mend_it(
    at_node: Served, open_page: Callable[..., Page]
) -> None:
    lane = {"code": "a", "name": "东门 进", "direction": "in", "fail": "secure", "escape_route": True, "wrong_max": 99}
    relay = {"relay": "modbus+serial:///dev/x?profile=waveshare-8", "scanner": "scanner+serial:///dev/y"}
    page = open_page()
    at_node.desk.change({"node": {"name": "东门"}, "lane": [lane]})
    page.goto(f"{at_node.url}/site")
    expect(page.locator("#problems")).to_be_in_viewport()
    expect(page.locator("#problems")).not_to_contain_text("lane.1")
    expect(page.get_by_label("门磁：输入")).to_be_hidden()
    fits(page)
    shot(page, "site-problems")
    page.get_by_role("link", name="东门 进 · 错几次报警、锁住键盘").click()
    expect(page.locator("[id='lane.1.wrong_max']")).to_be_focused()  # it was folded away
    at_node.desk.change({"node": {"name": "东门"}, "lane": [{**lane, **relay, "wrong_max": 5}]})
    page.goto(f"{at_node.url}/site")
    page.get_by_role("link", name="东门 进 · 断电时").click()
    expect(page.locator("[id='lane.1.fail']")).to_be_focused()
    expect(page.get_by_label("门磁：输入")).to_be_visible()
    page.goto(f"{at_node.url}/language?to=en&back=/site")
    expect(page.locator("#problems")).to_contain_text('must have "Without power": opens')


def test_a_search_finds_the_number_of_a_board_and_shows_how_far_it_is(open_page: Callable[..., Page]) -> None:
    page = open_page()
    choose(page, "地址是 2 的板", "寻找设备")
    expect(page.locator("#better")).to_contain_text("unit=2", timeout=30_000)
    page.get_by_role("button", name="用这个地址测试").click()
    expect(page.locator("#findings")).to_contain_text("工作正常")


def test_a_code_shows_its_number_and_a_camera_its_picture_with_its_age(open_page: Callable[..., Page]) -> None:
    page = open_page(language="en", width=1440)
    choose(page, "simulated: code scanner", "Test")
    expect(page.locator("#seen")).to_contain_text("SIM-0", timeout=20_000)
    choose(page, "simulated: camera", "Test")
    expect(page.locator("#age")).to_contain_text("s old · 640 × 360")
    expect(page.locator("#picture")).to_be_visible()
    wait(lambda: page.evaluate("document.getElementById('picture').naturalWidth") == 640)


@pytest.mark.req("ACC-23", "PRIV-12", "SEC-06")
@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_from_an_empty_folder_to_a_written_site_file_and_a_report(
    at_node: Served, open_page: Callable[..., Page], tmp_path: Path, language: str, theme: str, width: int
) -> None:
    zh = language == "zh"
    page = open_page(language, theme, width)
    name = f"{language}-{theme}-{width}"
    fits(page)
    shot(page, f"{name}-devices")
    expect(page.locator(".simulated")).to_be_visible()
    page.goto(f"{at_node.url}/site")
    page.locator("form[action='/site/node'] input").fill("东门")
    page.get_by_role("button", name="保存" if zh else "Save").first.click()
    form = page.locator("form[action='/site/lane']").last
    form.locator("[name=code]").fill("east-in")
    form.locator("[name=name]").fill("东门 进")
    form.locator("[name=fail]").select_option("safe")
    form.locator("[name=escape_route]").check()
    form.get_by_role("button").click()
    expect(page.locator("#problems")).to_contain_text("继电器和输入板" if zh else "Relay and input board")
    expect(page.get_by_role("button", name="写入站点文件" if zh else "Write the site file")).to_be_disabled()
    devices = ("模拟：继电器板", "模拟：扫码器", "模拟：摄像头")
    for device in devices if zh else ("simulated: relay board", "simulated: code scanner", "simulated: camera"):
        choose(page, device, "测试" if zh else "Test")
        if "继电器板" in device or "relay" in device:
            page.locator("#outputs button").first.click()
            shot(page, f"{name}-sure")
            page.locator("#yes").click()
            expect(page.locator("#pulsed")).to_be_visible()
        expect(page.locator("#findings .works")).to_be_visible(timeout=20_000)
        wait(lambda: len(at_node.desk.kept.worked) > 0)
        fits(page)
        shot(page, f"{name}-{device.split()[-1]}")
        page.get_by_role("button", name="用于这条通道" if zh else "Use it for this lane").click()
        expect(page.locator("main")).to_contain_text("已放入草稿" if zh else "In the draft")
    page.get_by_role("button", name="保存通信记录" if zh else "Save the recording").click()
    page.goto(f"{at_node.url}/site")
    page.locator("[id='lane.1.contacts.tamper']").fill("4")
    page.get_by_role("button", name="保存通道 东门 进" if zh else "Save lane 东门 进").click()
    fits(page)
    shot(page, f"{name}-site")
    page.get_by_role("button", name="写入站点文件" if zh else "Write the site file").click()
    expect(page.locator("main")).to_contain_text("已写入" if zh else "Written")
    (lane,) = read_site(at_node.site_file).lane
    assert lane.escape_route and lane.relay.endswith("profile=waveshare-8") and lane.scanner and lane.camera
    page.goto(f"{at_node.url}/checklist")
    expect(page.locator("#devices, [id='devices']").first).to_contain_text("✓")
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((60, 80, 3), 90, np.uint8))
    asked = ("fail_state", "fire_power", "fire", "exit", "door", "tamper", "sign", "private_view")
    for number, point in enumerate((*(f"{item}.east-in" for item in asked), "passwords")):
        card = page.locator(f"[id='{point}']")
        if card.locator("form[enctype] .quiet").count():
            card.locator("input[type=file]").set_input_files(photo)
            expect(card.locator("img")).to_be_visible()
        if not number:
            card.locator("[name=by]").fill("陈工")
        expect(card.locator("[name=by]")).to_have_value("陈工")
        card.get_by_role("button", name="确认已检查" if zh else "Confirm").click()
        expect(card.locator("h2")).to_contain_text("✓")
    enrolled = page.locator("[id='enrolled']")
    expect(enrolled).to_contain_text("没有节点可登记" if zh else "there is no node to enrol")
    assert "模拟设备" in report_html(at_node.desk)
    at_node.desk.simulated = False  # from here on as at a gate
    page.reload()
    expect(enrolled.get_by_label("注册码" if zh else "Token")).to_be_visible()
    expect(page.locator("p[role=status]")).to_contain_text("还有未完成" if zh else "Some points are open")
    fits(page)
    shot(page, f"{name}-not-enrolled")
    enrol(tmp_path / "node", "east-in")
    page.reload()
    expect(enrolled.locator("h2")).to_contain_text("✓")
    expect(page.locator("p[role=status]")).to_contain_text("全部完成" if zh else "All done")
    fits(page)
    shot(page, f"{name}-checklist")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出报告" if zh else "Export the report").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    report = archive.read("report.html").decode()
    assert "全部完成 · All done" in report and "模拟设备" not in report and "东门" in report
    assert len([name for name in archive.namelist() if name.startswith("photos/")]) == 3


def test_a_photo_chosen_before_the_script_has_come_is_sent_once_it_has(
    at_node: Served, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((60, 80, 3), 90, np.uint8))
    held: list[Route] = []
    page.route("**/commission.js", lambda route: held.append(route), times=1)
    with page.expect_request("**/commission.js"):
        page.goto(f"{at_node.url}/checklist", wait_until="commit")
    card = page.locator("[id='passwords']")
    card.locator("input[type=file]").set_input_files(photo)
    held[0].continue_()
    expect(card.locator("img")).to_have_count(1)
    page.reload()
    expect(card.locator("img")).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_photo_that_is_too_large_or_none_comes_back_to_its_point_with_what_was_typed(
    at_node: Served, browser: Browser, tmp_path: Path, scripts: bool
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=scripts)
    page = context.new_page()
    at_node.desk.change({"node": {"name": "东门"}, "lane": [{"code": "a", "name": "东门 进", "fail": "safe"}]})
    page.goto(at_node.url)
    page.get_by_label("代码").fill(at_node.codes[-1])
    page.get_by_role("button", name="进入").click()
    page.goto(f"{at_node.url}/checklist")
    large, text, good = tmp_path / "large.jpg", tmp_path / "text.jpg", tmp_path / "good.png"
    large.write_bytes(bytes(40_000_000))
    text.write_text("no picture")
    cv2.imwrite(str(good), np.full((60, 80, 3), 90, np.uint8))
    card, other = page.locator("[id='sign.a']"), page.locator("[id='passwords']")
    if scripts:  # without any, each form of the list is sent alone
        card.locator("[name=by]").fill("陈工")
        other.locator("[name=note]").fill("已改")
    for path, words in ((large, "照片超过 15 MB，请缩小后再传"), (text, "这不是照片，请选 JPEG 或 PNG")):
        card.locator("input[type=file]").set_input_files(path)
        if not scripts:
            card.get_by_role("button", name="保存").click()
        expect(card.get_by_role("alert")).to_contain_text(words)
        expect(page.get_by_role("alert")).to_have_count(1)
        if scripts:
            expect(card.get_by_role("alert")).to_be_in_viewport()
            expect(card.locator("[name=by]")).to_have_value("陈工")
            expect(other.locator("[name=note]")).to_have_value("已改")
        shot(page, f"photo-{path.stem}")
    card.locator("input[type=file]").set_input_files(good)
    if not scripts:
        card.get_by_role("button", name="保存").click()
    expect(card.locator("img")).to_have_count(1)
    expect(page.get_by_role("alert")).to_have_count(0)
    if scripts:
        expect(card).to_be_in_viewport()
        expect(card.locator("[name=by]")).to_have_value("陈工")
        card.get_by_role("button", name="确认已检查").click()
        expect(card.locator("h2")).to_contain_text("✓")
        expect(other.locator("[name=note]")).to_have_value("已改")
    context.close()
