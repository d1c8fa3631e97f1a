"""What can be chosen: every family and scheme of the registry, for a picker. New rows show by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from devices import registry
from devices.address import Address, Grammar, Place, Value, parse_address
from devices.rows import Row
from devices.transport.memory import Cables


class Kind(StrEnum):
    """What a device is for. The value is the site file's word for it, in a lane."""

    RELAY = "relay"
    SCANNER = "scanner"
    READER = "reader"
    CAMERA = "camera"
    PLATES = "plate_camera"
    BOARD = "board"


def rows_of(kind: Kind) -> Mapping[str, Row[Any]]:
    """Scheme -> row. Cables of tests are no choice; a family that this version lacks is empty."""
    names = {
        Kind.RELAY: "RELAY_BOARDS", Kind.SCANNER: "SCANNERS", Kind.READER: "READERS", Kind.CAMERA: "CAMERAS",
        Kind.PLATES: "PLATE_CAMERAS", Kind.BOARD: "DISPLAYS",
    }  # fmt: skip
    table: Mapping[str, Row[Any]] = getattr(registry, names[kind], {})
    return {scheme: row for scheme, row in table.items() if not scheme.endswith("+memory")}


def kind_of(scheme: str) -> Kind | None:
    """Which family a scheme belongs to."""
    return next((kind for kind in Kind if scheme in rows_of(kind)), None)


def grammars() -> dict[str, Grammar]:
    """Every scheme that can be chosen."""
    return {scheme: row.grammar for kind in Kind for scheme, row in rows_of(kind).items()}


def parse(text: str) -> Address:
    """Any address of the catalogue. Raises AddressError."""
    return parse_address(text, grammars())


def open_device(text: str, cables: Cables | None = None) -> Any:
    """Open what an address names; the port is that of its kind. Raises AddressError, DeviceError."""
    address = parse(text)
    kind = kind_of(address.scheme)
    assert kind is not None
    return rows_of(kind)[address.scheme].open(address, cables)


def compose(scheme: str, where: str, options: Mapping[str, Value | str]) -> str:
    """The address that says this, checked. Options that equal their default are left out. Raises AddressError.

    For schemes at a host `where` is the whole rest of the address as the camera's maker writes it; ours follows a `#`.
    """
    known = grammars()
    grammar = known.get(scheme)
    said = []
    for name, value in options.items():
        parameter = grammar.parameters.get(name) if grammar else None
        if parameter is None or str(parameter.default) != str(value):
            said.append(f"{name}={quote(str(value), safe='/')}")
    if grammar is None or grammar.place is Place.HOST:
        ours = "#" + "&".join(said) if said and grammar is not None else ""
        return _checked(f"{scheme}://{where.removeprefix(scheme + '://')}{ours}", known)
    place = quote(where, safe="/:[]" if grammar.place is Place.HOST_PORT else "/")  # a port, and an IPv6 host
    return _checked(f"{scheme}://{place}" + ("?" + "&".join(said) if said else ""), known)


def _checked(text: str, known: Mapping[str, Grammar]) -> str:
    parse_address(text, known)
    return text
