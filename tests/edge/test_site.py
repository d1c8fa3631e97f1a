"""The site file: what is wrong in it is told with the line, what is allowed, and never a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.site import read_site
from edge.site_problem import SITE_BYTES_MAX, SiteError, line_of
from tests.edge.conftest import BOTH

GOOD = """\
[node]
name = "东门"

[central]
url = "https://central.example"

[[lane]]
code = "east-in"
name = "东门 进"
direction = "in"
fail = "secure"
relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"
scanner = "scanner+serial:///dev/ttyUSB1"

[[lane]]
code = "east-out"
name = "东门 出"
direction = "out"
fail = "safe"
escape_route = true
relay = "modbus+serial:///dev/ttyUSB2?profile=plain-8"
camera = "rtsp://gate:sesame@camera.example/live"
  [lane.contacts]
  exit = 0
"""


def test_a_good_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(GOOD, encoding="utf-8")
    site = read_site(path)
    inside, outside = site.lane
    assert (inside.release_s, inside.held_open_s, inside.second_factor_s, inside.face_alone) == (5.0, 30.0, 10.0, "off")
    assert inside.contacts.model_dump() == {
        "lock": 1, "door": 1, "exit": 2, "fire": 3, "tamper": 0, "beam": 0, "passed": 0, "timeout": 0,
        "intercom": 0, "ebike": 0, "fire_lane": 0,
    }  # fmt: skip
    assert outside.contacts.exit == 0 and outside.escape_route and site.interlock == ()
    path.write_text(GOOD.replace('[central]\nurl = "https://central.example"\n', ""), encoding="utf-8")
    assert read_site(path).central is None, "a gate may work alone"


RELAY_1 = 'relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"'
RELAY_2 = 'relay = "modbus+serial:///dev/ttyUSB2?profile=plain-8"'
LCUS = 'relay = "lcus+serial:///dev/ttyUSB8?channels=4"'
INPUTS = 'inputs = "modbus+serial:///dev/ttyUSB9?profile=inputs-8"'
PINS = 'relay = "gpio://gpiochip0?outputs=17&inputs=5,6,13"'
SCANNER = 'scanner = "scanner+serial:///dev/ttyUSB1"'
SCANNER_1 = "scanner+serial:///dev/ttyUSB1"
CAMERA = 'camera = "rtsp://gate:sesame@camera.example/live"'
MODEL = f"""\
  [lane.liveness_model]
  file = "live.onnx"
  sha256 = "{"00" * 32}"
  threshold = 0.9"""
TCP = "modbus+tcp://192.168.1.5"
PORT = "port must be 1–65535"
INTERLOCK = '\n[[interlock]]\nlanes = ["east-in", '
WRONG = [
    # what is written instead of what, the line, and what the words must contain
    ('name = "东门"', 'name = ""', 2, ["node.name", "must not be empty"]),
    ("[node]\n", "[nod]\n", 1, ["node", "is missing"]),
    ('url = "https://central.example"', 'url = "ftp://x"', 5, ["central.url", "scheme, host and port only"]),
    (
        'url = "https://central.example"',
        'url = "https://x.example/path"',
        5,
        ["central.url", "scheme, host and port only"],
    ),
    (
        '[[lane]]\ncode = "east-in"',
        '[face]\nbackend = "dlib"\n\n[[lane]]\nface_alone = "refer"\ncode = "east-in"',
        11,
        ["lane.1.face_alone", "SFace 4.2 %"],
    ),
    ('code = "east-in"', 'code = "East In"', 8, ["lane.1.code", "a-z, 0-9 and - only", "'East In'"]),
    ('code = "east-out"', 'code = "east-in"', 16, ["lane.2.code", "is used 2 times; each lane needs its own"]),
    ('direction = "in"', 'direction = "up"', 10, ["lane.1.direction", "'in' or 'out'", "'up'"]),
    ('fail = "secure"', 'fail = "maybe"', 11, ["lane.1.fail", "'maybe'"]),
    ('fail = "secure"\n', "", 7, ["lane.1.fail", "is missing"]),
    ('fail = "safe"', 'fail = "secure"', 19, ["lane.2.fail", "escape route", 'fail = "safe"']),
    (RELAY_1, 'relay = "relay:one"', 12, ["lane.1.relay", "unknown device scheme", "modbus+serial"]),
    (RELAY_1, RELAY_1.replace("waveshare-8", "hal-9000"), 12, ["lane.1.relay", "waveshare-8|lctech-8"]),
    (RELAY_1, RELAY_1.replace("waveshare-8", "plain-8"), 12, ["plain-8 cannot end a pulse", "waveshare-8 or lctech-8"]),
    (RELAY_1, f"{LCUS}\n{INPUTS}", 12, ["LCUS cannot end a pulse by itself", "waveshare-8", 'where fail = "safe"']),
    (RELAY_1, f"{PINS}", 12, ["GPIO cannot end a pulse by itself", "waveshare-8", 'where fail = "safe"']),
    (RELAY_2, LCUS, 21, ["lane.2.relay", "LCUS has no inputs", "name the board of the contacts"]),
    (RELAY_2, RELAY_2.replace("plain-8", "inputs-8"), 21, ["lane.2.relay", "no output that could release a lock"]),
    (RELAY_2, f"{RELAY_2}\n{LCUS.replace('relay', 'inputs')}", 22, ["lane.2.inputs", "LCUS has no inputs"]),
    (RELAY_2, f"{RELAY_2}\ninputs = {SCANNER_1!r}", 22, ["lane.2.inputs", "must be a relay board"]),
    (RELAY_2, f"{LCUS}\n{INPUTS.replace('USB9', 'USB8')}", 22, ["lane.2.inputs", "ttyUSB8", "leave inputs out"]),
    (RELAY_2, f"{LCUS}\n{INPUTS.replace('USB9', 'USB0')}", 22, ["lane.2.inputs", "ttyUSB0", "its own inputs"]),
    (RELAY_2, PINS.replace("outputs=17", "outputs=5"), 21, ["lane.2.relay", "pin 5 is an output and an input"]),
    (RELAY_2, PINS.replace("outputs=17&", ""), 21, ["lane.2.relay", "GPIO has no output"]),
    (RELAY_2, PINS.replace("gpiochip0", "chip"), 21, ["lane.2.relay", "as in gpio://gpiochip0"]),
    (RELAY_1, RELAY_1.replace("USB0", "USB2"), 21, ["lane.2.relay", "/dev/ttyUSB2", "its own relay"]),
    (RELAY_1, 'relay = "scanner+serial:///dev/ttyUSB0"', 12, ["relay must be a relay board", "lcus+serial, gpio"]),
    (SCANNER, 'scanner = "rtsp://x.example/1"', 13, ["scanner must be a code scanner"]),
    (SCANNER, 'camera = "scanner+serial:///dev/ttyUSB1"', 13, ["camera must be a camera"]),
    (SCANNER, "scanner = 7", 13, ["lane.1.scanner", "must be text"]),
    (f"{SCANNER}\n", "", 7, ["lane.1", "a camera, a scanner or a reader"]),
    (SCANNER, f'{SCANNER}\nreader = "scanner+serial:///dev/ttyUSB9"', 14, ["lane.1.reader", "osdp+serial"]),
    (
        SCANNER,
        f'{SCANNER}\nreader = "osdp+serial:///dev/ttyUSB9?card=uid"',
        14,
        ["lane.1.reader", "'key_file' is missing"],
    ),
    (SCANNER, f'{SCANNER}\nreader = "reader+hid:///dev/input/event3?line=uid"', 14, ["lane.1.reader", "by-id"]),
    (SCANNER, f'{SCANNER}\nreader = "wiegand+serial:///dev/ttyUSB1?line=hex"', 14, ["lane.1.reader", "one opener"]),
    (SCANNER, f"{SCANNER}\nrelease_s = 0.5", 14, ["lane.1.release_s", "from 1 to 60"]),
    (SCANNER, f"{SCANNER}\nrelease_s = 61", 14, ["lane.1.release_s", "from 1 to 60"]),
    (SCANNER, f"{SCANNER}\nheld_open_s = 4", 14, ["lane.1.held_open_s", "from 5 to 600"]),
    (SCANNER, f"{SCANNER}\nwrong_max = 6", 14, ["lane.1.wrong_max", "from 3 to 5"]),
    (SCANNER, f"{SCANNER}\nwrong_max = 2", 14, ["lane.1.wrong_max", "from 3 to 5"]),
    (SCANNER, f"{SCANNER}\npin_lock_s = 59", 14, ["lane.1.pin_lock_s", "from 60 to 3600"]),
    (SCANNER, f"{SCANNER}\npin_lock_s = 3601", 14, ["lane.1.pin_lock_s", "from 60 to 3600"]),
    (SCANNER, f"{SCANNER}\nsecond_factor_s = 31", 14, ["lane.1.second_factor_s", "from 2 to 30"]),
    (SCANNER, f'{SCANNER}\nface_alone = "maybe"', 14, ["lane.1.face_alone", "'off', 'refer' or 'open'"]),
    (SCANNER, f'{SCANNER}\nface_alone = "open"', 14, ["lane.1.face_alone", '"challenge", "nir" or "model"', '"refer"']),
    (SCANNER, f'{SCANNER}\nliveness = "challenge"', 14, ["lane.1.liveness", "needs a camera"]),
    (SCANNER, f'{SCANNER}\nliveness = "wink"', 14, ["lane.1.liveness", "'challenge', 'nir' or 'model'"]),
    (CAMERA, f'{CAMERA}\nliveness = "nir"', 23, ["lane.2.liveness", "camera_nir", "both or not at all"]),
    (CAMERA, f'{CAMERA}\ncamera_nir = "rtsp://camera.example/ir"', 23, ["lane.2.camera_nir", "both or not at all"]),
    (CAMERA, f'{CAMERA}\nliveness = "nir"\ncamera_nir = "{SCANNER_1}"', 24, ["lane.2.camera_nir", "must be a camera"]),
    (
        CAMERA,
        f'{CAMERA}\nliveness = "nir"\ncamera_nir = {CAMERA.partition("= ")[2]}',
        24,
        ["lane.2.camera_nir", "the first camera again", "near-infrared takes another one"],
    ),
    (CAMERA, f'{CAMERA}\nliveness = "model"', 23, ["lane.2.liveness", "[lane.liveness_model]", "both or not at all"]),
    (CAMERA, f"{CAMERA}\n{MODEL}", 23, ["lane.2.liveness_model", "both or not at all"]),
    (CAMERA, f'{CAMERA}\nliveness = "model"\n{MODEL}'.replace("00", "zz"), 26, ["sha256", "64 hexadecimal digits"]),
    (
        CAMERA,
        f'{CAMERA}\nliveness = "model"\n{MODEL}\n  heat = 1',
        28,
        ["heat", "no such key; known here: file, sha256"],
    ),
    (SCANNER, f"{SCANNER}\nrelase_s = 5", 14, ["lane.1.relase_s", "there is no such key", "release_s"]),
    (SCANNER, f"{SCANNER}\ncontacts = {{ lock = 9 }}", 14, ["lane.1.contacts.lock", "outputs 1 to 8, not 9"]),
    ("  exit = 0", "  exit = 9", 24, ["lane.2.contacts.exit", "inputs 1 to 8, not 9"]),
    ("  exit = 0", "  exit = 1", 24, ["lane.2.contacts.exit", "input 1 is wired to door already"]),
    ("  exit = 0", "  exit = 0\n  ebike = 1", 25, ["lane.2.contacts.ebike", "input 1 is wired to door already"]),
    ("  exit = 0", "  exit = 0\n  fire_lane = 9", 25, ["lane.2.contacts.fire_lane", "inputs 1 to 8, not 9"]),
    (SCANNER, f'{SCANNER}\nebikes = "count"', 14, ["lane.1.ebikes", "write the detector's input as ebike"]),
    (SCANNER, f"{SCANNER}\nebike_stuck_s = 300", 14, ["lane.1.ebike_stuck_s", "write the detector's input as ebike"]),
    (SCANNER, f"{SCANNER}\nebike_stuck_s = 5", 14, ["lane.1.ebike_stuck_s", "60"]),
    (SCANNER, f"{SCANNER}\nfire_lane_s = 60", 14, ["lane.1.fire_lane_s", "write the detector's input as fire_lane"]),
    (SCANNER, f"{SCANNER}\nfire_lane_s = 5", 14, ["lane.1.fire_lane_s", "30"]),
    ("  exit = 0", "  exit = -1", 24, ["lane.2.contacts.exit", "from 0 to 32"]),
    ("  exit = 0", "  light = 4", 24, ["lane.2.contacts.light", "known here: lock, door, exit, fire"]),
    ("  exit = 0", "  exit = 0\n  tamper = 3", 25, ["lane.2.contacts.tamper", "input 3 is wired to fire already"]),
    ("  exit = 0", "  exit = 0\n  passed = 4", 25, ["lane.2.contacts.passed", "passed = INPUT and door = 0"]),
    ("  exit = 0", "  exit = 0\n  door = 0", 25, ["lane.2.contacts.door", "not both and not neither"]),
    ("  exit = 0", "  exit = 0\n  timeout = 4", 25, ["lane.2.contacts.timeout", "says nothing here without passed"]),
    (
        "  exit = 0",
        f'  exit = 0{INTERLOCK}"west"]',
        26,
        ["interlock.1.lanes", '"west"', "known lanes: east-in, east-out"],
    ),
    ("  exit = 0", f'  exit = 0{INTERLOCK}"east-in"]', 26, ["interlock.1.lanes", '"east-in" twice']),
    ("  exit = 0", f'  exit = 0{INTERLOCK}"east-out"]', 26, ["interlock.1.lanes", '"east-out" is an escape route']),
    ("  exit = 0", '  exit = 0\n[[interlock]]\nlanes = ["east-in"]', 26, ["interlock.1.lanes", "at least 2"]),
    ("[node]\n", "colour = 1\n[node]\n", 1, ["colour", "known here: node, central, console, face, lane, interlock"]),
    ('name = "东门"', 'name = "东门', 2, ["words in a pair of double quotes", "line 2"]),
    # a slip of the finger, and what was meant
    (
        SCANNER,
        f"{SCANNER}\nRelease_s = 5",
        14,
        ["lane.1.Release_s", "（是不是 release_s？）", "(did you mean release_s?)"],
    ),
    (SCANNER, SCANNER.replace("scanner =", "scaner ="), 13, ["lane.1.scaner", "did you mean scanner?"]),
    ("[central]", "[centrel]", 4, ["centrel", "did you mean central?"]),
    ("  exit = 0", "  exti = 0", 24, ["lane.2.contacts.exti", "did you mean exit?"]),
    ('direction = "in"', 'direction = "inn"', 10, ["lane.1.direction", "did you mean in?"]),
    (RELAY_1, RELAY_1.replace("modbus", "modbuss"), 12, ["lane.1.relay", "did you mean modbus+serial?"]),
    (RELAY_1, RELAY_1.replace("profile", "profil"), 12, ["lane.1.relay", "did you mean profile?"]),
    (RELAY_1, RELAY_1.replace("waveshare-8", "waveshare8"), 12, ["lane.1.relay", "did you mean waveshare-8?"]),
    # one serial device for two kinds: both lines are told
    (
        SCANNER,
        SCANNER.replace("USB1", "USB0"),
        13,
        ["lane.1.scanner", "一条线只接一种设备", "（第 12 行 line 12: lane.1.relay）"],
    ),
    (
        SCANNER,
        SCANNER.replace("USB1", "USB2"),
        21,
        ["lane.2.relay", "a code scanner already", "line 13: lane.1.scanner"],
    ),
    (
        SCANNER,
        f'{SCANNER}\nreader = "wiegand+serial:///dev/ttyUSB0?line=hex"',
        14,
        ["lane.1.reader", "a relay board already", "line 12: lane.1.relay"],
    ),
    # what may be written, in both languages, for that very key
    (
        CAMERA,
        'camera = "0"',
        22,
        ["可写：camera+folder, camera+file, camera+v4l2, rtsp, rtsps / ", "(none)", "allowed: camera+folder"],
    ),
    (
        SCANNER,
        'scanner = "usb://1"',
        13,
        ["可写：scanner+serial, scanner+hid / ", "allowed: scanner+serial, scanner+hid"],
    ),
    (
        RELAY_1,
        'relay = "modbus:///dev/ttyUSB0?profile=waveshare-8"',
        12,
        ["是不是 modbus+serial？", "mean modbus+serial?"],
    ),
    (RELAY_1, 'relay = "modbus://192.168.1.5?profile=waveshare-8"', 12, ["是不是 modbus+tcp？", "mean modbus+tcp?"]),
    (RELAY_1, RELAY_1.replace("?profile=waveshare-8", ""), 12, ["缺少参数 'profile'，可写：profile=waveshare-8|"]),
    (RELAY_1, f'{RELAY_1[:-1]}&unit=0"', 12, ["可写：unit=1 到 255 / ", "allowed: unit=1 to 255"]),
    (
        RELAY_1,
        RELAY_1.replace("/dev/ttyUSB0", ""),
        12,
        ["要写完整路径，例如 modbus+serial:///dev/ttyUSB0?profile=", "needs an absolute path"],
    ),
    # numbers in quotes
    (SCANNER, f'{SCANNER}\nrelease_s = "5"', 14, ["lane.1.release_s", "是数字，不加引号", "without quotes", "'5'"]),
    (SCANNER, f"{SCANNER}\nrelease_s = true", 14, ["lane.1.release_s", "must be a number"]),
    ("  exit = 0", '  exit = "2"', 24, ["lane.2.contacts.exit", "是整数，不加引号", "without quotes"]),
    (SCANNER, f'{SCANNER}\nescape_route = "false"', 14, ["lane.1.escape_route", "true or false, without quotes"]),
    ("[central]\n", '[intercoms]\nport = "8091"\n[central]\n', 5, ["intercoms.port", "without quotes"]),
    # a Chinese keyboard
    ('name = "东门"', "name = “东门”", 2, ["全角符号 “”", '请用半角 "', 'use plain "']),
    ('name = "东门"', 'name ： "东门：“正门”"', 2, ["全角符号 ：，请用半角 =", "use plain ="]),
    # ports
    (RELAY_1, f'relay = "{TCP}:65536?profile=waveshare-8"', 12, ["lane.1.relay", "端口是 1 到 65535", PORT]),
    (RELAY_1, f'relay = "{TCP}:0?profile=waveshare-8"', 12, ["lane.1.relay", PORT]),
    (RELAY_1, f'relay = "{TCP}:x?profile=waveshare-8"', 12, ["lane.1.relay", PORT]),
    (CAMERA, CAMERA.replace("example/", "example:70000/"), 22, ["lane.2.camera", PORT]),
    ("[central]\n", "[console]\nport = 65536\n[central]\n", 5, ["console.port", "端口是 1 到 65535", PORT]),
    ("[central]\n", "[intercoms]\nport = 0\n[central]\n", 5, ["intercoms.port", PORT]),
    ("[central]\n", '[intercoms]\nlisten = "here"\n[central]\n', 5, ["intercoms.listen", "must be an IP address"]),
    # another kind of value than is meant
    (SCANNER, f'{SCANNER}\nrelease_s = "five"', 14, ["lane.1.release_s", "must be a number, without quotes", "'five'"]),
    (SCANNER, f"{SCANNER}\nrelease_s = [5]", 14, ["lane.1.release_s", "must be a number"]),
    (SCANNER, f"{SCANNER}\nrelease_s = nan", 14, ["lane.1.release_s", "from 1 to 60"]),
    (SCANNER, f'{SCANNER}\nescape_route = "maybe"', 14, ["lane.1.escape_route", "true or false"]),
    (SCANNER, f"{SCANNER}\nescape_route = 1979-05-27", 14, ["lane.1.escape_route", "true or false"]),
    ("  exit = 0", "  exit = 1.5", 24, ["lane.2.contacts.exit", "without a fraction"]),
    ("  exit = 0", '  exit = "one"', 24, ["lane.2.contacts.exit", "must be a whole number"]),
    ("  exit = 0", "  exit = []", 24, ["lane.2.contacts.exit", "must be a whole number"]),
    (SCANNER, f"{SCANNER}\ncontacts = 3", 14, ["lane.1.contacts", "must be a table"]),
    (SCANNER, f"{SCANNER}\nlift.restrict = 8\nlift.floors = 3", 15, ["lane.1.lift.floors", "must be a table, as in"]),
    (SCANNER, f'{SCANNER}\nlift = {{ restrict = 8, floors = {{ "1" = 99 }} }}', 14, ["lane.1.lift.floors", "1 to 32"]),
    (
        SCANNER,
        f"{SCANNER}\nlift = {{ restrict = 8, floors = {{ }} }}",
        14,
        ["lane.1.lift.floors", "at least 1 of them"],
    ),
    (CAMERA, f"{CAMERA}\n{MODEL.replace('0.9', '1')}", 26, ["threshold", "from 0 to 1, both ends excluded"]),
    (CAMERA, CAMERA + "\n" + MODEL.replace('"live.onnx"', "7"), 24, ["liveness_model.file", "a file's path"]),
    ('name = "东门 进"', f'name = "{"门" * 61}"', 9, ["lane.1.name", "at most 60 signs"]),
    ("[node]\n", 'lane = "east"\n[nod]\n', 8, ["cannot be understood"]),
    ("[node]\n", "[[node]]\n", 1, ["node", "must be a table: [name]"]),
    ("  exit = 0", "  exit = 0\ninterlock = 3", 25, ["lane.2.contacts.interlock", "no such key"]),
    ("[node]\n", "interlock = 3\n[node]\n", 1, ["interlock", "is a list: a table as [[name]]"]),
    ('name = "东门"\n', 'name = "东门"\nname = "西门"\n', 3, ["name is written twice", "line 2"]),
]


@pytest.mark.req("ACC-07", "ACC-10")
@pytest.mark.parametrize(
    "liveness", ['"challenge"', '"nir"\ncamera_nir = "rtsp://camera.example/ir"', f'"model"\n{MODEL}']
)
def test_a_face_may_open_where_liveness_is_shown_and_a_pass_is_read_there_too(tmp_path: Path, liveness: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(GOOD.replace(CAMERA, f'{CAMERA}\nface_alone = "open"\nliveness = {liveness}'), encoding="utf-8")
    lane = read_site(path).lane[1]
    assert lane.face_alone == "open" and lane.camera is not None, "the camera reads passes as well"
    assert read_site(path).lane[0].liveness == "none"


@pytest.mark.parametrize("boards", [f"{LCUS}\n{INPUTS}", PINS, f"{LCUS}\n{PINS.replace('relay', 'inputs')}"])
def test_a_door_that_fails_safe_may_hang_on_boards_that_cannot_time_a_pulse(tmp_path: Path, boards: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(GOOD.replace(RELAY_2, boards), encoding="utf-8")
    assert read_site(path).lane[1].fail == "safe"


def test_a_door_that_fails_secure_may_hang_on_any_board_that_times_its_pulse(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    for relay in ("modbus+tcp://192.168.1.5?profile=lctech-8", "modbus+serial:///dev/ttyS1?profile=lctech-8"):
        path.write_text(GOOD.replace(RELAY_1, f'relay = "{relay}"'), encoding="utf-8")
        assert read_site(path).lane[0].relay == relay


def test_lanes_may_share_a_chip_but_no_pin_of_it(tmp_path: Path, problems: object) -> None:
    path = tmp_path / "site.toml"
    good = GOOD.replace('fail = "secure"', 'fail = "safe"').replace(RELAY_1, PINS)
    other = 'relay = "gpio://gpiochip0?outputs=4&inputs=22,23,24"'
    path.write_text(good.replace(RELAY_2, other), encoding="utf-8")
    assert len(read_site(path).lane) == 2
    (told,) = problems(good.replace(RELAY_2, other.replace("23", "6")))
    assert told.startswith("site.toml:21: lane.2.relay: ") and "gpiochip0 pin 6 is named by several lanes" in told


@pytest.mark.req("ACC-23", "LANE-18")
@pytest.mark.parametrize(("good", "bad", "line", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_each_rule_is_told_with_its_line_and_what_is_allowed(
    problems: object, good: str, bad: str, line: int, words: list[str]
) -> None:
    assert GOOD.count(good) == 1
    told = problems(GOOD.replace(good, bad))
    hits = [one for one in told if all(word in one for word in words)]
    assert len(hits) == 1, told
    assert hits[0].startswith(f"site.toml:{line}: ")


def test_a_table_that_is_missing_is_shown_as_it_is_written(problems: object) -> None:
    (told,) = problems('[node]\nname = "东门"\n')
    assert "写作 [[lane]]" in told and "a table that begins with [[lane]]" in told
    (told,) = problems(GOOD.replace('[node]\nname = "东门"\n', ""))
    assert "写作 [node]" in told and "begins with [node]" in told


def test_a_cable_of_the_tests_is_offered_to_nobody(problems: object) -> None:
    for good, key in ((RELAY_1, "relay"), (SCANNER, "scanner"), (CAMERA, "camera"), (SCANNER, "reader")):
        told = "\n".join(problems(GOOD.replace(good, f'{key} = "nothing://here"')))
        assert "可写：" in told and "memory" not in told


def test_several_mistakes_are_told_at_once(problems: object) -> None:
    told = problems(GOOD.replace('direction = "in"', 'direction = "up"').replace("exit = 0", "exit = 99"))
    assert [one.split(": ")[0] for one in told] == ["site.toml:10", "site.toml:24"]


SECRET = "rtsp://gate:Ses@me/1?x=Ses@me@camera.example/live"
LEAKS = [
    ('camera = "rtsp://gate:sesame@camera.example/live"', f'camra = "{SECRET}"'),
    ('camera = "rtsp://gate:sesame@camera.example/live"', f'relay_2 = "{SECRET}"\ncamera = 7'),
    ('camera = "rtsp://gate:sesame@camera.example/live"', 'camera = "rtps://gate:Ses@me@camera.example/live"'),
    ('camera = "rtsp://gate:sesame@camera.example/live"', 'camera = "rtsp:/gate:Ses@me@camera.example/live"'),
    ('camera = "rtsp://gate:sesame@camera.example/live"', 'camera = "rtsp://gate:Ses@me@ camera.example"'),
    ('camera = "rtsp://gate:sesame@camera.example/live"', 'camera = "rtsp://gate:Ses@me@camera.example:99999/"'),
    ('scanner = "scanner+serial:///dev/ttyUSB1"', f'scanner = "{SECRET}"'),
    ('relay = "modbus+serial:///dev/ttyUSB2?profile=plain-8"', f'relay = "{SECRET}"'),
    ('name = "东门"', f'name = "{SECRET * 3}"'),
    ('url = "https://central.example"', 'url = "https://gate:Ses@me@central.example"'),
    ('url = "https://central.example"', 'url = "gate:Ses@me"'),
    ('direction = "out"', f'direction = "{SECRET}"'),
    ("  exit = 0", f'  exit = "{SECRET}"'),
]


@pytest.mark.parametrize(("good", "bad"), LEAKS)
def test_no_mistake_shows_a_password(problems: object, good: str, bad: str) -> None:
    assert GOOD.count(good) == 1
    told = "\n".join(problems(GOOD.replace(good, bad)))
    assert "Ses" not in told and "sesame" not in told


def test_a_device_that_is_missing_is_told_with_a_line_that_may_be_written(problems: object) -> None:
    told = problems(GOOD.replace(RELAY_1, ""))
    assert any('lane.1.relay: 缺少这一项，例如 relay = "modbus+serial:///dev/ttyUSB0?profile=' in one for one in told)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"没有这个文件；.*there is no such file; --site"):
        read_site(tmp_path / "none.toml")
    with pytest.raises(SiteError, match=r"是文件夹或设备.* / is a folder or a device"):
        read_site(Path("/dev/zero"))
    with pytest.raises(SiteError, match=r"是文件夹或设备.* / is a folder or a device"):
        read_site(tmp_path)
    (tmp_path / "site.toml").write_bytes(b"#" * (SITE_BYTES_MAX + 1))
    with pytest.raises(SiteError, match=r"超过 1000 kB.* / has more than 1000 kB"):
        read_site(tmp_path / "site.toml")
    (tmp_path / "site.toml").write_bytes(b'[node]\nname = "\xff"\n')
    with pytest.raises(SiteError, match=r"site.toml:2: .*is not UTF-8 text \(byte 15\)"):
        read_site(tmp_path / "site.toml")


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        ((), 1), (("node", "name"), 2), (("node", "age"), 1), (("central", "url"), 5), (("lane", 0), 7),
        (("lane", 1), 15), (("lane", 1, "relay"), 21), (("lane", 1, "scanner"), 15),
        (("lane", 1, "contacts", "exit"), 24), (("lane", 1, "contacts", "fire"), 23), (("nowhere",), 1),
    ],
)  # fmt: skip
def test_a_place_has_its_line(loc: tuple[str | int, ...], line: int) -> None:
    assert line_of(GOOD, loc) == line


def test_a_lane_may_have_a_reader_alone(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    reader = 'reader = "osdp+serial:///dev/ttyUSB1?card=proved&key_file=/etc/menting/osdp.key"'
    path.write_text(GOOD.replace('scanner = "scanner+serial:///dev/ttyUSB1"', reader), encoding="utf-8")
    lane = read_site(path).lane[0]
    assert lane.scanner is None
    assert lane.reader is not None
    assert lane.reader.startswith("osdp+serial://")


def test_a_name_that_cannot_be_shown_is_refused_in_both_languages(problems: object) -> None:
    for name in ("东门", "东门 进"):
        (told,) = problems(GOOD.replace(f'"{name}"', '"a\\u001b[2Jb"'))
        assert BOTH.search(told) and "显示不了" in told and "control character" in told


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [("x = " + "9" * 5000, "有一个数太长", "digits"), ("x = " + "[" * 3000, "括号套得太深", "brackets")],
)
def test_toml_that_cannot_be_taken_is_refused_in_words(tmp_path: Path, content: str, zh: str, en: str) -> None:
    (tmp_path / "site.toml").write_text(content)
    with pytest.raises(SiteError) as refused:
        read_site(tmp_path / "site.toml")
    (said,) = refused.value.problems
    assert zh in said and en in said and len(said) < 300


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u2066", "\u2028", "\ufeff"])
def test_a_name_with_a_sign_that_is_not_seen_is_refused(problems: object, sign: str) -> None:
    (said,) = problems(GOOD.replace("东门 进", f"东门{sign}进"))
    assert f"U+{ord(sign):04X}" in said and "看不见" in said and "not seen" in said and sign not in said
