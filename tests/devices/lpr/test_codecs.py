"""What cameras push, taken apart: bodies as their makers describe them, and bodies that nobody should send."""

import base64
import json
import re
from datetime import UTC, datetime
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.lpr.families import FAMILIES
from devices.lpr.hikvision import XML_MAX
from devices.lpr.records import NOTHING, PICTURE_MAX, Heartbeat, Other, Reply, Unreadable
from devices.ports import PlateRecord
from devices.sim.plate_camera import COLOURS, NO_PICTURE, PlateCameraSim
from edge.decide.plates import seen_in_push
from models.values.plate import PlateColour, kind_of

NOW = datetime(2026, 11, 29, 8, 30, 5, tzinfo=UTC)
families = pytest.mark.parametrize("name", FAMILIES)


def parsed(name: str, text: str, colour: str = "blue", stored: bool = False) -> PlateRecord:
    sim = PlateCameraSim(name, 0, "unused")
    found = FAMILIES[name].parse(*sim.body(sim.see(text, colour, NOW), stored))
    assert isinstance(found, PlateRecord)
    return found


@families
@pytest.mark.req("LANE-01", "LANE-06")
def test_a_record_says_plate_colour_time_and_shows_its_own_picture(name: str) -> None:
    found = parsed(name, "京A·12345")
    assert found.text == "京A12345" and kind_of(found.text) is not None
    assert found.colour is PlateColour.BLUE and found.score == 0.96 and found.serial == "SIM-0001"
    assert found.taken_at is not None and found.taken_at.replace(microsecond=0) == NOW
    assert found.picture == NO_PICTURE and not found.stored and not found.opened
    assert "jpeg" not in repr(found) and "\\xff" not in repr(found), "no picture in a log"


@families
@pytest.mark.req("LANE-10")
def test_every_colour_of_the_family_is_mapped_and_a_strange_one_is_kept_as_it_is(name: str) -> None:
    for colour in COLOURS[name]:
        assert parsed(name, "京AD12345", colour).colour is PlateColour(colour)
    sim = PlateCameraSim(name, 0, "unused")
    kind, body = sim.body(sim.see("京A12345", "blue", NOW), stored=False)
    strange = {
        "vzenith": (b'"colorType": 1', b'"colorType": 77', "77"),
        "huaxia": (urlencode({"plate_color": "蓝色"}).encode(), b"plate_color=plaid", "plaid"),
        "hikvision": (b"<plateColor>blue<", b"<plateColor>golden<", "golden"),
    }[name]
    found = FAMILIES[name].parse(kind, body.replace(strange[0], strange[1]))
    assert isinstance(found, PlateRecord)
    assert (found.colour, found.colour_code) == (PlateColour.UNKNOWN, strange[2])


@families
def test_a_car_without_a_plate_is_a_record_without_a_text(name: str) -> None:
    assert parsed(name, "").text == ""


@families
@pytest.mark.req("LANE-09")
def test_a_stored_record_is_told_apart_and_its_reply_never_opens(name: str) -> None:
    live, stored = parsed(name, "京A12345"), parsed(name, "京A12345", stored=True)
    assert stored.stored and not live.stored
    family = FAMILIES[name]
    assert family.reply(stored, Reply(opens=True)) == family.reply(stored, NOTHING)
    assert b'"ok"' not in family.reply(stored, Reply(opens=True)) and b"gpio" not in family.reply(stored, Reply(True))
    if family.replies:
        assert family.reply(live, Reply(opens=True)) != family.reply(live, NOTHING)


def test_the_next_stored_record_is_asked_for_by_the_number_of_this_one() -> None:
    said = json.loads(FAMILIES["vzenith"].reply(parsed("vzenith", "京A12345", stored=True), NOTHING))
    assert said["Response_AlarmInfoPlate"] == {"info": "no", "ContinuePushOffline": {"plateid": 1, "continue": 1}}


def test_bytes_for_the_lane_board_go_with_the_reply() -> None:
    said = json.loads(FAMILIES["vzenith"].reply(parsed("vzenith", "京A12345"), Reply(board=b"\x00\x64\xff")))
    (one,) = said["Response_AlarmInfoPlate"]["serialData"]
    assert base64.b64decode(one["data"]) == b"\x00\x64\xff" and one["dataLen"] == 3


@pytest.mark.req("LANE-08")
def test_a_heartbeat_s_password_is_kept_nowhere() -> None:
    said = urlencode({"serialno": "SIM-0001", "pass_wd": "hunter2", "Password": "hunter2"}).encode()
    found = FAMILIES["vzenith"].parse("application/x-www-form-urlencoded", said)
    assert found == Heartbeat("SIM-0001") and "hunter2" not in repr(found)


