"""From address to device: one row per scheme, and never another device than the one named."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devices.address import Place
from devices.display.rows import DISPLAYS
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
    open_display,
    open_reader,
    open_relay_board,
    open_scanner,
)
from devices.sim.pty import PtyLine
from devices.transport.memory import Cable, Cables
from tests.conformance.panels import private


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


SERIAL = {
    "modbus+serial": (open_relay_board, "profile=plain-8"),
    "lcus+serial": (open_relay_board, "channels=4"),
    "panel+serial": (open_relay_board, "card_file=CARD"),
    "panel+osdp": (open_relay_board, "card_file=CARD&key_file=KEY"),
    "scanner+serial": (open_scanner, ""),
    "wiegand+serial": (open_reader, "line=hex"),
    "osdp+serial": (open_reader, "card=uid&key_file=KEY"),
    "led+serial": (open_display, "profile=voice-01"),
}


def test_the_list_of_what_hangs_on_a_serial_port_is_whole() -> None:
    rows = {**RELAY_BOARDS, **SCANNERS, **READERS, **DISPLAYS}
    assert set(SERIAL) == {scheme for scheme, row in rows.items() if row.grammar.place is Place.PATH}


@pytest.mark.req("GEN-08")
@pytest.mark.parametrize("first", SERIAL)
def test_every_driver_of_a_serial_port_has_it_alone_and_another_is_told_that_it_is_busy(
    tmp_path: Path, first: str
) -> None:
    """The lock of a port holds only among openers that ask for it: each of ours must, whichever comes first."""
    line = PtyLine(tmp_path / "port")
    card, key = private(tmp_path / "card", "123,45678"), private(tmp_path / "key", "0123456789abcdef" * 2)

    def opened(scheme: str) -> Any:
        opener, query = SERIAL[scheme]
        return opener(f"{scheme}://{line.path}?{query.replace('CARD', str(card)).replace('KEY', str(key))}")

    try:
        holder = opened(first)
        for second in SERIAL:
            with pytest.raises(Busy, match="open in another program"):
                opened(second)
        holder.close()
        opened(first).close()
    finally:
        line.close()


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
