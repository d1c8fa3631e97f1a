"""What keeps a draft from being a site file: in the reader's language, by the page's labels, with where to mend it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from edge.commission.draft import to_toml
from edge.commission.problem_words import Problem, problem_of
from edge.site import site_of
from edge.site_problem import SiteError
from tests.edge.commission.conftest import Page

LANE = {
    "code": "a", "name": "东门 进", "direction": "in", "fail": "safe",
    "relay": "modbus+serial:///dev/x?profile=waveshare-8", "scanner": "scanner+serial:///dev/y",
}  # fmt: skip


def tree(**changed: Any) -> dict[str, Any]:
    lane = {key: value for key, value in {**LANE, **changed}.items() if value is not None}
    return {"node": {"name": "东门"}, "lane": [lane]}


CARS = tree(scanner=None, camera="camera+v4l2:///dev/video0", barrier={"arming": 1})


def problems(draft: dict[str, Any]) -> list[Problem]:
    with pytest.raises(SiteError) as caught:
        site_of(to_toml(draft), Path("site.toml"))
    assert caught.value.problems == tuple(f"site.toml:{each}" for each in caught.value.mistakes)
    return [problem_of(each, draft) for each in caught.value.mistakes]


@pytest.mark.parametrize(
    ("draft", "field", "said", "href"),
    [
        (tree(relay=None), "东门 进 · 继电器和输入板", "还没有。到“设备”里选一台", "/devices"),
        (tree(fail="secure", escape_route=True), "东门 进 · 断电时", "须写 “断电时”选“开门”", "#lane.1.fail"),
        (tree(contacts={"door": 0}), "东门 进 · 门磁：输入", "“闸机已通过：输入”", "#lane.1.contacts.door"),
        (tree(contacts={"tamper": 30}), "东门 进 · 防拆：输入", "只有输入 1 到 8", "#lane.1.contacts.tamper"),
        (tree(wrong_max=99), "东门 进 · 错几次报警、锁住键盘", "（现在写的是 99）", "#lane.1.wrong_max"),
        (tree(barrier={"arming": 1}), "东门 进 · 扫码器", "道闸的线写在 “道闸”页", "#lane.1.scanner"),
        (CARS, "东门 进 · 防砸地感", "要写地感接在哪个输入", "/barrier"),
        (tree(scanner=None), "东门 进", "至少要有摄像头", "#lane.1"),
        ({"lane": [LANE]}, "节点名称", "请填写", "#node.name"),
        ({"node": {"name": ""}, "lane": [LANE]}, "节点名称", "请填写", "#node.name"),
        ({"node": {"name": "x"}}, "通道", "请建一条", "#lane.new"),
        ({**tree(), "central": {"url": "http://central.example"}}, "中心的地址", "必须使用 https", "#central.url"),
        ({**tree(), "interlock": [{"lanes": ["a", "b"]}]}, "互锁", "没有这条通道", "#interlock.1.lanes"),
    ],
)
def test_a_mistake_is_told_by_the_fields_label_and_leads_there(
    draft: dict[str, Any], field: str, said: str, href: str
) -> None:
    (problem,) = problems(draft)
    assert (problem.field.zh, problem.href) == (field, href) and said in problem.said.zh, problem
    assert not re.search(r"[\u4e00-\u9fff]", problem.said.en), "one language at a time"
    assert " / " not in problem.said.zh


class Ids(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name == "id" and value}


def test_every_link_leads_to_what_is_there_before_any_form(page: Page) -> None:
    page.enter()
    drafts = (
        tree(fail="secure", escape_route=True, wrong_max=99), {}, tree(code="A B"), tree(relay="modbus+tcp://h"),
        {**tree(), "central": {"url": "http://x.example", "ca": "x"}}, tree(lift={"restrict": 1}),
        tree(contacts={"door": 0}), tree(name=""), {**tree(), "face": {"backend": "x"}},
    )  # fmt: skip
    for draft in drafts:
        page.desk.change(draft)
        text = page.client.get("/site").text
        box = text[text.index('id="problems"') : text.index("</ul></div>")]
        assert text.index('id="problems"') < text.index("<form")
        hrefs = re.findall(r'href="([^"]+)"', box)
        assert hrefs and {href[1:] for href in hrefs if href.startswith("#")} <= Ids(text).found, (draft, hrefs)
        english = page.client.get("/site", headers={"Cookie": _english(page)}).text
        box = english[english.index('id="problems"') : english.index("</ul></div>")]
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"东门 进", "", box)), box


def _english(page: Page) -> str:
    return "; ".join(
        f"{name}={value}" for name, value in {**dict(page.client.cookies), "menting_language": "en"}.items()
    )