def test_what_the_camera_opened_by_itself_is_seen() -> None:
    plate = {"license": "京A12345", "plateid": 4, "gioouts": [{"ionum": 0, "ctrltype": 2}]}
    body = json.dumps({"AlarmInfoPlate": {"serialno": "S", "result": {"PlateResult": plate}}}).encode()
    found = FAMILIES["vzenith"].parse("application/json", body)
    assert isinstance(found, PlateRecord) and found.opened and found.taken_at is None and found.score is None


@pytest.mark.parametrize("flag", [1, "1", True, "yes", 7, [1]])
def test_an_odd_offline_flag_counts_as_set(flag: object) -> None:
    plate = {"license": "京A12345", "plateid": 4, "isoffline": flag}
    body = json.dumps({"AlarmInfoPlate": {"serialno": "S", "result": {"PlateResult": plate}}}).encode()
    found = FAMILIES["vzenith"].parse("application/json", body)
    assert isinstance(found, PlateRecord) and found.stored


@pytest.mark.req("LANE-06")
@pytest.mark.parametrize(("kind", "text", "fake"), [(29, "京A12345", True), ("29", "京A12345", True), (31, "", False)])
def test_a_plate_that_the_camera_calls_a_fake_or_none_by_its_kind_is_no_sure_plate(
    kind: object, text: str, fake: bool
) -> None:
    plate = {"license": "京A12345", "plateid": 4, "type": kind, "confidence": 99}
    body = json.dumps({"AlarmInfoPlate": {"serialno": "S", "result": {"PlateResult": plate}}}).encode()
    found = FAMILIES["vzenith"].parse("application/json", body)
    assert isinstance(found, PlateRecord)
    assert (found.text, found.fake, found.kind_code) == (text, fake, str(kind))
    assert not seen_in_push(found).vehicle.sure


def test_a_picture_is_restored_from_every_letter_that_huaxia_writes_otherwise() -> None:
    sim = PlateCameraSim("huaxia", 0, "unused")
    sim.picture = b"\xff\xd8\xff" + b"\xfb\xef\xbe\xff\xff\xff\x00"
    coded = base64.b64encode(sim.picture)
    assert all(letter in coded for letter in b"+/=")
    kind, body = sim.body(sim.see("京A12345", "blue", NOW), stored=False)
    assert not any(letter in body.split(b"picture=")[1] for letter in b"+/=%")
    found = FAMILIES["huaxia"].parse(kind, body)
    assert isinstance(found, PlateRecord) and found.picture == sim.picture


@pytest.mark.req("LANE-08")
def test_each_part_of_hikvisions_push_has_a_cap_of_its_own() -> None:
    sim = PlateCameraSim("hikvision", 0, "unused")
    kind, body = sim.body(sim.see("京A12345", "blue", NOW), stored=False)
    long_picture = body.replace(NO_PICTURE, NO_PICTURE + b"x" * PICTURE_MAX)
    found = FAMILIES["hikvision"].parse(kind, long_picture)
    assert isinstance(found, PlateRecord) and found.text == "京A12345" and found.picture == b""
    long_event = body.replace(b"<eventType>", b" " * XML_MAX + b"<eventType>")
    assert isinstance(FAMILIES["hikvision"].parse(kind, long_event), Unreadable)


@pytest.mark.req("INT-08")
def test_huaxia_is_answered_with_numbers_as_text_and_is_told_to_open_for_a_live_record_alone() -> None:
    family, fine = FAMILIES["huaxia"], {"error_num": "0", "error_str": "no error"}
    live, stored = parsed("huaxia", "京A12345"), parsed("huaxia", "京A12345", stored=True)
    opens = {**fine, "gpio_data": [{"ionum": "io1", "action": "on"}]}
    assert json.loads(family.reply(live, Reply(opens=True))) == opens
    assert json.loads(family.reply(live, NOTHING)) == fine == json.loads(family.reply(stored, Reply(opens=True)))


def test_another_push_of_the_family_is_told_by_its_name() -> None:
    found = FAMILIES["vzenith"].parse("application/json", b'{"AlarmGioIn": {"serialno": "S"}}')
    assert found == Other("S", "AlarmGioIn")


def test_chinese_words_are_read_in_either_of_the_two_alphabets() -> None:
    body = "type=online&cam_id=S&start_time=1&plate_num=京A12345&plate_color=蓝色"
    for coded in (body.encode("gb18030"), urlencode(dict(pair.split("=") for pair in body.split("&"))).encode()):
        found = FAMILIES["huaxia"].parse("application/x-www-form-urlencoded", coded)
        assert isinstance(found, PlateRecord) and (found.text, found.colour) == ("京A12345", PlateColour.BLUE)


