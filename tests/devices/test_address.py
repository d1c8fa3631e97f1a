"""Addresses: strict, readable errors, and no password anywhere."""

import re
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.address import Choice, Number, Whole, Wholes, host_and_port
from devices.errors import AddressError
from devices.registry import check_address

BOARD = "modbus+serial:///dev/ttyUSB0?baud=9600&unit=1&profile=waveshare-8"


def test_a_full_address_is_one_frozen_value() -> None:
    address = check_address(BOARD)
    assert (address.scheme, address.where) == ("modbus+serial", "/dev/ttyUSB0")
    assert (address.word("baud"), address.whole("unit"), address.word("profile")) == ("9600", 1, "waveshare-8")
    assert address == check_address(BOARD)
    assert str(address) == BOARD
    with pytest.raises(AttributeError):
        address.where = "/dev/ttyUSB1"
    with pytest.raises(TypeError):
        address.options["unit"] = 2


def test_what_is_left_out_has_its_default() -> None:
    address = check_address("camera+folder:///srv/gate%20pictures?fps=2.5")
    assert address.where == "/srv/gate pictures"
    assert (address.number("fps"), address.word("mode")) == (2.5, "loop")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("modbus+udp://board", "allowed: modbus+serial"),
        ("modbus+tcp:///dev/x?profile=plain-8", "a host and its port"),
        ("modbus+tcp://board:99999?profile=plain-8", "port must be 1–65535"),
        ("modbus+tcp://board/path?profile=plain-8", "a host and its port"),
        ("modbus+tcp://board", "'profile' is missing"),
        ("modbus+tcp://board?profile=plain-8&echo=1", "unknown parameter 'echo'"),
        ("no address at all", "unknown device scheme (none)"),
        ("", "unknown device scheme (none)"),
        (
            "modbus+serial:///dev/x?profile=plain-8&bauds=9600",
            "unknown parameter 'bauds' (did you mean baud?); allowed: baud=1200|",
        ),
        ("modbus+serial:///dev/x?profile=plain-8&unit=1&unit=2", "'unit' is given twice"),
        ("modbus+serial:///dev/x?profile=plain-8&unit=0", "unit='0' is not allowed; allowed: unit=1 to 255"),
        ("modbus+serial:///dev/x?profile=plain-8&unit=1e2", "unit=1 to 255"),
        ("modbus+serial:///dev/x?profile=plain-8&baud=9601", "baud=1200|"),
        ("modbus+serial:///dev/x?profile=mystery", "profile=waveshare-8|lctech-8"),
        ("modbus+serial:///dev/x", "'profile' is missing"),
        ("modbus+serial:///dev/x?profile", "name=value"),
        ("modbus+serial:///dev/x?profile=plain-8#2", "'#' is not allowed"),
        ("modbus+serial://dev/x?profile=plain-8", "an absolute path"),
        ("modbus+serial:///?profile=plain-8", "an absolute path"),
        ("modbus+memory://a/b?profile=plain-8", "a name of letters"),
        ("camera+folder:///x?fps=0", "fps=0.1 to 60"),
        ("camera+folder:///x?fps=nan", "fps=0.1 to 60"),
        ("camera+folder:///x y", "%20"),
        ("rtsp:///live", "needs a host"),
        ("rtsp://camera:99999/live", "port must be 1–65535"),
        ("modbus+tcp://board:0?profile=plain-8", "port must be 1–65535"),
        ("modbus+serial:///dev/x?profile=plain8", "did you mean plain-8?"),
        ("modbus+serail:///dev/x?profile=plain-8", "did you mean modbus+serial?"),
    ],
)
def test_a_mistake_is_an_error_that_lists_what_is_allowed(text: str, told: str) -> None:
    with pytest.raises(AddressError) as caught:
        check_address(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert re.search(r"[\u4e00-\u9fff].* / [a-z'n{]", str(caught.value)), "in both languages"


CUT = "%40，# 写成 %23"


@pytest.mark.req("LANE-08")
@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:p@ss#hunter2@192.168.1.10/live",
        "rtsp://admin:p#hunter2@192.168.1.10/live",
        "rtsp://admin:p/hunter2@camera.example/live",
        "rtsp://admin:12/hunter2@192.168.1.10/live",
        "rtsp://admin:12?hunter2@camera:554/live",
        "rtsps://admin:p#hunter2@[2001:db8::7]/live#ca=/etc/menting/camera.pem",
    ],
)
def test_a_password_that_ends_the_host_too_early_is_told_how_to_be_written(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        check_address(text)
    said = str(caught.value)
    assert CUT in said and "@ is written %40" in said and "hunter2" not in said and "port must be" not in said
    start, _, host = text.rpartition("@")
    scheme, _, login = start.partition("://")
    user, _, password = login.partition(":")
    assert check_address(f"{scheme}://{user}:{quote(password, safe='')}@{host}").where in host


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://camera.example:554/stream@1", "rtsp://camera.example/live?mail=a@b", "rtsp://a:b@camera.example/x",
        "rtsps://a:b@camera.example/live#ca=/etc/a@b.pem",
    ],
)  # fmt: skip
def test_an_at_sign_of_the_cameras_own_is_left_to_it(text: str) -> None:
    assert check_address(text).where.startswith("camera.example")


