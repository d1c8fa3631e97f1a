"""Every key that the site file knows: asked for on the page, or named as only in the file and kept."""

from __future__ import annotations

import tomllib
from html import unescape
from html.parser import HTMLParser
from typing import Any

from pydantic import BaseModel

from edge.barrier import BarrierSite
from edge.commission.draft import contact_defaults, to_toml
from edge.commission.setting_words import EXAMPLES, OTHERS, SETTINGS
from edge.commission.settings import (
    ASKED_ELSEWHERE,
    OWN_FORMS,
    lane_settings,
    node_settings,
    only_in_the_file,
    said,
    with_lane_settings,
    with_node_settings,
    without_form,
)
from edge.site import LaneSite, LivenessModel, Site
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


def test_every_key_of_the_site_file_is_asked_for_or_named_as_the_files_own() -> None:
    asked = {each.key for each in (*node_settings(), *lane_settings())}
    kept = set(only_in_the_file(TREE))
    lane_keys = {each.removeprefix("lane.") for each in asked | kept if each.startswith("lane.")}
    assert lane_keys | ASKED_ELSEWHERE | (OWN_FORMS & keys_of(LaneSite)) == keys_of(LaneSite)
    assert not lane_keys & (ASKED_ELSEWHERE | OWN_FORMS)
    tables = {each.partition(".")[0] for each in asked | kept}
    assert tables | {"node"} | (OWN_FORMS & keys_of(Site)) == keys_of(Site)
    assert asked == set(SETTINGS), "each has its words in both languages"
    assert set(contact_defaults()) == keys_of(LaneSite.model_fields["contacts"].annotation)


def test_a_page_that_is_saved_as_it_stands_changes_nothing_and_shows_no_password(page: Page) -> None:
    page.enter()
    page.desk.change(TREE)
    text = page.client.get("/site").text
    assert "own-secret-9" not in text and "lane.liveness_model" in text
    for action, fields in Forms(text).found:
        saves = action in ("/site/node", "/site/settings") or (action == "/site/lane" and fields.get("code"))
        if saves:
            assert page.client.post(action, data=fields).status_code == 303
    assert page.desk.kept.tree == with_every_contact(TREE)


def test_what_the_barriers_page_asks_for_is_not_said_to_be_in_the_file_only() -> None:
    lane = TREE["lane"][0]
    wired = {**TREE, "lane": [{**lane, "barrier": {"arming": 1, "fire": 6, "look_s": 3.0}}]}
    assert [name for name in only_in_the_file(wired) if "barrier" in name] == ["lane.barrier.look_s"]


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


def test_what_no_form_holds_is_said_with_an_example_that_the_check_takes(page: Page) -> None:
    page.enter()
    page.desk.change(TREE)
    text = page.client.get("/site").text.split('id="formless"')[1].split("</details>")[0]
    assert {f"{table}.{name}" for table, keys in EXAMPLES.items() for name in keys} == {
        each.key for each in without_form()
    }
    for each in without_form():
        assert f"<code>{each.name}</code> {OTHERS[each.key].zh}" in unescape(text), each.key
    for model, table in ((LivenessModel, "lane.liveness_model"), (BarrierSite, "lane.barrier")):
        model.model_validate(EXAMPLES[table])
        assert f"[{table}]" in text and to_toml(EXAMPLES[table]).splitlines()[0] in unescape(text)
