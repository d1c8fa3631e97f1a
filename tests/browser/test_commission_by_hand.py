"""A site file edited beside the page, and links under a thumb, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.commissioning import LOOKS, Served, choose, fits, shot

TREE: dict[str, Any] = {
    "node": {"name": "门"},
    "lane": [
        {"code": "a", "name": "进", "direction": "in", "fail": "safe", "scanner": "scanner+serial:///dev/y",
         "relay": "modbus+serial:///dev/x?profile=waveshare-8"},
    ],
}  # fmt: skip
SMALL = """() => [...document.querySelectorAll("main a")]
    .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML)"""


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_an_edit_by_hand_is_told_and_taken_by_a_press(
    at_node: Served, open_page: Callable[..., Page], language: str, theme: str, width: int
) -> None:
    at_node.desk.change(TREE)
    at_node.desk.write()
    with at_node.site_file.open("a") as file:
        file.write('[lane.contacts]\nlock = "one"\n')
    page = open_page(language, theme, width)
    page.goto(f"{at_node.url}/site")
    expect(page.locator("#changed")).to_be_in_viewport()
    expect(page.locator("#write")).to_be_disabled()
    fits(page)
    shot(page, f"by-hand-{language}-{theme}-{width}")
    page.get_by_role("button", name="采用现在的文件" if language == "zh" else "Take the file").click()
    expect(page.locator("#changed")).to_have_count(0)
    expect(page.locator('[id="lane.1.contacts.lock"]')).to_have_attribute("aria-invalid", "true")
    if width == 360:
        for path in ("/site", "/checklist"):
            page.goto(at_node.url + path)
            assert page.evaluate(SMALL) == []
            fits(page)
            shot(page, f"links-{path[1:]}-{language}")


@pytest.mark.req("ACC-23")
def test_once_a_person_has_said_that_it_moved_the_question_goes_away(open_page: Callable[..., Page]) -> None:
    page = open_page()
    choose(page, "LCUS 继电器板")
    page.get_by_role("button", name="1: 吸合 0.5 秒").click()
    page.get_by_role("button", name="已确认，吸合 1").click()
    expect(page.locator("#pulsed")).to_contain_text("不能回读")
    page.get_by_role("button", name="动了", exact=True).click()
    expect(page.locator("#moved")).to_be_hidden()
    expect(page.locator("#pulsed")).to_be_hidden()
    expect(page.locator("#findings .works")).to_contain_text("您说它动了")
