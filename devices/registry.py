"""From an address to an open device: one table, no fallback, ever (promise 8 of the design).

An unknown scheme is an AddressError that lists the known ones. A scheme opens exactly one driver; when that driver
cannot open, its error is the answer. Drivers are imported on opening, so that a node without a camera never loads
OpenCV.

`memory` addresses name one end of an in-memory cable and need the `Cables` that holds it: there is no global one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from devices.address import Address, Choice, Grammar, Number, Parameter, Place, Whole, parse_address
from devices.door.profiles import PROFILES
from devices.errors import AddressError
from devices.ports import Camera, RelayBoard, Scanner
from devices.transport.memory import Cables
from devices.transport.port import Transport

Port = TypeVar("Port")
BAUDS = ("1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200")


@dataclass(frozen=True, slots=True)
class Row(Generic[Port]):
    """One line of a table: what the address may say, and what opens it."""

    grammar: Grammar
    open: Callable[[Address, Cables | None], Port]


def _line(address: Address, cables: Cables | None) -> Transport:
    """The wire an address names: a serial port or the end of a cable."""
    if address.scheme.endswith("+memory"):
        if cables is None:
            raise AddressError(f"{address}: memory addresses work only where a test hands its cables over")
        return cables.take(address.where)
    from devices.transport.serial import SerialLine

    return SerialLine(address.where, baud=int(address.word("baud")))


def _modbus(address: Address, cables: Cables | None) -> RelayBoard:
    from devices.door.modbus_board import ModbusBoard

    return ModbusBoard(
        _line(address, cables),
        PROFILES[address.word("profile")],
        unit=address.whole("unit"),
        echo=address.whole("echo") == 1,
        timeout_s=address.whole("timeout_ms") / 1000,
        tries=address.whole("tries"),
    )


def _scanner(address: Address, cables: Cables | None) -> Scanner:
    from devices.scanner.framing import End, Framing
    from devices.scanner.serial_scanner import SerialScanner

    framing = Framing(
        end=End(address.word("end")), idle_s=address.whole("idle_ms") / 1000, stx=address.whole("stx") == 1
    )
    return SerialScanner(_line(address, cables), framing, repeat_s=address.whole("repeat_ms") / 1000)


def _folder(address: Address, _: Cables | None) -> Camera:
    from devices.camera.folder import FolderCamera, Mode

    return FolderCamera(address.where, fps=address.number("fps"), mode=Mode(address.word("mode")))


def _file(address: Address, _: Cables | None) -> Camera:
    from devices.camera.opencv_camera import open_file

    return open_file(address.where, loop=address.whole("loop") == 1)


def _v4l2(address: Address, _: Cables | None) -> Camera:
    from devices.camera.opencv_camera import open_v4l2

    return open_v4l2(
        address.where, width=address.whole("width"), height=address.whole("height"), fps=address.whole("fps")
    )


def _rtsp(address: Address, _: Cables | None) -> Camera:
    from devices.camera.opencv_camera import open_rtsp

    return open_rtsp(address)


_BOARD: Mapping[str, Parameter] = {
    "unit": Whole(1, 255, default=1),
    "profile": Choice(tuple(PROFILES)),  # no default: what a board can do must be said
    "echo": Whole(0, 1, default=0),
    "timeout_ms": Whole(20, 2000, default=150),
    "tries": Whole(1, 5, default=2),
}
_CODES: Mapping[str, Parameter] = {
    "end": Choice(("cr", "lf", "crlf", "idle"), default="cr"),
    "idle_ms": Whole(5, 1000, default=50),
    "stx": Whole(0, 1, default=0),
    "repeat_ms": Whole(0, 10_000, default=2000),
}
_BAUD: Mapping[str, Parameter] = {"baud": Choice(BAUDS, default="9600")}

RELAY_BOARDS: Mapping[str, Row[RelayBoard]] = {
    "modbus+serial": Row(Grammar(Place.PATH, {**_BAUD, **_BOARD}), _modbus),
    "modbus+memory": Row(Grammar(Place.NAME, _BOARD), _modbus),
}
SCANNERS: Mapping[str, Row[Scanner]] = {
    "scanner+serial": Row(Grammar(Place.PATH, {**_BAUD, **_CODES}), _scanner),
    "scanner+memory": Row(Grammar(Place.NAME, _CODES), _scanner),
}
CAMERAS: Mapping[str, Row[Camera]] = {
    "camera+folder": Row(
        Grammar(Place.PATH, {"fps": Number(0.1, 60, default=10), "mode": Choice(("loop", "newest"), default="loop")}),
        _folder,
    ),
    "camera+file": Row(Grammar(Place.PATH, {"loop": Whole(0, 1, default=0)}), _file),
    "camera+v4l2": Row(
        Grammar(
            Place.PATH,
            {
                "width": Whole(160, 7680, default=1280),
                "height": Whole(120, 4320, default=720),
                "fps": Whole(1, 120, default=25),
            },
        ),
        _v4l2,
    ),
    "rtsp": Row(Grammar(Place.HOST), _rtsp),
    "rtsps": Row(Grammar(Place.HOST), _rtsp),
}


def open_relay_board(address: str, *, cables: Cables | None = None) -> RelayBoard:
    """Open a relay board. Sends nothing: no output moves by opening (S10). Raises AddressError, Unreachable, Busy."""
    return _open(address, RELAY_BOARDS, cables)


def open_scanner(address: str, *, cables: Cables | None = None) -> Scanner:
    """Open a code scanner. Raises AddressError, Unreachable, Busy."""
    return _open(address, SCANNERS, cables)


def open_camera(address: str, *, cables: Cables | None = None) -> Camera:
    """Open a camera. Raises AddressError, Unreachable, Busy. A network camera that is down opens and is retried."""
    return _open(address, CAMERAS, cables)


def check_address(address: str) -> Address:
    """Parse any device address without opening it: for checking a site file. Raises AddressError."""
    return parse_address(address, {**_grammars(RELAY_BOARDS), **_grammars(SCANNERS), **_grammars(CAMERAS)})


def _open(address: str, table: Mapping[str, Row[Port]], cables: Cables | None) -> Port:
    parsed = parse_address(address, _grammars(table))
    return table[parsed.scheme].open(parsed, cables)


def _grammars(table: Mapping[str, Row[Port]]) -> dict[str, Grammar]:
    return {scheme: row.grammar for scheme, row in table.items()}
