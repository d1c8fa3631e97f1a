"""The commissioning page in a real browser, against simulated hardware on real pseudo-terminals."""

from __future__ import annotations

import io
import os
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from edge.commission.command import serve
from edge.commission.desk import Desk
from edge.commission.keeping import Keeping
from edge.commission.simulated import SimulatedHardware
from edge.site import read_site
from models.values.time import utc_now

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
SHOTS = os.environ.get("MENTING_SCREENSHOTS")
LOOKS = [
    ("zh", "light", 360), ("en", "dark", 360), ("zh", "dark", 1440), ("en", "light", 1440),
]  # fmt: skip


class Served:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hardware = SimulatedHardware(folder / "dev")
        self.site_file = folder / "site.toml"
        self.desk = Desk(Keeping(folder / "node", self.site_file), lambda: self.hardware.found, utc_now, True)
        self.codes: list[str] = []
        self.url = ""
        self._stop, self._ready = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=serve, args=(self.desk, 0, self._stop, self.codes.append, self._is_ready), daemon=True
        )
        self._thread.start()
        assert self._ready.wait(20)

    def _is_ready(self, url: str) -> None:
        self.url = url
        self._ready.set()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(20)
        self.desk.close()
        self.hardware.close()
        assert not self._thread.is_alive()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.close()


