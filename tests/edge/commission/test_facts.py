"""A confirmation holds of what the file said when it was given: of another door, wire or rule it says nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.serve import Serving
from edge.commission.checklist import (
    CONTACTS_OF,
    Done,
    Item,
    NodeFacts,
    Open,
    Point,
    fact_of,
    lanes_without_fire,
    name_of,
    open_of,
    points_of,
)
from edge.commission.desk import Desk
from edge.commission.draft import to_toml, without_lane
from edge.commission.keeping import Keeping
from edge.commission.report import report_html
from edge.site import site_of
from models.values.time import utc_now
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page
from tests.edge.commission.test_serving import GOOD, LANE_FORM

BOARDS = "modbus+serial:///dev/x?profile=waveshare-8"


def lane_of(**more: Any) -> dict[str, Any]:
    return {"code": "a", "name": "进", "direction": "in", "fail": "safe", "relay": BOARDS, **more}


def items(**more: Any) -> set[Item]:
    return {point.item for point in points_of({"lane": [lane_of(**more)]}) if point.lane}


@pytest.mark.req("ACC-23")
def test_a_tick_does_not_outlive_what_it_confirmed(page: Page) -> None:
    page.enter()
    page.desk.change(GOOD)
    page.tick("fail_state.a", by="陈工", note="已断电")
    page.desk._note("fail_state.a", lambda one: replace(one, photos=("1.jpg",)))
    assert "○" not in page.point("fail_state.a") and "断电开门" in page.point("fail_state.a")
    page.client.post("/site/lane", data=LANE_FORM | {"fail": "secure"})
    told = page.point("fail_state.a")
    assert "○" in told and "断电锁闭" in told and "确认之后改过" in told and "缺照片" in told and 'name="by"' in told
    earlier = told.split('class="quiet earlier"')[1]
    assert (
        "fail = &#34;safe&#34;" in earlier and "陈工" in earlier and "已断电" in earlier and "/photo/1.jpg" in earlier
    )
    assert "fail = &#34;safe&#34;" in report_html(page.desk)
    page.tick("fail_state.a", by="王工")
    told = page.point("fail_state.a")
    assert "王工" in told and "陈工" in told.split('class="quiet earlier"')[1] and "缺照片" in told, "a photo of then"
    again = Desk(Keeping(page.desk.keeping.data, page.desk.keeping.site_file), tuple, utc_now)
    (point,) = [one for one in points_of(again.kept.tree) if one.key == "fail_state.a"]
    assert again.done(point).by == "王工" and [one.by for one in again.earlier(point)] == ["陈工"]


@pytest.mark.req("ACC-23")
def test_a_lane_that_takes_the_code_of_one_that_was_removed_inherits_nothing(page: Page) -> None:
    page.enter()
    page.desk.change(GOOD)
    page.tick("sign.a", by="陈工")
    page.desk._note("sign.a", lambda one: replace(one, photos=("1.jpg",)))
    assert "✓" in page.point("sign.a")
    page.client.post("/site/lane", data={"code": "a", "remove": "1"})
    assert page.desk.kept.tree["lane"] == []
    page.desk.change(GOOD)
    told = page.point("sign.a")
    assert "○" in told and "缺照片" in told and "陈工" in told.split('class="quiet earlier"')[1]


def test_nobody_confirms_what_was_changed_while_they_looked(page: Page) -> None:
    page.enter()
    page.desk.change(GOOD)
    form = {"key": "fail_state.a", "by": "陈工", "fact": "another"}
    refused = page.client.post("/checklist/tick", data=form)
    told = refused.text.split('id="fail_state.a"')[1].split("</li>")[0]
    assert refused.status_code == 409 and "站点文件刚刚改过" in told and page.desk.kept.done == {}


def test_a_tick_of_a_version_that_noted_no_fact_is_asked_for_again(page: Page) -> None:
    page.enter()
    page.desk.change(GOOD)
    page.desk.kept.done["sign.a"] = Done(by="陈工", at="then", photos=("1.jpg",))
    told = page.point("sign.a")
    assert "○" in told and "没有记下" in told and "陈工" in told


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize(
    ("item", "change", "same"),
    [
        (Item.FAIL_STATE, {"fail": "secure"}, {"name": "东门"}),
        (Item.FIRE_POWER, {"escape_route": True}, {"escape_route": False}),
        (Item.FIRE, {"contacts": {"fire": 4}}, {"contacts": {"door": 4, "fire": 3}}),
        (Item.FIRE, {"inputs": "gpio://0?inputs=1"}, {"release_s": 7}),
        (Item.EXIT, {"contacts": {"exit": 5}}, {"name": "东门"}),
        (Item.DOOR, {"contacts": {"door": 6}}, {"fail": "secure"}),
        (Item.TAMPER, {"reader": "osdp+serial:///dev/r"}, {"scanner": "scanner+serial:///dev/s"}),
        (Item.SIGN, {"direction": "out"}, {"fail": "secure"}),
    ],
)
def test_each_point_hangs_on_the_keys_that_it_is_about(
    item: Item, change: dict[str, Any], same: dict[str, Any]
) -> None:
    point = Point(item, "a")

    def fact(**more: Any) -> str:
        return fact_of(point, {"lane": [lane_of(**more)]})

    assert fact() != fact(**change) and fact() == fact(**same)


def test_a_fact_holds_no_password() -> None:
    tree = {"lane": [lane_of(camera="rtsp://gate:own-secret-9@cam/live?pw=own-secret-9")]}
    told = "".join(fact_of(point, tree) for point in points_of(tree))
    assert "cam/live" in told and "own-secret" not in told


@pytest.mark.req("ACC-18", "ACC-22", "ACC-23")
def test_every_contact_that_is_wired_is_asked_for_and_none_that_is_not() -> None:
    nothing = dict.fromkeys(("door", "exit", "fire"), 0)
    assert not items(contacts=nothing) & {*CONTACTS_OF, Item.INTERLOCK}
    for item, names in CONTACTS_OF.items():
        for name in names:
            assert items(contacts={**nothing, name: 5}) & {*CONTACTS_OF} == {item}, name
    assert {Item.DOOR, Item.EXIT, Item.FIRE} <= items(), "wired where the file says nothing of them"
    tree = {"lane": [lane_of(), lane_of(code="b"), lane_of(code="c")], "interlock": [{"lanes": ["a", "b"]}]}
    assert [one.lane for one in points_of(tree) if one.item is Item.INTERLOCK] == ["a", "b"]
    odd = {"lane": [lane_of(contacts="x")], "interlock": ["x", {"lanes": 7}]}
    assert Item.INTERLOCK not in {one.item for one in points_of(odd)}


@pytest.mark.req("ACC-22", "ACC-23")
def test_an_escape_route_that_no_fire_opens_is_told_and_asked_for() -> None:
    without = {"lane": [lane_of(escape_route=True, contacts={"fire": 0})]}
    assert lanes_without_fire(without) == ("a",)
    (point,) = [one for one in points_of(without) if one.item is Item.FIRE]
    done = {point.key: Done(by="陈", fact=fact_of(point, without))}
    assert open_of(point, without, done, (), NodeFacts()) == (Open.NO_FIRE_INPUT,)
    done[point.key] = replace(done[point.key], not_fitted="手动门")
    assert open_of(point, without, done, (), NodeFacts()) == ()
    elsewhere = {"lane": [*without["lane"], lane_of(code="b", contacts={"fire": 3})]}
    assert lanes_without_fire(elsewhere) == (), "a fire at any lane opens all of them"
    barrier = {"lane": [*without["lane"], {"code": "c", "barrier": {"fire": 6}}]}
    assert lanes_without_fire(barrier) == ()
    assert lanes_without_fire({"lane": [lane_of(contacts={"fire": 0})]}) == ()


def test_it_is_told_on_the_page_of_the_file_too_and_what_the_fire_input_is_taken_for(page: Page) -> None:
    page.enter()
    page.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "escape_route": True, "contacts": {"fire": 0}}]})
    told = page.client.get("/site").text
    assert 'id="no-fire"' in told and "火警时门不会自动打开" in told and "常闭，断开就是火警" in told
    page.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "escape_route": True}]})
    assert 'id="no-fire"' not in page.client.get("/site").text


@pytest.mark.req("ACC-29")
def test_a_lift_has_no_lock_on_the_page_and_in_the_file(page: Page) -> None:
    page.enter()
    lift = {"restrict": 1, "floors": {"1": 2}}
    contacts = {"door": 0, "exit": 0}
    page.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "lift": lift, "contacts": contacts}]})
    assert "lane.1.contacts.lock" not in page.client.get("/site").text
    page.client.post("/site/lane", data={key: value for key, value in LANE_FORM.items() if key != "lock"})
    assert "lock" not in page.desk.kept.tree["lane"][0]["contacts"]


def test_what_was_measured_of_wires_that_are_others_now_is_forgotten(page: Page) -> None:
    wires = {"open": 1, "close": 2, "arming": 1, "safety": 2, "closing": 3, "up": 4, "down": 5}
    tree = {"node": {"name": "门"}, "lane": [lane_of(camera="rtsp://h/x", barrier=wires)]}
    page.desk.change(tree)
    page.desk.kept.measured.update({"loops.a": "three", "ends.a": "up 2 s"})
    page.desk.change({**tree, "lane": [lane_of(camera="rtsp://h/x", barrier=wires | {"arming": 3, "closing": 1})]})
    assert page.desk.kept.measured == {"ends.a": "up 2 s"}
    page.desk.change(without_lane(tree, "a"))
    assert page.desk.kept.measured == {}


@pytest.mark.req("ACC-23")
def test_a_board_with_the_contacts_alone_is_used_as_that_and_tested_once_an_input_followed(
    page: Page, tmp_path: Path
) -> None:
    line, sim = PtyLine(tmp_path / "board"), RelayBoardSim(outputs=0)
    serving = Serving(sim, line)
    try:
        page.enter()
        page.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "relay": "lcus+serial:///dev/x?channels=4"}]})
        page.client.post("/setup", data={"scheme": "modbus+serial", "where": line.path, "profile": "inputs-8"})
        assert eventually(lambda: page.state()["usable"])
        shown = page.client.get("/trial").text
        assert "只用它的输入" in shown and "用于这条通道" not in shown, "it has no output for a lock"
        assert page.ask("/trial/keep", lane="a", **{"as": "inputs"}).status_code == 303
        (lane,) = page.desk.kept.tree["lane"]
        assert lane["inputs"] == f"modbus+serial://{line.path}?profile=inputs-8" and lane["relay"].startswith("lcus")
        assert site_of(to_toml(page.desk.kept.tree), page.desk.keeping.site_file).lane[0].inputs == lane["inputs"]
        assert page.state()["input_names"] == {"1": "门磁", "2": "出门按钮", "3": "消防"}
        assert f"○ a · 接触点所在的另一块板：地址 <code>{name_of(lane['inputs'])}" in page.client.get("/checklist").text
        sim.set_input(3, True)
        assert eventually(lambda: "✓ a · 接触点" in (page.state(), page.client.get("/checklist").text)[1])
        assert "测试时输入有变化" in page.point("fire.a") and "测试时输入有变化" not in page.point("exit.a")
    finally:
        page.desk.close()
        serving.close()
        line.close()
