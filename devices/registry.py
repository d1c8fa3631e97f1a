"""From an address to an open device: one table a port, no fallback, ever (promise 8 of the design).

An unknown scheme is an AddressError that lists the known ones. A scheme opens exactly one driver; when that driver
cannot open, its error is the answer. The rows stand with their families, in `*/rows.py`.

`memory` addresses name one end of an in-memory cable and need the `Cables` that holds it: there is no global one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.address import Address, Grammar, parse_address
from devices.camera.rows import CAMERAS
from devices.display.rows import DISPLAYS
from devices.door.facts import BoardFacts, board_facts
from devices.door.rows import RELAY_BOARDS
from devices.lpr.rows import PLATE_CAMERAS
from devices.ports import Camera, Display, PlateCamera, Reader, RelayBoard, Scanner
from devices.reader.rows import READERS
from devices.rows import Port, Row
from devices.scanner.rows import SCANNERS
from devices.transport.memory import Cables


def open_relay_board(address: str, *, cables: Cables | None = None) -> RelayBoard:
    """Open a relay board. Sends nothing: no output moves by opening (S10). Raises AddressError, Unreachable, Busy."""
    return _open(address, RELAY_BOARDS, cables)


def relay_board_facts(address: str) -> BoardFacts:
    """What an address says of its board, without opening it. Raises AddressError, also for another device's address."""
    return board_facts(parse_address(address, _grammars(RELAY_BOARDS)))


def open_scanner(address: str, *, cables: Cables | None = None) -> Scanner:
    """Open a code scanner. Raises AddressError, Unreachable, Busy."""
    return _open(address, SCANNERS, cables)


def open_reader(address: str, *, cables: Cables | None = None) -> Reader:
    """Open a reader of cards or keys. Raises AddressError, Unreachable, Busy; NotSetUp for a key that is no key."""
    return _open(address, READERS, cables)


def open_camera(address: str, *, cables: Cables | None = None) -> Camera:
    """Open a camera. Raises AddressError, Unreachable, Busy. A network camera that is down opens and is retried."""
    return _open(address, CAMERAS, cables)


def open_display(address: str, *, cables: Cables | None = None) -> Display:
    """Open a lane board that shows and speaks. Says nothing by opening. Raises AddressError, Unreachable, Busy."""
    return _open(address, DISPLAYS, cables)


def open_plate_camera(address: str) -> PlateCamera:
    """Listen for a camera that pushes plates. Raises AddressError, Unreachable, NotSetUp."""
    return _open(address, PLATE_CAMERAS, None)


KEYS: Mapping[str, Mapping[str, Row[Any]]] = {
    "relay": RELAY_BOARDS, "inputs": RELAY_BOARDS, "scanner": SCANNERS, "reader": READERS, "camera": CAMERAS,
    "camera_nir": CAMERAS, "plate_camera": PLATE_CAMERAS, "board": DISPLAYS,
}  # fmt: skip
"""Which devices a key of the site file may name."""


def check_address(address: str, key: str | None = None) -> Address:
    """Parse any device address without opening it: for checking a site file. Raises AddressError.

    key: a key of KEYS, whose schemes are named where this one is unknown. A cable of the tests never is.
    """
    known = {
        **_grammars(RELAY_BOARDS),
        **_grammars(SCANNERS),
        **_grammars(READERS),
        **_grammars(CAMERAS),
        **_grammars(DISPLAYS),
        **_grammars(PLATE_CAMERAS),
    }
    return parse_address(
        address, known, [scheme for scheme in KEYS.get(key or "", known) if not scheme.endswith("+memory")]
    )


def _open(address: str, table: Mapping[str, Row[Port]], cables: Cables | None) -> Port:
    parsed = parse_address(address, _grammars(table))
    return table[parsed.scheme].open(parsed, cables)


def _grammars(table: Mapping[str, Row[Port]]) -> dict[str, Grammar]:
    return {scheme: row.grammar for scheme, row in table.items()}