@pytest.fixture
def open_page(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    complaints: list[str] = []
    contexts = []

    def opened(language: str = "zh", theme: str = "light", width: int = 360) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
        contexts.append(context)
        context.add_cookies([{"name": "menting_language", "value": language, "url": served.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served.url)
        page.get_by_label(re.compile("代码|Code")).fill(served.codes[-1])
        page.get_by_role("button", name=re.compile("进入|Enter")).click()
        expect(page.locator("h1")).to_have_text(re.compile("已连接的设备|What is plugged in"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def fits(page: Page) -> None:
    """Nothing is wider than the glass, and a thumb hits every control."""
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a.button, nav a, select, "
             + "input:not([type=hidden]):not([type=file]):not([type=checkbox])")]
             .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5)
             .map((e) => e.outerHTML)"""
    )
    assert small == []
    assert page.evaluate(CONTRAST) == []


def choose(page: Page, label: str, button: str = "测试") -> None:
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/devices")
    page.get_by_role("link", name=re.compile(label)).click()
    profile = page.locator("select[name=profile]")
    if profile.count():
        profile.select_option("waveshare-8")
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#doing")).to_be_visible()


@pytest.mark.req("ACC-23")
def test_a_relay_clicks_only_after_the_warning_was_confirmed_and_the_lights_follow(
    served: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    choose(page, "模拟继电器板")
    expect(page.locator("#findings")).to_contain_text("工作正常")
    expect(page.locator("#inputs li")).to_have_count(8)
    edges = served.hardware.gate.board.edges
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


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("没有应答的板", "9600 8N1 没有应答"),
        ("地址是 2 的板", "没有应答"),
        ("会回显的转换器", "这个转换器会回显"),
        ("受干扰的线路", "校验（CRC）不对"),
    ],
)
def test_what_is_wrong_is_said_in_words(open_page: Callable[..., Page], device: str, words: str) -> None:
    page = open_page()
    choose(page, device)
    expect(page.locator("#findings")).to_contain_text(words)
    fits(page)


def test_a_search_finds_the_number_of_a_board_and_shows_how_far_it_is(open_page: Callable[..., Page]) -> None:
    page = open_page()
    choose(page, "地址是 2 的板", "寻找设备")
    expect(page.locator("#better")).to_contain_text("unit=2", timeout=30_000)
    page.get_by_role("button", name="用这个地址测试").click()
    expect(page.locator("#findings")).to_contain_text("工作正常")


def test_a_code_shows_its_number_and_a_camera_its_picture_with_its_age(open_page: Callable[..., Page]) -> None:
    page = open_page(language="en", width=1440)
    choose(page, "simulated code scanner", "Test")
    expect(page.locator("#seen")).to_contain_text("SIM-0", timeout=20_000)
    choose(page, "simulated camera", "Test")
    expect(page.locator("#age")).to_contain_text("s old · 640 × 360")
    expect(page.locator("#picture")).to_be_visible()
    wait(lambda: page.evaluate("document.getElementById('picture').naturalWidth") == 640)


@pytest.mark.req("ACC-23", "PRIV-12", "SEC-06")
@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_from_an_empty_folder_to_a_written_site_file_and_a_report(
    served: Served, open_page: Callable[..., Page], tmp_path: Path, language: str, theme: str, width: int
) -> None:
    zh = language == "zh"
    page = open_page(language, theme, width)
    name = f"{language}-{theme}-{width}"
    fits(page)
    shot(page, f"{name}-devices")
    expect(page.locator(".simulated")).to_be_visible()
    page.goto(f"{served.url}/site")
    page.locator("form[action='/site/node'] input").fill("东门")
    page.get_by_role("button", name="保存" if zh else "Save").first.click()
    form = page.locator("form[action='/site/lane']").last
    form.locator("[name=code]").fill("east-in")
    form.locator("[name=name]").fill("东门 进")
    form.locator("[name=fail]").select_option("safe")
    form.locator("[name=escape_route]").check()
    form.get_by_role("button").click()
    expect(page.locator(".told.attention")).to_contain_text("relay")
    expect(page.get_by_role("button", name="写入站点文件" if zh else "Write the site file")).to_be_disabled()
    for device in ("模拟继电器板", "模拟扫码器", "模拟摄像头"):
        choose(page, device, "测试" if zh else "Test")
        if device == "模拟继电器板":
            page.locator("#outputs button").first.click()
            shot(page, f"{name}-sure")
            page.locator("#yes").click()
            expect(page.locator("#pulsed")).to_be_visible()
        expect(page.locator("#findings .works")).to_be_visible(timeout=20_000)
        wait(lambda: len(served.desk.kept.worked) > 0)
        fits(page)
        shot(page, f"{name}-{device}")
        page.get_by_role("button", name="用于这条通道" if zh else "Use it for this lane").click()
        expect(page.locator("main")).to_contain_text("已放入草稿" if zh else "In the draft")
    page.get_by_role("button", name="保存通信记录" if zh else "Save the recording").click()
    page.goto(f"{served.url}/site")
    fits(page)
    shot(page, f"{name}-site")
    page.get_by_role("button", name="写入站点文件" if zh else "Write the site file").click()
    expect(page.locator("main")).to_contain_text("已写入" if zh else "Written")
    (lane,) = read_site(served.site_file).lane
    assert lane.escape_route and lane.relay.endswith("profile=waveshare-8") and lane.scanner and lane.camera
    page.goto(f"{served.url}/checklist")
    expect(page.locator("#devices, [id='devices']").first).to_contain_text("✓")
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((60, 80, 3), 90, np.uint8))
    for point in ("fail_state.east-in", "fire_power.east-in", "tamper.east-in", "sign.east-in", "private_view.east-in",
                  "passwords"):  # fmt: skip
        card = page.locator(f"[id='{point}']")
        if card.locator("form[enctype] .quiet").count():
            card.locator("input[type=file]").set_input_files(photo)
            expect(card.locator("img")).to_be_visible()
        card.locator("[name=by]").fill("陈工")
        card.get_by_role("button", name="确认已检查" if zh else "Confirm").click()
        expect(card.locator("h2")).to_contain_text("✓")
    expect(page.locator("p[role=status]")).to_contain_text("全部完成" if zh else "All done")
    fits(page)
    shot(page, f"{name}-checklist")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出报告" if zh else "Export the report").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    report = archive.read("report.html").decode()
    assert "全部完成 · All done" in report and "模拟设备" in report and "东门" in report
    assert len([name for name in archive.namelist() if name.startswith("photos/")]) == 3


def test_a_photo_chosen_before_the_script_has_come_is_sent_once_it_has(
    served: Served, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((60, 80, 3), 90, np.uint8))
    held: list[Route] = []
    page.route("**/commission.js", lambda route: held.append(route), times=1)
    with page.expect_request("**/commission.js"):
        page.goto(f"{served.url}/checklist", wait_until="commit")
    card = page.locator("[id='passwords']")
    card.locator("input[type=file]").set_input_files(photo)
    held[0].continue_()
    expect(card.locator("img")).to_have_count(1)
    page.reload()
    expect(card.locator("img")).to_have_count(1)


def wait(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
