"""A barrier is commissioned in a real browser: loops, the arm held up and down, wrong wiring told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from devices.sim.barrier import Move
from edge.commission.simulated_cars import SimulatedCars
from tests.browser.commissioning import LOOKS, Served, fits, light, shot, wait


def at_the_barrier(at_node: Served, page: Page, arm: str = "杆在下面|The arm is down", **more: object) -> None:
    """The simulated vehicle lane is in the draft and on trial; no car comes by itself."""
    at_node.hardware.cars.alone = True
    at_node.desk.change({"node": {"name": "东门"}, "lane": [{**at_node.hardware.cars.lane(), **more}]})
    page.goto(f"{at_node.url}/barrier")
    page.get_by_role("button", name=re.compile("开始测试|Begin the test")).click()
    expect(page.locator("#lights li")).to_have_count(6)
    expect(page.locator("#arm")).to_have_text(re.compile(arm))


def lowered_by_key(page: Page, cars: SimulatedCars) -> bool:
    """The space bar is held for a while: on a machine too busy to say so in time, it counts as let go of."""
    page.keyboard.down("Space")
    page.wait_for_timeout(3000)
    page.keyboard.up("Space")
    return cars.barrier.barrier.height == 0


@pytest.mark.req("LANE-17", "LANE-19")
@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_a_barrier_is_raised_driven_through_and_lowered_while_held(
    at_node: Served, open_page: Callable[..., Page], language: str, theme: str, width: int
) -> None:
    zh, cars = language == "zh", at_node.hardware.cars
    page = open_page(language, theme, width)
    at_the_barrier(at_node, page)
    arming, safety = ("触发地感", "防砸地感") if zh else ("arming loop", "safety loop")
    expect(light(page, arming)).to_contain_text("还没变化过" if zh else "has not changed yet")
    cars.barrier.do(Move.ARRIVE)
    cars.barrier.do(Move.STOP)
    expect(light(page, arming)).to_have_class("lit")
    expect(light(page, arming)).to_contain_text("前变化" if zh else "ago")
    page.locator("#raise").click()
    expect(page.locator("#arm")).to_have_text("杆在上面" if zh else "The arm is up")
    expect(page.locator("#travel")).to_contain_text("抬杆" if zh else "up in")
    cars.barrier.do(Move.GO_ON)
    wait(lambda: cars.barrier.barrier.stage == 2)
    cars.barrier.do(Move.STOP)
    expect(light(page, safety)).to_have_class("lit")
    lower = page.locator("#lower")
    lower.hover()
    page.mouse.down()
    expect(page.locator("#no")).to_contain_text("杆下或杆后有车" if zh else "Something is under the arm")
    page.mouse.up()
    fits(page)
    shot(page, f"{language}-{theme}-{width}-barrier-occupied")
    assert cars.barrier.barrier.height == 1
    cars.barrier.do(Move.GO_ON)
    expect(page.locator("#driven")).to_contain_text("✓", timeout=30_000)
    lower.hover()
    page.mouse.down()
    wait(lambda: 0 < cars.barrier.barrier.height < 1)
    page.mouse.up()
    expect(page.locator("#no")).to_contain_text("又抬起了" if zh else "It rose again")
    wait(lambda: cars.barrier.barrier.height == 1)
    lower.focus()
    wait(lambda: lowered_by_key(page, cars))
    expect(page.locator("#arm")).to_have_text("杆在下面" if zh else "The arm is down")
    expect(page.locator("#travel")).to_contain_text("落杆" if zh else "down in")
    assert cars.barrier.barrier.hits == 0 and cars.barrier.barrier.passed == 1
    page.goto(f"{at_node.url}/checklist")
    for point in ("loops", "ends"):
        expect(page.locator(f"[id='{point}.sim-car-in']")).to_contain_text("实测" if zh else "Measured")
    expect(page.locator("[id='stays_up.sim-car-in']")).to_be_visible()
    fits(page)


@pytest.mark.req("LANE-17", "ACC-23")
def test_a_barriers_page_is_told_that_another_test_was_begun_and_moves_no_arm(
    at_node: Served, open_page: Callable[..., Page]
) -> None:
    page, other = open_page(), open_page()
    at_the_barrier(at_node, page)
    other.goto(f"{at_node.url}/devices")
    other.get_by_role("link", name=re.compile("模拟：扫码器")).click()
    other.get_by_role("button", name="测试", exact=True).click()
    expect(other.locator("#doing")).to_be_visible()
    expect(page.locator("#findings")).to_contain_text("开始了另一个")
    for part in ("#raise", "#lower", "#show"):
        expect(page.locator(part)).to_be_disabled()
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#findings a")).to_have_attribute("href", "/trial")
    fits(page)
    shot(page, "barrier-overtaken")
    assert at_node.hardware.cars.barrier.barrier.height == 0


@pytest.mark.req("LANE-08", "LANE-23")
def test_a_camera_two_minutes_off_and_the_drivers_board_are_told(
    at_node: Served, open_page: Callable[..., Page]
) -> None:
    cars = at_node.hardware.cars
    page = open_page(width=1440)
    at_the_barrier(at_node, page)
    expect(page.locator("#push")).to_contain_text("还没有推送")
    cars.clock_off = timedelta(minutes=2)
    wait(lambda: cars.tell("川A00001") or page.locator("#plate").is_visible())
    expect(page.locator("#plate")).to_have_text("川A00001")
    expect(page.locator("#clock")).to_contain_text("相机的钟快了 2 分钟")
    expect(page.locator("#push")).to_contain_text("触发代码 8")
    cars.tell("川A00002", stored=True)
    expect(page.locator("#camera-told")).to_contain_text("相机里还有 1 条旧记录")
    page.locator("#show").click()
    expect(page.locator("#shown")).to_contain_text("欢迎光临")
    wait(lambda: any("欢迎光临" in said for said in cars.board.spoken))
    shot(page, "barrier-camera")
    fits(page)
    cars.clock_off = timedelta()
    cars.tell("川A00003")
    expect(page.locator("#clock .works")).to_be_visible()
    wait(lambda: {"plates.sim-car-in", "display.sim-car-in"} <= at_node.desk.kept.measured.keys())


@pytest.mark.req("LANE-15", "LANE-19")
def test_swapped_wires_are_named_and_mended_on_the_page(at_node: Served, open_page: Callable[..., Page]) -> None:
    cars = at_node.hardware.cars
    page = open_page()
    at_the_barrier(at_node, page, barrier={**cars.lane()["barrier"], "arming": 3, "closing": 1, "travel_s": 2})
    page.locator("#raise").click()
    expect(page.locator("#arm")).to_have_text("杆在上面")
    cars.barrier.do(Move.ARRIVE)
    expect(page.locator("#findings")).to_contain_text("触发地感和过车地感接反了", timeout=30_000)
    expect(page.locator("#findings .told")).to_have_count(1)
    shot(page, "barrier-swapped")
    fits(page)
    page.locator("summary", has_text="接线").click()
    form = page.locator("form[action='/barrier/wiring']")
    for name, terminal in {"arming": 1, "closing": 3}.items():
        form.locator(f"[name={name}]").fill(str(terminal))
    form.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("已存入草稿")
    page.get_by_role("button", name="开始测试").click()
    expect(page.locator("#arm")).to_have_text("杆在上面")
    cars.barrier.do(Move.ARRIVE)
    expect(page.locator("#driven")).to_contain_text("✓", timeout=30_000)
    expect(page.locator("#findings")).to_be_empty()


@pytest.mark.req("LANE-17", "LANE-19")
def test_with_swapped_end_contacts_the_arm_is_not_lowered(at_node: Served, open_page: Callable[..., Page]) -> None:
    cars = at_node.hardware.cars
    page = open_page()
    wires = {**cars.lane()["barrier"], "up": 5, "down": 4, "travel_s": 2}
    at_the_barrier(at_node, page, arm="杆在上面", barrier=wires)
    page.locator("#raise").click()
    expect(page.locator("#findings")).to_contain_text("到位触点接反了", timeout=30_000)
    page.locator("#lower").hover()
    page.mouse.down()
    expect(page.locator("#no")).to_contain_text("先改好再落杆")
    page.mouse.up()
    shot(page, "barrier-ends-swapped")
    assert cars.barrier.barrier.height == 1
