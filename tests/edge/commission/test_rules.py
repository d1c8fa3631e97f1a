"""The pure parts of the commissioning: the code, the picker, the site file in the making, the checklist, the words."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.catalogue import Kind, parse, rows_of
from devices.diagnose import Diagnosis, Finding
from edge.commission import found_words, words
from edge.commission.access import PAUSE_S, TRIES, Access, Answer, new_code
from edge.commission.checklist import (
    Alarm,
    Done,
    Item,
    NodeFacts,
    Open,
    alarms_of,
    complete,
    fact_of,
    has_default_login,
    name_of,
    open_of,
    outputs_of,
    points_of,
)
from edge.commission.draft import shown, to_toml, with_device, with_lane, with_node, without_lane
from edge.commission.found import Found, Plug, look_on_the_network
from edge.commission.picker import address_of, can_search, fields, given_by, options, options_for
from edge.console.words import Line, Said
from edge.enrolled import Lack

RTSP = "rtsp://admin:admin@camera.example/live"


def test_a_code_opens_once_and_five_wrong_ones_close_for_a_minute() -> None:
    access = Access("K7M2-9QXD")
    used, answer = access.tried(" k7m29qxd ", 0)
    assert answer is Answer.WELCOME and used.tried("K7M2-9QXD", 0)[1] is Answer.WRONG
    for _ in range(TRIES - 1):
        access, answer = access.tried("AAAA-AAAA", 10)
        assert answer is Answer.WRONG
    access, answer = access.tried("AAAA-AAAA", 10)
    assert answer is Answer.WAIT
    assert access.tried("K7M2-9QXD", 10 + PAUSE_S - 1)[1] is Answer.WAIT
    assert access.tried("K7M2-9QXD", 10 + PAUSE_S)[1] is Answer.WELCOME


@given(st.text(max_size=60))
def test_no_other_text_opens(text: str) -> None:
    code = new_code()
    assert Access(code).tried(text, 0)[1] is not Answer.WELCOME


def test_every_scheme_of_the_registry_can_be_chosen_from_some_plug_or_typed() -> None:
    offered = {each.scheme for plug in (*Plug, None) for each in options_for(plug)}
    assert offered == {scheme for kind in Kind for scheme in rows_of(kind)} == {each.scheme for each in options()}
    assert not any(scheme.endswith("+memory") for scheme in offered)


def test_what_is_filled_in_becomes_the_address_and_defaults_are_left_out() -> None:
    option = next(each for each in options() if each.scheme == "modbus+serial")
    given_ = {field.name: field.value for field in fields(option, {"unit": "7"})}
    text = address_of(option, "/dev/serial/by-id/usb-A B", given_)
    assert parse(text).where == "/dev/serial/by-id/usb-A B" and parse(text).options["unit"] == 7
    assert "baud" not in text and "%20" in text


def test_the_certificate_of_a_camera_stands_after_what_its_maker_writes() -> None:
    option = next(each for each in options() if each.scheme == "rtsps")
    assert {field.name: field.value for field in fields(option, {})} == {"ca": "", "name": ""}
    text = address_of(option, "admin:x@camera/live?sub=1", {"ca": "/etc/menting/camera.pem", "name": ""})
    assert text == "rtsps://admin:x@camera/live?sub=1#ca=/etc/menting/camera.pem"
    assert address_of(option, "camera/live", {"ca": "", "name": ""}) == "rtsps://camera/live"


def test_a_search_of_the_network_that_is_not_there_is_told_apart_from_one_that_finds_nothing() -> None:
    assert look_on_the_network(lambda _: ()) == ()

    class Camera:
        host, name = "10.0.0.7", "Lobby"

    assert look_on_the_network(lambda _: [Camera()]) == (Found(Plug.NETWORK, "10.0.0.7", "Lobby"),)


keys = st.text(min_size=1, max_size=8)
plain = st.one_of(st.text(max_size=12), st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False))
values = st.recursive(
    plain, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)), max_leaves=12
)


@given(st.dictionaries(keys, values, max_size=5))
def test_whatever_is_written_as_toml_is_read_back(tree: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(tree)) == tree


def draft() -> dict[str, Any]:
    tree = with_node({"extra": {"kept": 1}}, "东门")
    tree = with_lane(tree, "a", {"name": "进", "direction": "in", "fail": "safe", "escape_route": True}, {"lock": 1})
    tree = with_device(tree, "a", Kind.RELAY, "modbus+serial:///dev/x?profile=waveshare-8")
    return with_device(tree, "a", Kind.CAMERA, RTSP)


def test_a_draft_keeps_what_it_does_not_know_and_shows_no_password() -> None:
    tree = draft()
    assert tree["extra"] == {"kept": 1} and RTSP in to_toml(tree)
    assert "admin" not in shown(tree) and "camera.example" in shown(tree)
    assert without_lane(tree, "a")["lane"] == []


@pytest.mark.req("ACC-23", "PRIV-12", "SEC-12")
def test_each_lane_is_asked_for_its_fail_state_its_way_out_its_tamper_and_its_sign() -> None:
    def asked(fail: str) -> set[Item]:
        return {point.item for point in points_of(with_lane(draft(), "a", {"fail": fail}, {})) if point.lane}

    common = {Item.FAIL_STATE, Item.TAMPER, Item.SIGN, Item.PRIVATE_VIEW, Item.FIRE, Item.EXIT, Item.DOOR}
    assert asked("safe") == common | {Item.FIRE_POWER} and asked("secure") == common | {Item.EGRESS}


@pytest.mark.req("ACC-23", "SEC-06")
def test_nothing_is_complete_without_photos_tried_devices_and_changed_passwords() -> None:
    tree = with_lane(draft(), "a", {}, {"tamper": 4})
    points, ready = points_of(tree), NodeFacts(written=True, lack=None)
    worked = {name_of(lane[key]) for lane in tree["lane"] for key in ("relay", "camera")}
    worked |= {each.key for each in outputs_of(tree)}

    def ticked(tree: dict[str, Any]) -> dict[str, Done]:
        return {one.key: Done(by="陈", at="now", photos=("a.jpg",), fact=fact_of(one, tree)) for one in points}

    done = ticked(tree)
    passwords = next(point for point in points if point.item is Item.PASSWORDS)
    assert open_of(passwords, tree, done, worked) == (Open.DEFAULT_PASSWORD,)
    assert not complete(tree, done, worked, ready)
    tree = with_device(tree, "a", Kind.CAMERA, "rtsp://gate:Long-and-own-7@camera.example/live")
    done = ticked(tree)
    assert complete(tree, done, worked, ready), "the name of a device holds no password"
    assert not complete(tree, done, worked - {each.key for each in outputs_of(tree)}, ready), "the lock never clicked"
    assert not complete(tree, done, worked - {min(worked)}, ready)
    sign = next(point for point in points if point.item is Item.SIGN)
    without = Done(by="陈", fact=fact_of(sign, tree))
    assert open_of(sign, tree, {**done, sign.key: without}, worked) == (Open.NO_PHOTO,)
    assert not complete({}, {}, ())

    assert not complete(tree, done, worked), "nothing is presumed of the node"
    assert not complete(tree, done, worked, replace(ready, written=False))


@pytest.mark.parametrize("lack", list(Lack))
def test_a_node_that_lets_nobody_in_is_never_all_done(lack: Lack) -> None:
    tree = with_lane(draft(), "a", {}, {"tamper": 4})
    (enrolled,) = [point for point in points_of(tree) if point.item is Item.ENROLLED]
    assert not enrolled.ticked_by_a_person and enrolled.lane is None
    assert open_of(enrolled, tree, {}, (), NodeFacts(written=True, lack=lack)) == (Open(lack.value),)
    assert open_of(enrolled, tree, {enrolled.key: Done(by="陈")}, ()) == (Open.NOT_ENROLLED,), "no name ticks it"
    assert open_of(enrolled, tree, {}, (), NodeFacts(written=True, lack=None)) == ()
    assert open_of(enrolled, tree, {}, (), NodeFacts(True, None, simulated=True)) == (Open.SIMULATED,)


@pytest.mark.req("SEC-12")
def test_an_alarm_that_cannot_come_is_not_certified() -> None:
    (point,) = [point for point in points_of(draft()) if point.item is Item.TAMPER]

    def said(tree: dict[str, Any]) -> dict[str, Done]:
        return {"tamper.a": Done(by="陈", at="now", fact=fact_of(point, tree))}

    for contacts in ({}, {"tamper": 0}):
        tree = with_lane(draft(), "a", {}, contacts)
        assert open_of(point, tree, said(tree), ()) == (Open.NO_TAMPER_INPUT,), contacts
        assert alarms_of("a", tree) == (Alarm.CAMERA, Alarm.LINE), "no box, no reader"
    tree = with_lane(draft(), "a", {"reader": "wiegand+serial:///dev/r"}, {"tamper": 4})
    assert open_of(point, tree, said(tree), ()) == () and Alarm.READER not in alarms_of("a", tree)
    tree = with_lane(tree, "a", {"reader": "osdp+serial:///dev/r"}, {})
    assert alarms_of("a", tree) == tuple(Alarm)
    cars = {"lane": [{"code": "a", "relay": "modbus+serial:///dev/x", "barrier": {}}]}
    assert open_of(point, cars, said(cars), ()) == () and alarms_of("a", cars) == (Alarm.LINE,)


@pytest.mark.req("SEC-06")
def test_makers_passwords_are_known_and_own_ones_are_not_taken_for_them() -> None:
    for login in ("admin:admin", "Admin:12345", "root:pass", "admin:", "admin", "gate:gate", "888888:888888"):
        assert has_default_login(f"rtsp://{login}@host/x"), login
    for address in ("rtsp://gate:zebra-41-lamp@h/x", "rtsp://h/x", "modbus+serial:///dev/x", "rtsp://[bad", 7):
        assert not has_default_login(address)


def test_a_hint_names_the_field_as_the_page_labels_it() -> None:
    names = {name for each in options() for name in each.grammar.parameters} | {"where"}
    for finding in Finding:
        said = found_words.say(Diagnosis(finding), {"baud": 9600}, searchable=True)
        if said.do is not None:
            bare = set(re.findall(r"[a-z_]+", re.sub(r"“[^”]*”|/dev/\S+", "", said.do.zh)))
            assert not bare & (names - {"profile"}), (finding, bare & names)
            assert "[" not in said.do.zh + said.do.en
    echo = found_words.say(Diagnosis(Finding.ECHO), {})
    assert echo.do is not None and "“转换器回显”" in echo.do.zh and '"Adapter echoes"' in echo.do.en
    silent = [found_words.say(Diagnosis(Finding.SILENT), {"baud": 9600}, can).do for can in (True, False)]
    assert [one is not None and "寻找设备" in one.zh for one in silent] == [True, False]


def test_what_may_be_typed_is_said_in_one_language_at_a_time_and_a_path_fits() -> None:
    for option in options():
        for field in fields(option, {}):
            assert not re.search(r"\bto\b", field.allowed.zh) and not re.search(r"[\u4e00-\u9fff]", field.allowed.en)
    numbers = {field.name: field.number for each in options() for field in fields(each, {}) if not field.words}
    assert numbers["baud"] if "baud" in numbers else numbers["unit"]
    assert not numbers["key_file"] and not numbers["ca"]


def test_a_form_is_filled_with_the_address_that_was_tried_and_no_password() -> None:
    board = "modbus+serial:///dev/serial/by-id/usb-A%20B?unit=7&profile=waveshare-8&baud=19200"
    given_ = given_by(parse(board))
    option = next(each for each in options() if each.scheme == given_["scheme"])
    assert parse(address_of(option, given_["where"], given_)).options == parse(board).options
    camera = given_by(parse("rtsps://gate:own-secret-9@cam:8554/live#ca=/etc/c.pem"))
    assert camera["where"] == "cam:8554/live" and camera["ca"] == "/etc/c.pem" and "secret" not in str(camera)
    assert can_search("modbus+serial") and not can_search("modbus+tcp") and not can_search("scanner+serial")


def lines(table: dict[Any, Any]) -> list[Line]:
    found = []
    for each in table.values():
        found += [line for line in (each.what, each.do) if line] if isinstance(each, Said) else [each]
    return found


def test_every_finding_item_and_word_is_said_in_both_languages() -> None:
    assert set(found_words.FINDINGS) == set(Finding)
    assert set(words.ITEMS) == set(Item) and set(words.OPEN) == set(Open) and set(words.KINDS) == set(Kind)
    tables = [each for each in vars(words).values() if isinstance(each, dict) and each and "Line" in repr(each)]
    for line in [line for table in (*tables, found_words.FINDINGS) for line in lines(table)]:
        assert line.zh.strip() and line.en.strip()
        assert "invalid" not in line.en.lower() and "failed" not in line.en.lower() and "!" not in line.en


@given(st.sampled_from(list(Finding)), st.dictionaries(st.sampled_from(["unit", "text", "age"]), st.text(max_size=9)))
def test_the_words_of_a_finding_are_filled_whatever_the_facts_are(finding: Finding, facts: dict[str, str]) -> None:
    said = found_words.say(Diagnosis(finding, {k: v.replace("{", "") for k, v in facts.items()}), {"baud": 9600})
    assert "{" not in said.what.zh + said.what.en


@pytest.mark.req("ACC-29")
def test_a_lift_is_handed_over_only_when_it_was_seen_to_run_without_us() -> None:
    tree = {"lane": [{"code": "lift-1", "fail": "safe", "lift": {"restrict": 8, "floors": {"1": 1}}}]}
    points = {point.item: point for point in points_of(tree)}
    assert points[Item.LIFT].photo and Item.FIRE_POWER not in points and Item.EGRESS not in points


def test_a_board_on_the_network_keeps_its_port_and_its_brackets() -> None:
    option = next(each for each in options() if each.scheme == "modbus+tcp")
    for where in ("192.0.2.7", "192.0.2.7:8502", "[2001:db8::7]:502"):
        address = address_of(option, where, {"profile": "waveshare-8"})
        assert address == f"modbus+tcp://{where}?profile=waveshare-8" and given_by(parse(address))["where"] == where


def test_everything_that_is_asked_of_a_device_has_words() -> None:
    asked = {name for each in options() for name in each.grammar.parameters}
    assert asked <= words.PARAMETERS.keys() and {each.scheme for each in options()} <= words.SCHEMES.keys()
