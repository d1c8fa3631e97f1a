"""The lane's own screen in a real browser, in front of a real node with simulated hardware."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from devices.sim.door import Deed
from edge.console import screen, serving, words
from edge.console.serving import ConsoleThread, Gate
from edge.lane.states import Phase
from edge.sync.status import SyncStatus
from models.access.credential import RESIDENT
from models.access.decision import Reason
from models.values.time import utc_now
from scripts.rig import Rig

LANE = "east-in"
ENGLISH_TO_CHINESE = """() => ["what", "do"].map((id) => {
    const size = (one) => parseFloat(getComputedStyle(one).fontSize);
    const [zh, en] = [...document.querySelectorAll(`#${id} span`)].map(size);
    return en / zh;
})"""
LINES = """() => [...document.querySelectorAll("h1 span")].map((one) => {
    const found = [], range = document.createRange();
    let top = null;
    const walk = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) for (let at = 0; at < walk.currentNode.length; at += 1) {
      range.setStart(walk.currentNode, at); range.setEnd(walk.currentNode, at + 1);
      const box = range.getBoundingClientRect();
      if (top === null || box.top > top + 8) { found.push(""); top = box.top; }
      found[found.length - 1] += walk.currentNode.data[at];
    }
    return found.map((line) => line.trimEnd());
})"""
"""The lines in which the headline is drawn, in both languages."""
SIZES = [(1440, 900), (360, 740), (800, 1280)]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path, tmp_path / "no-weights", cameras=True)
    node = made.start()
    wait(lambda: node.gate.lane(LANE).door.phase is Phase.SECURED)
    yield made
    made.close()


@pytest.fixture
def link() -> list[SyncStatus]:
    """How the line to central is just now: cut, until a test puts another state in its place."""
    return [SyncStatus(None, None, queue=2)]


@pytest.fixture
def console(rig: Rig, link: list[SyncStatus]) -> Iterator[ConsoleThread]:
    assert rig.node is not None
    node = rig.node
    gate = Gate("东门", (LANE,), node.gate.lane, node.store.view, lambda: link[0], utc_now)
    thread = ConsoleThread(gate, 0)
    thread.start()
    wait(lambda: thread.url is not None)
    yield thread
    thread.stop()
    thread.join(10)


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def page(browser: Browser, console: ConsoleThread, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    shown = context.new_page()
    complaints: list[str] = []
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.goto(f"{console.url}/lane/{LANE}")
    yield shown
    context.close()
    assert complaints == []


def wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def fits(page: Page) -> bool:
    """Nothing stands outside the glass, and the words do not lie on the line below them. On a screen on its side they
    stand beside the outline in which a face is to be; upright, below the middle of it."""
    return bool(
        page.evaluate(
            """() => {
              const box = (tag) => document.querySelector(tag).getBoundingClientRect();
              const [main, foot] = [box("main"), box("footer")];
              const outline = () => {
                const oval = document.querySelector("#oval"), away = oval.hasAttribute("hidden");
                oval.toggleAttribute("hidden", false);
                const drawn = box("#oval ellipse");
                oval.toggleAttribute("hidden", away);
                return drawn;
              };
              return document.documentElement.scrollWidth <= innerWidth && main.top >= 0 && main.left >= 0
                && main.bottom <= foot.top + 1 && foot.bottom <= innerHeight && main.right <= innerWidth
                && (innerWidth < 1.2 * innerHeight || main.right <= outline().left);
            }"""
        )
    )


@pytest.mark.req("SYNC-05", "ACC-31")
def test_somebody_is_told_what_to_do_and_let_in(rig: Rig, page: Page) -> None:
    expect(page.locator("h1")).to_contain_text("请出示通行码")
    expect(page.locator("#camera")).to_be_visible()
    expect(page.locator("#link")).to_contain_text("离线，照常通行 Offline, passes keep working · 待传 To send 2")
    assert fits(page)
    assert min(page.evaluate(ENGLISH_TO_CHINESE)) >= 0.6
    gate = rig.world.lanes[LANE].gate
    gate.present("nothing of ours")
    expect(page.locator("h1")).to_contain_text("This is not a pass")
    expect(page.locator("body")).to_have_attribute("data-tone", "sorry")
    assert fits(page)
    gate.present(rig.authority.a_pass()[1])
    expect(page.locator("h1")).to_contain_text("请进")
    expect(page.locator("body")).to_have_attribute("data-tone", "welcome")
    assert fits(page)


@pytest.mark.req("ACC-04", "ACC-31")
def test_who_is_referred_reads_that_a_guard_was_asked_and_each_phrase_stays_whole(
    rig: Rig, link: list[SyncStatus], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line of a headline ends inside a phrase: at 1440 px one did, in the middle of a word."""
    link[0] = SyncStatus(utc_now(), None)
    rig.world.lanes[LANE].gate.present(rig.authority.a_pass(group=RESIDENT)[1])
    expect(page.locator("main")).to_contain_text("已请值班人员，请稍等")
    expect(page.locator("main")).to_contain_text("A guard was asked, please wait")
    expect(page.locator("#mark svg")).to_be_visible()
    assert fits(page)
    monkeypatch.setattr(screen, "ANSWER_S", 0.0)
    expect(page.locator("h1")).to_contain_text("已请值班人员")
    assert fits(page)
    assert page.evaluate(LINES)[0] in (["已请值班人员，请稍等"], ["已请值班人员，", "请稍等"])
    for what in sorted({said.what for said in words.REFUSED.values()}, key=lambda line: line.zh):
        said = {"zh": what.zh, "en": what.en, "phrases": what.phrases}
        # in one breath: the screen itself may say something else in between
        drawn = page.evaluate(f"line => {{ lines('what', line); return ({LINES})(); }}", said)
        phrases = list(what.phrases or (what.zh,))
        ends = {"".join(phrases[:number]) for number in range(1, len(phrases) + 1)}
        assert {"".join(drawn[0][:number]) for number in range(1, len(drawn[0]) + 1)} <= ends, drawn
        assert all(word in what.en.split() for line in drawn[1] for word in line.split()), drawn


