"""From address to device: one row per scheme, and never another device than the one named."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.errors import AddressError, Busy, Unreachable
from devices.ports import Camera, RelayBoard, Scanner
from devices.registry import (
    CAMERAS,
    KEYS,
    READERS,
    RELAY_BOARDS,
    SCANNERS,
    check_address,
    open_camera,
    open_reader,
    open_relay_board,
    open_scanner,
)
from devices.transport.memory import Cable, Cables


def test_each_port_opens_its_own_schemes_only() -> None:
    assert not set(RELAY_BOARDS) & set(SCANNERS)
    assert not set(SCANNERS) & set(CAMERAS)
    assert not set(READERS) & {*SCANNERS, *CAMERAS, *RELAY_BOARDS}
    for wrong in ("scanner+memory://a", "rtsp://camera/live"):
        with pytest.raises(AddressError, match=r"allowed: modbus\+serial, modbus\+tcp, modbus\+memory"):
            open_relay_board(wrong)


def test_memory_addresses_reach_the_cable_of_that_name(tmp_path: Path) -> None:
    cables, cable, other = Cables(), Cable(), Cable()
    cables.register("board", cable.a)
    cables.register("codes", other.a)
    board = open_relay_board("modbus+memory://board?profile=waveshare-8", cables=cables)
    scanner = open_scanner("scanner+memory://codes?end=lf", cables=cables)
    camera = open_camera(f"camera+folder://{tmp_path}?mode=newest")
    assert isinstance(board, RelayBoard)
    assert isinstance(scanner, Scanner)
    assert isinstance(camera, Camera)
    assert (board.outputs, board.inputs, board.timed) == (8, 8, True)
    assert open_relay_board_timed(cables) is False
    with pytest.raises(Busy):
        open_relay_board("modbus+memory://board?profile=waveshare-8", cables=cables)
    board.close()
    open_relay_board("modbus+memory://board?profile=waveshare-8", cables=cables).close()
    scanner.close()
    camera.close()


def open_relay_board_timed(cables: Cables) -> bool:
    cable = Cable()
    cables.register("plain", cable.a)
    board = open_relay_board("modbus+memory://plain?profile=plain-8", cables=cables)
    board.close()
    return board.timed


@pytest.mark.req("ACC-23")
def test_opening_a_board_sends_nothing() -> None:
    cables, cable = Cables(), Cable()
    cables.register("board", cable.a)
    for _ in range(100):
        open_relay_board("modbus+memory://board?profile=waveshare-8", cables=cables).close()
    assert cable.b.read(1, 0) == b""


@pytest.mark.parametrize(
    ("opener", "address"),
    [
        (open_relay_board, "modbus+serial:///nowhere/ttyUSB0?profile=waveshare-8"),
        (open_scanner, "scanner+serial:///nowhere/ttyUSB0"),
        (open_reader, "wiegand+serial:///nowhere/ttyUSB0?line=hex"),
        (open_reader, "osdp+serial:///nowhere/ttyUSB0?card=uid&key_file=/nowhere/key"),
        (open_camera, "camera+folder:///nowhere"),
        (open_camera, "camera+file:///nowhere.mp4"),
        (open_camera, "camera+v4l2:///nowhere/video0"),
    ],
)
def test_what_is_not_there_is_unreachable_and_nothing_else_is_opened(
    opener: Callable[[str], object], address: str
) -> None:
    with pytest.raises(Unreachable):
        opener(address)


def test_memory_addresses_need_cables_and_a_known_name() -> None:
    with pytest.raises(AddressError, match="cables"):
        open_scanner("scanner+memory://codes")
    with pytest.raises(AddressError, match="registered: none"):
        open_scanner("scanner+memory://codes", cables=Cables())


@pytest.mark.req("ACC-28", "SEC-06")
def test_a_reader_s_key_is_named_by_its_file_and_never_written_or_left_out() -> None:
    good = "osdp+serial:///dev/ttyUSB0?address=1&card=proved&key_file=/etc/menting/osdp.key"
    assert check_address(good).word("key_file") == "/etc/menting/osdp.key"
    key = "00112233445566778899aabbccddeeff"
    for wrong, why in (
        (good.replace("key_file=/etc/menting/osdp.key", f"key={key}"), "unknown parameter 'key'"),
        (good.replace("/etc/menting/osdp.key", key), "key_file"),
        (good.partition("&key_file")[0], "'key_file' is missing"),
        (good.replace("&card=proved", ""), "'card' is missing"),
        (good + "&install=1", "unknown parameter 'install'"),
    ):
        with pytest.raises(AddressError, match=why) as refused:
            check_address(wrong)
        assert key not in str(refused.value)


def test_how_a_reader_writes_its_lines_must_be_said() -> None:
    for scheme in ("wiegand+serial:///dev/ttyUSB0", "reader+hid:///dev/input/by-id/usb-X-event-kbd"):
        with pytest.raises(AddressError, match=r"line=hex\|bits\|comma\|decimal\|uid\|keys"):
            check_address(scheme)


def test_the_example_in_a_refusal_is_a_whole_address_that_is_right_for_that_very_kind_of_device() -> None:
    for key, rows in KEYS.items():
        for scheme in rows:
            with pytest.raises(AddressError) as refused:
                check_address(f"{scheme}://", key)
            told = re.search("，例如 ([^ ]+) / .*, as in ([^ ]+)$", str(refused.value))
            assert told is not None and told[1] == told[2]
            assert check_address(told[1], key).scheme == scheme
    with pytest.raises(AddressError, match=r"camera\+file:///srv/lane.mp4"):
        check_address("camera+file://", "camera")