BOMB = (
    b'<!DOCTYPE b [<!ENTITY a "boom"><!ENTITY c "&a;&a;&a;&a;">]><EventNotificationAlert>&c;</EventNotificationAlert>'
)
NONSENSE = (
    b"", b"\x00" * 100, b"[" * 200_000, b"{}", b"[]", b'{"AlarmInfoPlate": []}', b'{"AlarmInfoPlate": {"result": 3}}',
    b'{"AlarmInfoPlate": {"result": {"PlateResult": {}}}}', b"9" * 10_000, BOMB, b"<a/>", b"\xff\xfe<", b"&" * 5000,
    b"--b\r\n" * 300_000,
)  # fmt: skip
KINDS = (
    "application/json",
    "application/xml",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded",
    "",
)


@families
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.req("LANE-08")
def test_nonsense_is_no_push_and_breaks_nothing(name: str, kind: str) -> None:
    for body in NONSENSE:
        assert isinstance(FAMILIES[name].parse(kind, body), Unreadable), body[:40]


def part(head: str, value: bytes = b"S", more: bytes = b"") -> bytes:
    return b"--b\r\n" + head.encode() + b"\r\n\r\n" + value + b"\r\n" + more + b"--b--\r\n"


SERIAL = 'Content-Disposition: form-data; name="serialno"'


@pytest.mark.parametrize("kind", ['multipart/form-data; charset=utf-8; boundary="b"', "Multipart/Form-Data;BOUNDARY=b"])
@pytest.mark.parametrize(
    "body",
    [
        part(SERIAL),
        part(SERIAL).replace(b"\r\n", b"\n"),
        b"before\r\n" + part(SERIAL) + b"after",
        part('content-type: text/plain\r\nCONTENT-DISPOSITION: form-data;\r\n\tfilename="; name=x"; name=serialno'),
        part('Content-Disposition: form-data; name="other"', b"--bound", part(SERIAL)),
        part(SERIAL).removesuffix(b"\r\n--b--\r\n"),
    ],
)
def test_a_part_is_found_however_its_head_and_borders_are_written(kind: str, body: bytes) -> None:
    assert FAMILIES["vzenith"].parse(kind, body) == Heartbeat("S")


@pytest.mark.parametrize(
    "head",
    [
        f'{SERIAL}; filename="{"=?utf-8?q?a?= " * 100}"',
        f"{SERIAL}\r\nContent-Type: text/plain{';a=' * 400}",
        "\r\n".join([SERIAL, *["a: b"] * 1000]),
        SERIAL + "; a=b;\r\n " * 500,
    ],
)
@pytest.mark.req("LANE-08")
def test_a_head_longer_than_a_camera_s_is_unreadable_with_all_that_came_with_it(head: str) -> None:
    for body in (part(head), part(SERIAL, more=part(head)), part(SERIAL, more=b"--b\r\n" + head.encode() * 4)):
        found = FAMILIES["vzenith"].parse("multipart/form-data; boundary=b", body)
        assert found == Unreadable("a form without serialno")
    assert FAMILIES["vzenith"].parse(f"multipart/form-data; boundary=b{';a=' * 400}", part(SERIAL)) == found


@families
@pytest.mark.parametrize("head", ["Content-Disposition: " + "(" * 1000, "Content-Type: " + "(" * 1000, "(" * 4000])
@pytest.mark.req("LANE-08")
def test_brackets_in_brackets_in_a_head_are_unreadable_and_end_nothing(name: str, head: str) -> None:
    assert isinstance(FAMILIES[name].parse("multipart/form-data; boundary=b", part(head)), Unreadable)


@families
@given(
    pieces=st.lists(
        st.sampled_from((b"--b", b"--", b"\r\n", b"\n", b" ", b"a: b", SERIAL.encode(), b";", b'"', b"\xff"))
    )
)
def test_any_pieces_of_a_form_are_answered_with_a_value(name: str, pieces: list[bytes]) -> None:
    found = FAMILIES[name].parse("multipart/form-data; boundary=b", b"".join(pieces))
    assert isinstance(found, Heartbeat | Other | Unreadable)


@families
@pytest.mark.parametrize("text", ["' OR 1=1 --", "\x1b[2J\x00\x07", "京A12345" * 50, "<script>", "京A1234\u202e5"])
def test_a_plate_that_is_something_else_is_one_short_printable_line_and_no_plate(name: str, text: str) -> None:
    sim = PlateCameraSim(name, 0, "unused")
    found = FAMILIES[name].parse(*sim.body(sim.see(text, "blue", NOW), stored=False))
    if isinstance(found, PlateRecord):  # XML has no place for some of them
        assert len(found.text) <= 40 and found.text.isprintable() and kind_of(found.text) is None