@pytest.mark.req("ACC-31")
def test_the_mark_stands_under_the_outline_and_not_on_it_where_a_guard_was_asked_too(page: Page) -> None:
    low, asked = words.REFUSED[Reason.LOW_QUALITY], words.GUARD_ASKED.what
    lines = {"what": low.what, "do": low.do, "also": asked}
    told = {name: {"zh": line.zh, "en": line.en, "phrases": line.phrases} for name, line in lines.items() if line}
    expect(page.locator("h1")).to_contain_text("请出示通行码")
    free = page.evaluate(  # in one breath: the screen itself may say something else in between
        """(told) => {
          const foot = { clock: "08:41", online: true, waiting: 0, rules_min: 0, rules_expired: false };
          show({ ...told, tone: "more", oval: true, turn: null, guard: false, foot });
          const box = (one) => document.querySelector(one).getBoundingClientRect();
          return innerWidth > 1.2 * innerHeight || box("#mark").top >= box("#oval ellipse").bottom;
        }""",
        told,
    )
    assert free


@pytest.mark.req("ACC-22")
def test_fire_is_told_and_a_cut_line_is_not_hidden(rig: Rig, console: ConsoleThread, page: Page) -> None:
    rig.world.lanes[LANE].gate.do(Deed.FIRE)
    expect(page.locator("h1")).to_contain_text("请撤离")
    console.stop()
    expect(page.locator("h1")).to_contain_text("连接断了")
    expect(page.locator("body")).to_have_attribute("data-tone", "fault")
    assert fits(page)


@pytest.mark.req("SYNC-05", "ACC-31")
def test_a_frozen_node_is_told_and_what_it_said_before_comes_back_with_it(
    browser: Browser, rig: Rig, console: ConsoleThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that is stopped keeps its lines open: the glass would go on showing its last word."""
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{console.url}/lane/{LANE}")
    expect(page.locator("h1")).to_contain_text("请出示通行码")
    goes_on, told = threading.Event(), serving.told
    try:
        monkeypatch.setattr(serving, "told", lambda gate, code: goes_on.wait() and told(gate, code))
        expect(page.locator("h1")).to_contain_text("没有回应", timeout=30_000)
        expect(page.locator("#do")).to_contain_text("请联系保安")
        expect(page.locator("#link")).to_be_empty()
        assert fits(page)
    finally:
        goes_on.set()
    expect(page.locator("h1")).to_contain_text("请出示通行码", timeout=30_000)
    expect(page.locator("#link")).to_contain_text("离线")
    page.context.close()


@pytest.mark.req("ACC-31")
def test_what_is_shown_is_said_aloud_once_sound_is_on(rig: Rig, page: Page) -> None:
    page.evaluate(
        """() => {
          window.said = [];
          speechSynthesis.speak = (words) => said.push([words.lang, words.text]);
        }"""
    )
    page.get_by_role("button", name="声音 Sound").click()
    rig.world.lanes[LANE].gate.present("nothing of ours")
    wait(lambda: page.evaluate("said.length") == 4)
    assert page.evaluate("said") == [
        ["zh-CN", "这不是通行码"], ["zh-CN", "请打开通行码页面再试"],
        ["en-GB", "This is not a pass"], ["en-GB", "Open your pass and try again"],
    ]  # fmt: skip
