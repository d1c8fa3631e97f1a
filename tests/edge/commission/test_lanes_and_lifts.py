"""A lane's code on the page, a lift's outputs one by one, and a door on which no tamper input is fitted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.serve import Serving
from edge.commission.checklist import outputs_of
from edge.commission.draft import with_code
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page
from tests.edge.commission.test_serving import GOOD, LANE_FORM


@pytest.fixture
def board(tmp_path: Path) -> Iterator[str]:
    """Where a board with eight outputs hangs."""
    line = PtyLine(tmp_path / "board")
    serving = Serving(RelayBoardSim(), line)
    yield str(line.path)
    serving.close()
    line.close()


def test_a_lane_has_another_code_wherever_the_file_names_it_and_keeps_what_was_ticked_of_it(page: Page) -> None:
    page.enter()
    lanes = [GOOD["lane"][0], {**GOOD["lane"][0], "code": "a2"}, {**GOOD["lane"][0], "code": "b"}]
    page.desk.change({**GOOD, "lane": lanes, "interlock": [{"lanes": ["a", "b"]}]})
    for key in ("sign.a", "sign.a2"):
        page.desk.tick(key, "陈", "")
    told = page.client.get("/site").text
    assert 'id="lane.1.code" name="new_code" value="a"' in told and "社区设置" in told
    assert page.client.post("/site/lane", data=LANE_FORM | {"new_code": "east"}).status_code == 303
    tree = page.desk.kept.tree
    assert [lane["code"] for lane in tree["lane"]] == ["east", "a2", "b"]
    assert tree["interlock"] == [{"lanes": ["east", "b"]}]
    assert {key for key, done in page.desk.kept.done.items() if done.by} == {"sign.east", "sign.a2"}
    for form in (LANE_FORM | {"code": "east", "new_code": "b"}, LANE_FORM | {"code": "b", "new": "1"}):
        refused = page.client.post("/site/lane", data=form)
        assert refused.status_code == 409 and "代号 b 已用于另一条通道" in refused.text
    assert [lane["code"] for lane in page.desk.kept.tree["lane"]] == ["east", "a2", "b"]
    page.client.post("/site/lane", data=LANE_FORM | {"code": "east", "new_code": "East"})
    assert 'id="lane.1.code.wrong"' in page.client.get("/site").text


def test_a_code_changes_also_in_a_draft_that_is_no_site_file_yet() -> None:
    odd: dict[str, Any] = {"lane": [{"code": "a"}], "interlock": ["x", {"lanes": "a"}]}
    assert with_code(odd, "a", "b") == {"lane": [{"code": "b"}], "interlock": ["x", {"lanes": "a"}]}


@pytest.mark.req("ACC-29")
def test_a_lift_counts_as_tested_once_each_of_its_outputs_was_switched_by_its_name(page: Page, board: str) -> None:
    page.enter()
    address = f"modbus+serial://{board}?profile=waveshare-8"
    lift = {"restrict": 1, "floors": {"B1": 2, "12": 3}}
    lane = {"code": "lift", "name": "梯", "direction": "in", "fail": "safe", "relay": address, "lift": lift}
    page.desk.change({"node": {"name": "门"}, "lane": [lane]})
    page.client.post("/setup", data={"scheme": "modbus+serial", "where": board, "profile": "waveshare-8"})
    trial = page.desk.trial
    assert trial is not None and eventually(lambda: len(trial.state().outputs) == 8)
    for number, left in ((1, True), (2, True), (3, False)):
        page.ask("/trial/pulse", channel=str(number), sure="yes")
        assert eventually(lambda number=number: trial.state().pulsed == number)
        state = page.state()
        assert state["output_names"] == {"1": "限制楼层按钮", "2": "放行按钮 B1", "3": "放行按钮 12"}
        listed = page.client.get("/checklist").text
        assert ("电梯的输出还没吸合过" in listed) is left and "○ 梯" not in listed
        assert ("○ lift · 放行按钮 12" in listed) is left
    page.desk.change({"node": {"name": "门"}, "lane": [{**lane, "lift": {**lift, "floors": {"B1": 2, "12": 4}}}]})
    assert "电梯的输出还没吸合过" in page.client.get("/checklist").text, "output 4 was added later"


def test_outputs_of_a_lift_that_is_written_wrongly_are_counted_as_far_as_they_are_outputs() -> None:
    relay = "modbus+serial:///dev/x?profile=waveshare-8"
    for lift in (7, {"floors": []}, {"restrict": "x", "floors": {"1": "two"}}):
        assert outputs_of({"lane": [{"code": "a", "relay": relay, "lift": lift}]}) == ()
    assert outputs_of({"lane": [{"code": "a", "lift": {"restrict": 1}}]}) == ()


@pytest.mark.req("SEC-12")
def test_a_door_without_a_tamper_input_is_done_by_a_person_who_says_why_none_is_fitted(page: Page) -> None:
    page.enter()
    page.desk.change(GOOD)

    def point() -> str:
        return page.client.get("/checklist").text.split('id="tamper.a"')[1].split("</li>")[0]

    assert "没有接防拆输入" in point() and "启动节点" in point() and 'name="not_fitted"' in point()
    page.tick("tamper.a", by="陈")
    assert "没有接防拆输入" in point(), "a tick alone is no reason"
    page.tick("tamper.a", by="陈", not_fitted="机箱在值班室内")
    assert "✓" in point() and "没有接防拆输入" not in point() and "机箱在值班室内" in point()
    assert page.desk.keeping.load().done["tamper.a"].not_fitted == "机箱在值班室内"
    page.client.post("/checklist/tick", data={"key": "tamper.a", "undo": "1"})
    assert "没有接防拆输入" in point()
