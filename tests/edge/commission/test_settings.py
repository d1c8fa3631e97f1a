"""Every key that the site file knows has a form on the page."""

from __future__ import annotations

import tomllib
from html.parser import HTMLParser
from typing import Any

from pydantic import BaseModel

from edge.commission.draft import WIRES, contact_defaults, to_toml
from edge.commission.setting_words import SETTINGS
from edge.commission.settings import (
    ASKED_ELSEWHERE,
    OWN_FORMS,
    every_setting,
    lane_settings,
    node_settings,
    said,
    table_settings,
    with_lane_settings,
    with_node_settings,
)
from edge.site import LaneSite, Site
from tests.edge.commission.conftest import Page

WHOLE = """
interlock = [{ lanes = ["a", "b"] }]
[node]
name = "东门"
[central]
url = "https://central.example"
ca = "/etc/menting/ca.pem"
[console]
port = 8091
[face]
backend = "dlib"
[intercoms]
listen = "192.168.1.2"
port = 8092
[[lane]]
code = "a"
name = "进"
direction = "in"
fail = "safe"
escape_route = true
relay = "modbus+serial:///dev/a?profile=waveshare-8"
inputs = "modbus+serial:///dev/b?profile=inputs-8"
camera = "rtsps://gate:own-secret-9@cam/live#ca=/etc/menting/camera.pem"
scanner = "scanner+serial:///dev/c"
reader = "osdp+serial:///dev/d?address=1&key_file=/etc/k&card=uid"
release_s = 4
held_open_s = 20.5
second_factor_s = 8.0
wrong_max = 4
pin_lock_s = 600.0
face_alone = "open"
liveness = "nir"
camera_nir = "rtsp://gate:own-secret-9@nir/live"
[lane.liveness_model]
file = "/etc/live.onnx"
[lane.contacts]
lock = 2
fire = 7
[lane.lift]
restrict = 8
common = ["1"]
floors = { "1" = 1 }
[lane.intercom]
address = "192.168.1.50"
[lane.barrier]
arming = 1
"""
TREE = tomllib.loads(WHOLE)