@pytest.mark.req("LANE-08")
@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:hunter2@camera.example:554/live",
        "rtsp://admin:hunter2@camera.example/live?user=admin&password=hunter2",
        "rtsp://camera.example/user=admin_password=x?password=hunter2",
        "rtsp://admin:p@ss:hunter2@camera.example/live",
    ],
)
def test_a_camera_password_is_in_no_text_of_the_address(text: str) -> None:
    address = check_address(text)
    assert address.secret_url() == text
    assert "hunter2" not in f"{address} {address!r} {[address]}"


@pytest.mark.req("LANE-08")
@pytest.mark.parametrize(
    "text",
    [
        "rtzp://admin:hunter2@camera.example/live",
        "rtsp//admin:hunter2@camera.example/live",
        "admin:hunter2@camera.example/live",
        "rtsp://admin:hun/hunter2@camera.example/live",
        "rtsp://admin:hunter2@/live",
        "rtsp://admin:hunter2@camera.example:99999/live",
        "rtsp://admin:hunter2@[camera/live",
        "rtsp://admin:hunter2@camera.example/live\n",
        "modbus+serial://admin:hunter2@host/dev/x?profile=plain-8",
        "modbus+tcp://admin:hunter2@host?profile=plain-8",
        "camera+v4l2:///dev/video0?password=hunter2",
        "camera+folder:///x?fps=1&password=hunter2#@",
    ],
)
def test_a_password_is_in_no_error_and_no_chained_error(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        check_address(text)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.req("LANE-08")
def test_what_is_ours_stands_after_the_cameras_own_address_and_no_camera_is_told_it() -> None:
    text = "rtsps://admin:hunter2@camera.example/live?user=x#ca=/etc/menting/camera.pem&name=IPC-7"
    address = check_address(text)
    assert address.secret_url() == "rtsps://admin:hunter2@camera.example/live?user=x" and address.secret_text() == text
    assert (address.word("ca"), address.word("name")) == ("/etc/menting/camera.pem", "IPC-7")
    assert "hunter2" not in f"{address} {address!r}"
    assert check_address("rtsps://camera.example/live").word("ca") == ""


@pytest.mark.parametrize(
    "ours", ["ca=camera.pem", "ca=", "cert=/x.pem", "ca=/x.pem&name=a b", "ca=/x&ca=/y", "camera.pem"]
)
def test_a_mistake_about_the_certificate_is_an_error_and_never_a_camera_that_proves_nothing(ours: str) -> None:
    with pytest.raises(AddressError) as caught:
        check_address(f"rtsps://admin:hunter2@camera.example/live#{ours}")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_one_readable_line(text: str) -> None:
    for tried in (
        text,
        f"modbus+serial://{text}",
        f"camera+folder:///x?{text}",
        f"rtsp://{text}",
        f"rtsps://camera#{text}",
    ):
        try:
            check_address(tried)
        except AddressError as error:
            assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize(
    ("written", "where", "port"),
    [("192.168.1.5", "192.168.1.5", 502), ("board.example:1502", "board.example", 1502), ("[fe80::1]:7", "fe80::1", 7)],
)
def test_a_host_has_its_usual_port_unless_another_is_written(written: str, where: str, port: int) -> None:
    address = check_address(f"modbus+tcp://{written}?profile=plain-8")
    assert host_and_port(address.where, 502) == (where, port)
    assert str(address) == f"modbus+tcp://{written}?profile=plain-8"


@given(st.text(alphabet="0123456789,- ", max_size=12))
def test_a_list_of_numbers_is_in_range_and_names_none_twice_or_is_nothing(text: str) -> None:
    numbers = Wholes(0, 27).parse(text)
    assert numbers is None or (len(set(numbers)) == len(numbers) and all(0 <= number <= 27 for number in numbers))
    assert Wholes(0, 27).parse("17,4") == (17, 4)


@given(
    st.one_of(
        st.builds(Whole, st.just(1), st.just(255), st.just(1)),
        st.builds(Number, st.just(0.1), st.just(60.0), st.just(10.0)),
        st.just(Choice(("cr", "lf"))),
    ),
    st.text(alphabet=string.printable, max_size=12),
)
def test_a_parameter_is_in_range_or_nothing(parameter: Whole | Number | Choice, text: str) -> None:
    value = parameter.parse(text)
    if value is not None and not isinstance(parameter, Choice):
        assert parameter.least <= float(value) <= parameter.most
