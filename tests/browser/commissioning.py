"""The commissioning page of a node against simulated hardware, served to a real browser."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from edge.commission.command import serve
from edge.commission.desk import Desk
from edge.commission.keeping import Keeping
from edge.commission.simulated import SimulatedHardware
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
def at_node(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.close()


@pytest.fixture
def open_page(browser: Browser, at_node: Served) -> Iterator[Callable[..., Page]]:
    complaints: list[str] = []
    contexts = []

    def opened(language: str = "zh", theme: str = "light", width: int = 360) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
        contexts.append(context)
        context.add_cookies([{"name": "menting_language", "value": language, "url": at_node.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(at_node.url)
        page.get_by_label(re.compile("代码|Code")).fill(at_node.codes[-1])
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
    assert page.evaluate("(nav => !nav || nav.scrollWidth <= nav.clientWidth)(document.querySelector('nav'))"), "tabs"
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


def light(page: Page, name: str) -> Locator:
    return page.locator("#lights li").filter(has_text=name)


def wait(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
