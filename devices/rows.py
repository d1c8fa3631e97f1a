"""One row of an address table: what an address may say, and what opens it. Each family keeps its own rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from devices.address import Address, Choice, Grammar, Parameter
from devices.errors import AddressError
from devices.transport.memory import Cables
from devices.transport.port import Transport
from devices.transport.tap import Tapped

Port = TypeVar("Port")
BAUDS = ("1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200")
BAUD: Mapping[str, Parameter] = {"baud": Choice(BAUDS, default="9600")}


@dataclass(frozen=True, slots=True)
class Row(Generic[Port]):
    """One line of a table. `open` imports its driver: a node without a camera never loads OpenCV."""

    grammar: Grammar
    open: Callable[[Address, Cables | None], Port]


def line(address: Address, cables: Cables | None) -> Transport:
    """The wire an address names: a serial port, a keyboard that is a reader, or the end of a cable.

    With `Tapped` cables it is listened to.
    """
    return tapped(_line(address, cables), cables)


def tapped(wire: Transport, cables: Cables | None) -> Transport:
    """The same wire; with `Tapped` cables, listened to."""
    return cables.recording.tap(wire) if isinstance(cables, Tapped) else wire


def _line(address: Address, cables: Cables | None) -> Transport:
    if address.scheme.endswith("+memory"):
        if cables is None:
            raise AddressError(f"{address}: memory addresses work only where a test hands its cables over")
        return cables.take(address.where)
    if address.scheme.endswith("+hid"):
        from devices.transport.keyboard import open_keyboard

        return open_keyboard(address.where)
    from devices.transport.serial import SerialLine

    return SerialLine(address.where, baud=int(address.word("baud")))
