"""The addresses of code scanners."""

from __future__ import annotations

from collections.abc import Mapping

from devices.address import Address, Choice, Grammar, Parameter, Place, Whole
from devices.ports import Scanner
from devices.rows import BAUD, Row, line
from devices.transport.memory import Cables


def _scanner(address: Address, cables: Cables | None) -> Scanner:
    from devices.scanner.framing import End, Framing
    from devices.scanner.serial_scanner import SerialScanner

    framing = Framing(
        end=End(address.word("end")), idle_s=address.whole("idle_ms") / 1000, stx=address.whole("stx") == 1
    )
    return SerialScanner(line(address, cables), framing, repeat_s=address.whole("repeat_ms") / 1000)


_CODES: Mapping[str, Parameter] = {
    "end": Choice(("cr", "lf", "crlf", "idle"), default="cr"),
    "idle_ms": Whole(5, 1000, default=50),
    "stx": Whole(0, 1, default=0),
    "repeat_ms": Whole(0, 10_000, default=2000),
}

SCANNERS: Mapping[str, Row[Scanner]] = {
    "scanner+serial": Row(Grammar(Place.PATH, {**BAUD, **_CODES}), _scanner),
    "scanner+hid": Row(Grammar(Place.BY_ID, _CODES), _scanner),
    "scanner+memory": Row(Grammar(Place.NAME, _CODES), _scanner),
}