@families
@given(kind=st.sampled_from(KINDS), body=st.binary(max_size=400))
def test_any_bytes_are_answered_with_a_value(name: str, kind: str, body: bytes) -> None:
    found = FAMILIES[name].parse(kind, body)
    assert isinstance(found, PlateRecord | Heartbeat | Other | Unreadable)


DAYS = st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-29T08:30:05+08:00", "2026-11-29T08:30:05"]
) | st.datetimes().map(datetime.isoformat)
ALPHABETS = st.sampled_from(["utf-8", "utf-16", "utf-7", "gb18030", "rot13", "zzz", "base64", "idna", "punycode", ""])
TEXTS = DAYS | st.text(max_size=20) | st.integers().map(str) | st.floats().map(str)
XML_FIELDS = ("deviceID", "macAddress", "eventType", "UUID", "dateTime", "activePostCount", "isDataRetransmission")
FORM_FIELDS = (
    "type", "cam_id", "start_time", "plate_num", "plate_color", "confidence", "plate_val", "picture", "serialno",
)  # fmt: skip


@pytest.mark.req("LANE-08")
@given(alphabet=ALPHABETS, event=st.dictionaries(st.sampled_from(XML_FIELDS), TEXTS), anpr=TEXTS, anprs=st.booleans())
def test_any_event_in_any_alphabet_is_answered_with_a_value(
    alphabet: str, event: dict[str, str], anpr: str, anprs: bool
) -> None:
    said = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in {"eventType": "ANPR", **event}.items())
    of_plate = (
        f"<ANPR><licensePlate>{escape(anpr)}</licensePlate><confidenceLevel>{escape(anpr)}</confidenceLevel></ANPR>"
    )
    head = f'<?xml version="1.0" encoding="{alphabet}"?>' if alphabet else ""
    body = f"{head}<EventNotificationAlert>{said}{of_plate if anprs else ''}</EventNotificationAlert>"
    found = FAMILIES["hikvision"].parse("application/xml", body.encode("utf-8", "surrogatepass"))
    assert isinstance(found, PlateRecord | Heartbeat | Other | Unreadable)


@pytest.mark.req("LANE-08")
@given(
    form=st.dictionaries(st.sampled_from(FORM_FIELDS), TEXTS),
    kind=st.sampled_from(["online", "offline", "heartbeat"]),
    coded=st.sampled_from(["utf-8", "gb18030"]),
)
def test_any_form_is_answered_with_a_value(form: dict[str, str], kind: str, coded: str) -> None:
    body = urlencode({"type": kind, **form}, encoding=coded, errors="replace").encode()
    for name in ("huaxia", "vzenith"):
        found = FAMILIES[name].parse("application/x-www-form-urlencoded", body)
        assert isinstance(found, PlateRecord | Heartbeat | Other | Unreadable)


@pytest.mark.req("LANE-08")
@pytest.mark.parametrize("day", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_day_before_the_first_or_after_the_last_is_no_time_and_the_plate_is_taken(day: str) -> None:
    sim = PlateCameraSim("hikvision", 0, "unused")
    kind, body = sim.body(sim.see("京A12345", "blue", NOW), stored=False)
    said = re.sub(rb"<dateTime>[^<]*<", b"<dateTime>" + day.encode() + b"<", body)
    found = FAMILIES["hikvision"].parse(kind, said)
    assert said != body and isinstance(found, PlateRecord) and found.taken_at is None and found.text == "京A12345"


@pytest.mark.req("LANE-08")
@pytest.mark.parametrize("alphabet", ["rot13", "zzz", "base64"])
def test_an_event_in_an_alphabet_that_nobody_has_is_unreadable(alphabet: str) -> None:
    body = f'<?xml version="1.0" encoding="{alphabet}"?><EventNotificationAlert/>'.encode()
    assert isinstance(FAMILIES["hikvision"].parse("application/xml", body), Unreadable)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("license", "colorType", "type", "confidence", "plateid", "isoffline", "gioouts", "timeStamp", "imageFile")


@given(plate=st.dictionaries(st.sampled_from(FIELDS), json_values), serial=json_values)
def test_any_value_in_any_field_is_answered_with_a_value(plate: dict[str, object], serial: object) -> None:
    body = json.dumps({"AlarmInfoPlate": {"serialno": serial, "result": {"PlateResult": plate}}}).encode()
    found = FAMILIES["vzenith"].parse("application/json", body)
    assert isinstance(found, PlateRecord | Unreadable)
    if isinstance(found, PlateRecord):
        json.loads(FAMILIES["vzenith"].reply(found, Reply(True, b"x")))
