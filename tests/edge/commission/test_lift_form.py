"""The floors of a lift on the page: its outputs, what the site check refuses, the test of each, and the list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.serve import Serving
from edge.commission.lift import shown
from edge.site import site_of
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page


@pytest.fixture
def board(tmp_path: Path) -> Iterator[tuple[str, RelayBoardSim]]:
    """Where a board with eight outputs hangs, and the board."""
    line, sim = PtyLine(tmp_path / "board"), RelayBoardSim()
    serving = Serving(sim, line)
    yield str(line.path), sim
    serving.close()
    line.close()


def lane(relay: str = "modbus+serial:///dev/x?profile=waveshare-8", **more: Any) -> dict[str, Any]:
    scanner = "scanner+serial:///dev/s"
    return {
        "code": "l", "name": "梯", "direction": "in", "fail": "safe", "relay": relay, "scanner": scanner, **more
    }  # fmt: skip


def draft(**more: Any) -> dict[str, Any]:
    return {"node": {"name": "门"}, "lane": [lane(**more)]}


def refusal(text: str) -> str:
    return text.split('id="lane.1.lift.wrong"')[1].split("</span>")[0]


@pytest.mark.req("ACC-29", "INT-12")
def test_a_lane_becomes_a_lift_floor_by_floor_and_the_file_says_so(page: Page) -> None:
    page.enter()
    page.desk.change(draft())
    assert (
        page.client.post("/site/lift", data={"code": "l", "restrict": "8"}).headers["location"] == "/site#lane.1.lift"
    )
    (made,) = page.desk.kept.tree["lane"]
    assert made["lift"] == {"restrict": 8} and [made["contacts"][name] for name in ("door", "exit")] == [0, 0]
    for floor, output, more in (("b1", "1", {}), ("1", "2", {"common": "on"}), ("12", "3", {})):
        answer = page.client.post("/site/lift/floor", data={"code": "l", "floor": floor, "output": output} | more)
        assert answer.status_code == 303
    told = page.client.get("/site").text.split('id="lane.1.lift"')[1].split("</details>")[0]
    assert "B1 层 → 输出 1" in told and "空着的输出： 4, 5, 6, 7" in told and "进得来的人都可到" in told
    assert page.client.post("/site/write").status_code == 303
    site = site_of(page.desk.keeping.site_file.read_text("utf-8"), page.desk.keeping.site_file)
    lift = site.lane[0].lift
    assert lift is not None and lift.floors == {"B1": 1, "1": 2, "12": 3} and lift.common == ("1",)
    page.client.post("/site/lift/floor", data={"code": "l", "floor": "1", "output": "4"})
    page.client.post("/site/lift/drop", data={"code": "l", "floor": "B1"})
    assert page.desk.kept.tree["lane"][0]["lift"] == {"restrict": 8, "floors": {"1": 4, "12": 3}}
    page.client.post("/site/lift/end", data={"code": "l"})
    assert "lift" not in page.desk.kept.tree["lane"][0]


@pytest.mark.req("ACC-29")
@pytest.mark.parametrize(
    ("floor", "output", "said"),
    [
        ("2", "8", "输出 8 接了两次"),
        ("2", "1", "输出 1 接了两次"),
        ("2", "9", "只有输出 1 到 8"),
        ("2", "x", "请填整数"),
        ("一层", "2", "按钮的写法"),
        ("2", "40", "1 到 32"),
    ],
)
def test_what_the_site_check_refuses_of_a_floor_is_refused_in_its_words(
    page: Page, floor: str, output: str, said: str
) -> None:
    page.enter()
    lift = {"restrict": 8, "floors": {"1": 1}}
    page.desk.change({"node": {"name": "门"}, "lane": [lane(lift=lift, fail="secure")]})
    before = page.desk.kept.tree
    answer = page.client.post("/site/lift/floor", data={"code": "l", "floor": floor, "output": output})
    assert answer.status_code == 409 and said in refusal(answer.text) and page.desk.kept.tree == before
    page.client.cookies.set("menting_language", "en", domain="127.0.0.1")
    told = refusal(page.client.post("/site/lift/floor", data={"code": "l", "floor": floor, "output": output}).text)
    assert said not in told and " / " not in told


@pytest.mark.req("ACC-29")
def test_a_board_that_cannot_let_the_lift_go_by_itself_is_refused_with_why(page: Page) -> None:
    page.enter()
    page.desk.change(draft(relay="lcus+serial:///dev/x?channels=4", inputs="modbus+serial:///dev/y?profile=inputs-8"))
    answer = page.client.post("/site/lift", data={"code": "l", "restrict": "1"})
    assert answer.status_code == 409 and "不能自己断开" in refusal(answer.text)
    assert "lift" not in page.desk.kept.tree["lane"][0]
    page.desk.change({"node": {"name": "门"}, "lane": [{"code": "l", "name": "梯"}]})
    assert "先给这条通道选好继电器板" in page.client.get("/site").text
    for path in ("lift", "lift/floor", "lift/drop", "lift/end", "lift/test"):
        assert page.client.post(f"/site/{path}", data={"code": "another"}).status_code == 404
    assert page.client.post("/site/lift/test", data={"code": "l"}).status_code == 404


def test_a_lift_that_is_written_wrongly_is_shown_as_far_as_it_can_be_read() -> None:
    assert shown({"relay": "lcus+serial"}, {}).outputs == 0
    for odd in (7, {"floors": 3, "common": 4}, {"restrict": "x", "floors": {"1": "two"}}):
        assert shown({"relay": lane()["relay"], "lift": odd}, {}).outputs == 8


@pytest.mark.req("ACC-29", "INT-12", "ACC-23")
def test_each_floor_is_switched_from_its_form_for_half_a_second_and_the_list_tells_when(
    page: Page, board: tuple[str, RelayBoardSim]
) -> None:
    page.enter()
    where, sim = board
    lift = {"restrict": 8, "floors": {"B1": 1, "12": 2}}
    page.desk.change(draft(relay=f"modbus+serial://{where}?profile=waveshare-8", lift=lift))
    assert page.client.post("/site/lift/test", data={"code": "l"}).headers["location"] == "/trial"
    assert eventually(lambda: len(page.state()["outputs"]) == 8) and sim.edges() == ()
    assert page.state()["output_names"] == {"8": "限制楼层按钮", "1": "放行按钮 B1", "2": "放行按钮 12"}
    assert page.ask("/trial/pulse", channel="1", sure="yes").status_code == 200
    assert eventually(lambda: len(sim.edges()) == 2)
    on, off = sim.edges()
    assert (on.channel, on.on, off.on) == (1, True, False)
    assert eventually(lambda: page.state()["pulsed"] == 1)
    told = page.client.get("/site").text.split('id="lane.1.lift"')[1].split("</details>")[0]
    assert "✓ <b>B1 层" in told and "○ <b>12 层" in told
    assert "输出有动作： B1: " in page.point("floors.l") and "12:" not in page.point("floors.l")
    page.tick("floors.l", by="陈工")
    assert "✓" in page.point("floors.l")
    page.client.post("/site/lift/floor", data={"code": "l", "floor": "12", "output": "3"})
    assert "确认之后改过" in page.point("floors.l")
