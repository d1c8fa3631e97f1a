"""A gate's first day: central, the commissioning page and then the node as processes of their own, the manager and the
technician each in a browser. The node is enrolled from the page, and the gate lets somebody in.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.sync.enrol import load_node
from models.access.decision import Outcome
from models.wire.events import DecisionMade, Passage
from scripts.child import end, end_with_parent
from scripts.demo.client import Person
from scripts.demo.site import DemoSite
from scripts.prepare.weights import prepare_weights
from scripts.setup import CACHE, ROOT
from tests.browser.commissioning import fits, shot
from tests.browser.conftest import WAIT_MS
from tests.scenarios.seeded_once import seeding

LANE = "east-in"
PASSWORD = "a better horse 42"
SITE = """
[node]
name = "东门岗"

[[lane]]
code = "{code}"
name = "东门 进"
direction = "in"
fail = "secure"
relay = "{relay}"
scanner = "{scanner}"
"""


@pytest.fixture
def site(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DemoSite]:
    """Central with the sample community; a gate that is wired, and whose node nobody has enrolled."""
    prepare_weights(CACHE)
    monkeypatch.setattr(DemoSite, "_seed", seeding(tmp_path_factory))
    made = DemoSite(tmp_path / "site", lambda text: None, {})
    try:
        made.start_without_node()
        gate = made.world.lanes[LANE].gate
        made.site_file.write_text(
            SITE.format(code=LANE, relay=gate.board_address, scanner=gate.scanner_address), "utf-8"
        )
        yield made
    finally:
        made.close()


@pytest.fixture
def commissioning(site: DemoSite) -> Iterator[tuple[str, str, subprocess.Popen[bytes]]]:
    """The page's address, its one-time code as its terminal shows it, and its process."""
    log = site.folder / "commission.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edge", "commission", "--site", str(site.site_file), "--port", "0"],
            cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}, start_new_session=True,
        )  # fmt: skip

    def said(pattern: str) -> str:
        until(lambda: process.poll() is not None or re.search(pattern, log.read_text()))
        found = re.search(pattern, log.read_text())
        assert found is not None, log.read_text()
        return found[1]

    try:
        yield said(r"commissioning: (http://\S+)"), said(r"one-time code: (\S+)"), process
    finally:
        if process.poll() is None:
            end(process)


@pytest.fixture
def open_at(browser: Browser) -> Iterator[Callable[[str], Page]]:
    contexts = []

    def opened(url: str, width: int = 360) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()


def until(true: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def make_token(desk: Page, site: DemoSite) -> str:
    """The manager makes a token on central's own page and reads it off the screen."""
    desk.goto(f"{site.url}/nodes")
    desk.get_by_label("装在哪个门").select_option(value=site.seeded["gate"])
    desk.locator("form #name").fill("东门岗")
    desk.get_by_role("button", name="生成注册码").click()
    return desk.locator("#token-line").inner_text()


@pytest.mark.req("ACC-23", "SYNC-18")
@pytest.mark.timeout(400)
def test_a_node_is_enrolled_from_its_page_and_its_gate_lets_a_visitor_in(
    site: DemoSite, commissioning: tuple[str, str, subprocess.Popen[bytes]], open_at: Callable[..., Page],
    tmp_path: Path,
) -> None:  # fmt: skip
    url, code, process = commissioning
    admin = site.seeded["admin"]
    manager = Person(site.url)
    manager.sign_in(admin["login"], admin["password"])
    manager.change_password(admin["password"], PASSWORD)
    desk = open_at(f"{site.url}/login", 1440)
    desk.fill("#login", admin["login"])
    desk.fill("#password", PASSWORD)
    desk.get_by_role("button", name="登录").click()
    expect(desk.get_by_role("link", name="节点").first).to_be_attached()

    page = open_at(url)
    page.get_by_label("代码").fill(code)
    page.get_by_role("button", name="进入").click()
    page.get_by_role("link", name="站点文件").click()
    expect(page.locator("main")).to_contain_text("登记之前谁也进不来")
    page.locator("main").get_by_role("link", name="验收清单").click()
    point = page.locator("[id='enrolled']")
    address, token = point.get_by_label("中心的地址"), point.get_by_label("注册码")
    enrol = point.get_by_role("button", name="写入站点文件并登记")
    expect(point.locator("h2")).to_contain_text("○")
    fits(page)
    shot(page, "enrol-form")

    with socket.create_server(("127.0.0.1", 0)) as nobody:
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    used = make_token(desk, site)
    address.fill(dead)
    token.fill(used)
    enrol.click()
    expect(point.locator("#wrong")).to_contain_text("无法连接中心")
    expect(address).to_be_focused()
    expect(token).to_have_value(used)
    fits(page)
    shot(page, "enrol-unreachable")

    address.fill(site.url)
    token.fill("x" * 43)
    enrol.click()
    expect(point.locator("#wrong")).to_contain_text("注册码不正确，请从中心的“节点”页整段复制")
    expect(token).to_be_focused()
    expect(address).to_have_value(site.url)

    another = tmp_path / "another" / "site.toml"
    another.parent.mkdir()
    spare = SITE.format(code="spare-in", relay="modbus+serial:///dev/x?profile=waveshare-8",
                        scanner="scanner+serial:///dev/y")  # fmt: skip
    another.write_text(f'{spare}\n[central]\nurl = "{site.url}"\n', "utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "edge", "enrol", "--site", str(another), "--token", "-"],
        cwd=ROOT, input=used, text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    token.fill(used)
    enrol.click()
    expect(point.locator("#wrong")).to_contain_text("注册码已用过或已过期")
    shot(page, "enrol-used")

    token.fill(make_token(desk, site))
    enrol.click()
    expect(point.locator("h2")).to_contain_text("✓")
    expect(point).to_contain_text("已登记，名称“东门岗”")
    expect(point).to_contain_text("这个大门已有节点")
    expect(token).to_have_count(0)
    fits(page)
    shot(page, "enrolled")
    assert load_node(site.folder / "node" / "node.json").central_url == site.url
    assert f'url = "{site.url}"' in site.site_file.read_text("utf-8")
    desk.goto(f"{site.url}/nodes")
    expect(desk.locator("#nodes-now tbody tr", has_text="东门岗")).to_have_count(2)  # the other one, too
    end(process)  # Ctrl-C in its terminal

    site.start_node()
    lane_id = str(site.lane_id(LANE))

    def lane_now() -> dict[str, object]:
        try:
            lanes = manager.get("/api/v1/lanes-now")["items"]
        except httpx.HTTPError:
            return {}
        return next((each for each in lanes if each["lane_id"] == lane_id), {})

    until(lambda: lane_now().get("node_online") and lane_now().get("position") == "closed")
    expect(desk.locator("#nodes-now tbody tr", has_text="第").first).to_be_visible()
    site.world.lanes[LANE].gate.present(site.seeded["passes"]["visitor"]["token"])

    def told(kind: type) -> list[object]:
        return [body for _, body in site.node_events() if isinstance(body, kind)]

    until(lambda: told(DecisionMade))
    (decision,) = told(DecisionMade)
    assert isinstance(decision, DecisionMade) and decision.decision.outcome is Outcome.GRANT, decision
    until(lambda: told(Passage))