class Forms(HTMLParser):
    """The forms of a page as a browser would send them, untouched: address -> fields, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((told["action"], {}))
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and "selected" in told:
            self.found[-1][1][self._select] = told["value"]
        elif tag == "input" and (told.get("type") != "checkbox" or "checked" in told):
            usual = "on" if told.get("type") == "checkbox" else ""
            self.found[-1][1][told["name"]] = told.get("value", usual)


def keys_of(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def test_every_key_of_the_site_file_has_a_form() -> None:
    lane = TREE["lane"][0]
    asked = {each.key for each in (*node_settings(), *lane_settings())}
    assert asked == set(SETTINGS), "each has its words in both languages"
    tables = {each.key for _, each in table_settings(lane)}
    wired = {f"lane.barrier.{name}" for name in WIRES} | {f"lane.contacts.{name}" for name in contact_defaults()}
    forms = {
        each.key for each in every_setting()
        if each.table.removeprefix("lane.") in OWN_FORMS or each.key.removeprefix("lane.") in ASKED_ELSEWHERE
    }  # fmt: skip
    assert not asked & (tables | forms) and not tables & (wired | forms)
    assert asked | tables | wired | forms | {"node.name"} == {each.key for each in every_setting()}
    assert keys_of(LaneSite) | keys_of(Site) >= OWN_FORMS


def test_a_page_that_is_saved_as_it_stands_changes_nothing_and_shows_no_password(page: Page) -> None:
    page.enter()
    page.desk.change(TREE)
    text = page.client.get("/site").text
    assert "own-secret-9" not in text
    for action, fields in Forms(text).found:
        saves = action in ("/site/node", "/site/settings") or (action == "/site/lane" and fields.get("code"))
        if saves:
            assert page.client.post(action, data=fields).status_code == 303
    assert page.desk.kept.tree == with_every_contact(TREE)


def test_a_barriers_other_keys_are_fields_of_its_lane_and_what_is_wrong_is_told_at_them(page: Page) -> None:
    page.enter()
    lane = {key: TREE["lane"][0][key] for key in ("code", "name", "direction", "fail", "relay")} | {
        "barrier": {"open": 1, "arming": 1, "safety": 2, "closing": 3, "look_s": 3.0},
        "plate_camera": "lpr+vzenith://192.0.2.64?serial=A1B2C3&key_file=/etc/menting/lpr.key",
    }  # fmt: skip
    page.desk.change({"node": {"name": "门"}, "lane": [{**lane, "fail": "secure"}]})
    text = page.client.get("/site").text
    field = text.split('id="lane.1.barrier.look_s"')[1].split("</label>")[0]
    assert 'value="3.0"' in field and 'id="lane.1.barrier.arming"' not in text, "a wire has its place at the barrier"
    form = {"code": "a", "lane.barrier.look_s": "", "lane.barrier.tidal": "true", "lane.barrier.travel_s": "9"}
    page.client.post("/site/lane", data=form | {"lane.barrier.unlisted": "open", "lane.barrier.inside": "open"})
    barrier = page.desk.kept.tree["lane"][0]["barrier"]
    assert barrier == {"open": 1, "arming": 1, "safety": 2, "closing": 3, "tidal": True, "travel_s": 9} | {
        "unlisted": "open"
    }
    assert page.desk.problems() == ()
    page.client.post("/site/lane", data={"code": "a", "lane.barrier.travel_s": "99", "lane.barrier.from_zone": "B1"})
    told = page.client.get("/site").text
    box = told[told.index('id="problems"') : told.index("</ul></div>")]
    assert (
        'href="#lane.1.barrier.travel_s"' in box and "1 到 30" in box and 'id="lane.1.barrier.travel_s.wrong"' in told
    )


def test_a_network_of_its_own_is_filled_in_once_it_is_chosen_and_goes_with_another_choice(page: Page) -> None:
    page.enter()
    lane = {key: TREE["lane"][0][key] for key in ("code", "name", "direction", "fail", "relay", "camera")}
    page.desk.change({"node": {"name": "门"}, "lane": [lane]})
    assert "liveness_model" not in page.client.get("/site").text
    page.client.post("/site/lane", data={"code": "a", "lane.liveness": "model"})
    assert 'id="lane.1.liveness_model.file"' in page.client.get("/site").text
    filled = {"file": "/etc/menting/live.onnx", "sha256": "0" * 64, "threshold": "0.9", "crop": "2.5"}
    page.client.post("/site/lane", data={"code": "a"} | {f"lane.liveness_model.{k}": v for k, v in filled.items()})
    made = page.desk.kept.tree["lane"][0]["liveness_model"]
    assert made == filled | {"threshold": 0.9, "crop": 2.5} and page.desk.problems() == ()
    page.client.post("/site/lane", data={"code": "a", "lane.liveness_model.sha256": "x"})
    assert 'href="#lane.1.liveness_model.sha256"' in page.client.get("/site").text
    page.client.post("/site/lane", data={"code": "a", "lane.liveness": "challenge"})
    assert "liveness_model" not in page.desk.kept.tree["lane"][0] and page.desk.problems() == ()


def test_a_draft_says_where_parameters_are_not_shown(page: Page) -> None:
    page.enter()
    lane = {key: value for key, value in TREE["lane"][0].items() if not key.startswith("camera")}
    page.desk.change({**TREE, "lane": [lane]})
    assert "…" not in page.client.get("/site").text.split('<pre class="numbered"')[1]
    page.desk.change({**TREE, "lane": [{**lane, "board": "led+serial:///dev/e?profile=unknown"}]})
    draft = page.client.get("/site").text.split('<pre class="numbered"')[1]
    assert "led+serial:///dev/e?…" in draft and "不显示的参数" in draft.split("</pre>")[1]


def with_every_contact(tree: dict[str, Any]) -> dict[str, Any]:
    """The page writes down every contact, also those that stand at their usual place."""
    lanes = [{**lane, "contacts": {**contact_defaults(), **lane.get("contacts", {})}} for lane in tree["lane"]]
    return {**tree, "lane": lanes}


def test_what_is_typed_is_set_and_what_is_emptied_is_left_out(page: Page) -> None:
    page.enter()
    page.desk.change(TREE)
    page.client.post("/site/settings", data={"central.ca": "/etc/other.pem", "console.port": ""})
    page.client.post(
        "/site/lane", data={"code": "a", "lane.wrong_max": "3", "lane.pin_lock_s": "90.5", "lane.inputs": ""}
    )
    tree = page.desk.kept.tree
    assert tree["central"] == {"url": "https://central.example", "ca": "/etc/other.pem"} and "console" not in tree
    lane = tree["lane"][0]
    assert (lane["wrong_max"], lane["pin_lock_s"], "inputs" in lane) == (3, 90.5, False)
    page.client.post("/site/lane", data={"code": "a", "lane.wrong_max": "many"})
    assert any("wrong_max" in each for each in page.desk.problems())


def test_settings_without_their_table_are_empty_and_a_table_shows_what_holds() -> None:
    port = next(each for each in node_settings() if each.key == "console.port")
    assert (said(port, None), said(port, {}), said(port, {"port": 9000})) == ("", "8090", "9000")
    assert with_node_settings({}, {"console.port": "8090"}) == {"console": {"port": 8090}}
    assert with_node_settings({"console": {}}, {"console.port": "8090"}) == {"console": {}}
    assert with_node_settings({"console": {}}, {"console.port": ""}) == {}
    wrong = next(each for each in lane_settings() if each.name == "wrong_max")
    assert (wrong.usual, wrong.least, wrong.most) == ("5", "3", "5")
    assert with_lane_settings({"code": "a"}, {"lane.wrong_max": ""}) == {"code": "a"}
    assert tomllib.loads(to_toml(TREE)) == TREE
