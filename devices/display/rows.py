"""The addresses of lane boards that show and speak."""

from __future__ import annotations

from collections.abc import Mapping

from devices.address import Address, Choice, Grammar, Parameter, Place, Whole
from devices.display.lane_board import PROFILES
from devices.ports import Display
from devices.rows import BAUD, Row, line
from devices.transport.memory import Cables


def _led(address: Address, cables: Cables | None) -> Display:
    from devices.display.lane_board import LaneBoard

    return LaneBoard(line(address, cables), PROFILES[address.word("profile")], address.whole("unit"))


_BOARD: Mapping[str, Parameter] = {
    "profile": Choice(tuple(PROFILES)),  # no default: what a board understands must be said
    "unit": Whole(0, 255, default=0),
}

DISPLAYS: Mapping[str, Row[Display]] = {
    "led+serial": Row(Grammar(Place.PATH, {**BAUD, **_BOARD}), _led),
    "led+memory": Row(Grammar(Place.NAME, _BOARD), _led),
}
