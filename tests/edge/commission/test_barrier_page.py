"""The barrier's page over real HTTP: what is refused, what the wiring becomes, what the checklist asks of a lane."""

from __future__ import annotations

from typing import Any

import pytest

from edge.commission.checklist import Item, points_of
from tests.edge.commission.conftest import Page, enrol

LANE: dict[str, Any] = {
    "code": "car-in", "name": "车行入口", "direction": "in", "fail": "safe", "contacts": {"lock": 1, "door": 1},
    "relay": "modbus+serial:///dev/none?profile=waveshare-8", "camera": "rtsp://gate:own-secret-9@cam/live",
}  # fmt: skip
WIRES = {"open": 1, "close": 2, "arming": 1, "safety": 2, "closing": 3, "up": 4, "down": 5, "fire": 6}


@pytest.mark.req("SEC-04")
def test_nobody_without_the_code_sees_or_moves_a_barrier(page: Page) -> None:
    for path in ("/barrier", "/barrier/state"):
        assert page.client.get(path).status_code == 303
    assert page.client.post("/barrier/deed", data={"deed": "raise"}).status_code == 401
    page.enter()
    assert page.client.post("/barrier/deed", data={"deed": "raise"}, headers={"Origin": "null"}).status_code == 403


def test_what_is_no_lane_no_deed_or_no_number_changes_nothing(page: Page) -> None:
    page.enter()
    assert "还没有车道" in page.client.get("/barrier").text
    page.desk.change({"node": {"name": "门"}, "lane": [LANE]})
    assert page.client.post("/barrier/begin", data={"code": "car-in"}).status_code == 404, "it is a door yet"
    assert page.client.post("/barrier/deed", data={"deed": "raise"}).status_code == 409
    assert page.client.get("/barrier/state").json()["over"]
    assert page.client.post("/barrier/wiring", data={"code": "another"}).status_code == 404
    typed = {name: str(value) for name, value in WIRES.items()} | {"beam": "seven", "code": "car-in", "travel_s": "99"}
    before = page.desk.kept.tree
    for wrong, said in (("seven", "请填整数"), ("", "请填整数"), ("33", "0 到 32"), ("2", "输入 2 已接")):
        told = page.client.post("/barrier/wiring", data=typed | {"beam": wrong})
        field = told.text[told.text.index('name="beam"') :].split("</label>")[0]
        assert told.status_code == 409 and said in field and f'value="{wrong}"' in field, wrong
        assert page.desk.kept.tree == before and 'name="safety" value="2"' in told.text
    assert page.client.post("/barrier/wiring", data=typed | {"beam": "7"}).status_code == 303
    (lane,) = page.desk.kept.tree["lane"]
    assert lane["barrier"] == WIRES | {"beam": 7} and "contacts" not in lane and lane["camera"] == LANE["camera"]


def test_a_lane_that_is_wired_wrongly_in_the_file_is_told_before_anything_is_opened(page: Page) -> None:
    page.enter()
    lane = {key: value for key, value in LANE.items() if key != "contacts"}
    page.desk.change({"node": {"name": "门"}, "lane": [{**lane, "barrier": {**WIRES, "closing": 2}}]})
    answer = page.client.post("/barrier/begin", data={"code": "car-in"})
    assert answer.status_code == 409 and "输入 2 已接" in answer.text and page.desk.barrier is None


def test_a_board_that_is_not_there_is_said_and_a_deed_is_one_of_a_few(page: Page) -> None:
    page.enter()
    lane = {key: value for key, value in LANE.items() if key != "contacts"}
    page.desk.change({"node": {"name": "门"}, "lane": [{**lane, "barrier": WIRES}]})
    assert page.client.post("/barrier/begin", data={"code": "car-in"}).status_code == 303
    assert page.desk.barrier is not None
    meant = {"lane": "car-in", "test": page.desk.barrier.id}
    state = page.client.get("/barrier/state", params=meant).json()
    assert [light["known"] for light in state["lights"]] == [False] * 6
    assert page.client.post("/barrier/deed", data=meant | {"deed": "smash"}).status_code == 409
    assert page.client.post("/barrier/stop", data=meant).status_code == 303 and page.desk.barrier is None


@pytest.mark.req("LANE-22")
def test_a_vehicle_lane_has_the_points_of_a_barrier_and_none_of_a_lock() -> None:
    more = {"plate_camera": "lpr+vzenith://1.2.3.4?serial=a", "board": "led+serial:///dev/led"}
    lane = {key: value for key, value in LANE.items() if key != "contacts"} | more | {"barrier": WIRES}
    items = {point.item for point in points_of({"lane": [lane]}) if point.lane}
    assert items == {
        Item.LOOPS, Item.ENDS, Item.STAYS_UP, Item.BY_HAND, Item.TAMPER, Item.SIGN, Item.PLATES, Item.DISPLAY,
        Item.PRIVATE_VIEW, Item.FIRE,
    }  # fmt: skip
    detectors = {"ebike": 7, "fire_lane": 8}
    beside = {point.item for point in points_of({"lane": [lane | {"barrier": WIRES | detectors}]})}
    assert {Item.EBIKE, Item.FIRE_LANE} <= beside and not {Item.EBIKE, Item.FIRE_LANE} & items
    without = {key: value for key, value in WIRES.items() if key not in ("up", "down")}
    assert Item.FIRE not in {point.item for point in points_of({"lane": [lane | {"barrier": WIRES | {"fire": 0}}]})}
    assert Item.ENDS not in {point.item for point in points_of({"lane": [lane | {"barrier": without}]})}


def test_a_vehicle_lanes_card_leads_to_its_wiring_and_offers_no_contacts_of_a_door(page: Page) -> None:
    page.enter()
    lane = {key: value for key, value in LANE.items() if key != "contacts"}
    page.desk.change({"node": {"name": "门"}, "lane": [{**lane, "barrier": WIRES}]})
    told = page.client.get("/site").text
    assert 'href="/barrier#lane-car-in"' in told and "lane.1.contacts" not in told
    page.client.post("/site/lane", data={"code": "car-in", "name": "车行", "direction": "in", "fail": "safe"})
    (after,) = page.desk.kept.tree["lane"]
    assert after["barrier"] == WIRES and "contacts" not in after and after["name"] == "车行"


@pytest.mark.req("LANE-22", "SYNC-02")
def test_who_fits_a_barrier_to_an_enrolled_node_is_told_to_enrol_it_anew(page: Page) -> None:
    page.enter()
    lane = {key: value for key, value in LANE.items() if key != "contacts"}
    page.desk.change({"node": {"name": "门"}, "lane": [LANE]})
    assert 'id="barrier-later"' not in page.client.get("/site").text
    page.desk.change({"node": {"name": "门"}, "lane": [{**lane, "barrier": WIRES}]})
    assert 'id="barrier-later"' not in page.client.get("/site").text, "it is to be enrolled yet"
    enrol(page.desk.keeping.data, "car-in")
    told = page.client.get("/site").text
    assert 'id="barrier-later"' in told and "重新登记一次" in told
    page.desk.change({"node": {"name": "门"}, "lane": [LANE]})
    assert 'id="barrier-later"' not in page.client.get("/site").text
