"""Two doors are tied on the page: refused in the words of the site check, shown at both lanes, asked for after."""

from __future__ import annotations

from typing import Any

import pytest

from edge.commission.checklist import Item, Point, fact_of, input_of, name_of
from edge.commission.interlock import interlocks, partners_of, ties_of, with_tie, without_tie
from edge.site import site_of
from tests.edge.commission.conftest import Page

BOARD = "modbus+serial:///dev/{}?profile=waveshare-8"


def lane(code: str, **more: Any) -> dict[str, Any]:
    scanner, relay = f"scanner+serial:///dev/s{code}", BOARD.format(code)
    return {
        "code": code, "name": f"门{code}", "direction": "in", "fail": "safe", "relay": relay, "scanner": scanner, **more
    }  # fmt: skip


def tree(*lanes: dict[str, Any]) -> dict[str, Any]:
    return {"node": {"name": "门"}, "lane": list(lanes)}


def refusal(text: str) -> str:
    return text.split('id="interlock.new.wrong"')[1].split("</span>")[0]


@pytest.mark.req("INT-12", "ACC-23")
def test_two_doors_are_tied_shown_at_both_and_untied_and_the_file_says_so(page: Page) -> None:
    page.enter()
    page.desk.change(tree(lane("a"), lane("b"), lane("c")))
    assert page.client.post("/site/tie", data={"one": "a", "other": "b"}).headers["location"] == "/site#interlock"
    assert page.desk.kept.tree["interlock"] == [{"lanes": ["a", "b"]}]
    text = page.client.get("/site").text
    for place, other in ((1, "门b (b)"), (2, "门a (a)")):
        card = text.split(f'<form id="lane.{place}"')[1].split("</form>")[0]
        assert "互锁，不与它同时放行" in card and other in card
    assert "互锁" not in text.split('<form id="lane.3"')[1].split("</form>")[0]
    assert page.client.post("/site/write").status_code == 303
    site = site_of(page.desk.keeping.site_file.read_text("utf-8"), page.desk.keeping.site_file)
    assert [one.lanes for one in site.interlock] == [("a", "b")]
    page.client.post("/site/untie", data={"lanes": "a c"})
    assert page.desk.kept.tree["interlock"], "nobody unties another one than they read"
    page.client.post("/site/untie", data={"lanes": "a b"})
    assert "interlock" not in page.desk.kept.tree


@pytest.mark.req("ACC-22", "INT-12")
@pytest.mark.parametrize(
    ("other", "more", "said"),
    [
        ("a", {}, "写了两次"),
        ("z", {}, "没有这条通道"),
        ("b", {"escape_route": True}, "疏散通道不能被互锁关住"),
        ("b", {"lift": {"restrict": 1, "floors": {"1": 2}}}, "电梯没有可互锁的门"),
        ("b", {"barrier": {"open": 1}}, "车道不能互锁"),
    ],
)
def test_what_the_site_check_refuses_is_refused_in_its_words_also_in_a_draft_that_is_no_site_yet(
    page: Page, other: str, more: dict[str, Any], said: str
) -> None:
    page.enter()
    draft = tree({"code": "a", "name": "门a"}, lane("b", **more))
    page.desk.change(draft)
    answer = page.client.post("/site/tie", data={"one": "a", "other": other})
    assert answer.status_code == 409 and said in refusal(answer.text) and page.desk.kept.tree == draft
    page.client.cookies.set("menting_language", "en", domain="127.0.0.1")
    told = refusal(page.client.post("/site/tie", data={"one": "a", "other": other}).text)
    assert said not in told and " / " not in told


def test_a_tie_that_is_there_is_not_made_twice_and_one_of_three_holds_its_pairs(page: Page) -> None:
    page.enter()
    page.desk.change({**tree(lane("a"), lane("b"), lane("c")), "interlock": [{"lanes": ["a", "b", "c"]}]})
    answer = page.client.post("/site/tie", data={"one": "c", "other": "a"})
    assert answer.status_code == 409 and "已经互锁" in refusal(answer.text)
    assert partners_of(page.desk.kept.tree, "b") == ("a", "c")


def test_what_is_no_interlock_is_kept_shown_and_can_be_taken_out(page: Page) -> None:
    page.enter()
    odd = {**tree(lane("a"), lane("b")), "interlock": ["x", {"lanes": 7}, {"lanes": ["a", "gone"]}]}
    assert interlocks(odd) == (("a", "gone"),) and [one.key for one in ties_of(odd)] == ["", "", "a gone"]
    assert without_tie(odd, "a gone")["interlock"] == ["x", {"lanes": 7}] and without_tie(odd, "b")["interlock"]
    assert with_tie({"interlock": "x"}, ["a", "b"])["interlock"] == [{"lanes": ["a", "b"]}]
    page.desk.change(odd)
    assert page.client.get("/site").text.count("读不懂的一项") == 2
    page.client.post("/site/untie", data={"lanes": ""})
    assert page.desk.kept.tree["interlock"] == [{"lanes": 7}, {"lanes": ["a", "gone"]}]


@pytest.mark.req("ACC-23", "INT-12")
def test_each_door_of_a_tie_is_asked_for_and_a_tick_holds_of_both_doors_wires(page: Page) -> None:
    page.enter()
    page.desk.change({**tree(lane("a"), lane("b")), "interlock": [{"lanes": ["a", "b"]}]})
    page.tick("interlock.a", by="陈工")
    assert "✓" in page.point("interlock.a") and "○" in page.point("interlock.b")
    board = name_of(BOARD.format("b"))
    page.desk._keep(worked={input_of(board, 1): "2026-11-30 10:00"})
    assert "b 1: 2026-11-30 10:00" in page.point("interlock.a"), "the other door's contact was seen too"
    page.desk.change(
        {**tree(lane("a"), lane("b", contacts={"door": 5})), "interlock": [{"lanes": ["a", "b"]}]}
    )  # fmt: skip
    assert "确认之后改过" in page.point("interlock.a"), "the other door is told shut by another wire"
    point, draft = Point(Item.INTERLOCK, "a"), page.desk.kept.tree
    assert fact_of(point, draft) != fact_of(point, {**draft, "interlock": [{"lanes": ["a", "b", "c"]}]})
    page.desk.rename("b", "east")
    assert page.desk.kept.tree["interlock"] == [{"lanes": ["a", "east"]}]
