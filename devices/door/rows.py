"""The addresses of relay and input boards."""

from __future__ import annotations

from collections.abc import Mapping

from devices.address import Address, Choice, FilePath, Grammar, Parameter, Place, Whole, Wholes, host_and_port
from devices.door.facts import board_facts, chip_number
from devices.door.profiles import PROFILES
from devices.ports import RelayBoard
from devices.reader.wiegand import FORMATS
from devices.rows import BAUD, Row, line, tapped
from devices.transport.memory import Cables

MODBUS_PORT = 502
BITS_OF_A_BYTE = 10  # 8N1: start, eight, stop


def _modbus(address: Address, cables: Cables | None) -> RelayBoard:
    from devices.door.modbus_board import ModbusBoard

    return ModbusBoard(
        line(address, cables),
        PROFILES[address.word("profile")],
        unit=address.whole("unit"),
        echo=address.whole("echo") == 1,
        timeout_s=address.whole("timeout_ms") / 1000,
        byte_s=BITS_OF_A_BYTE / int(address.word("baud")) if "baud" in address.options else 0.0,
        tries=address.whole("tries"),
    )


def _modbus_tcp(address: Address, cables: Cables | None) -> RelayBoard:
    from devices.door.modbus_board import ModbusBoard
    from devices.transport.tcp import TcpLine

    host, port = host_and_port(address.where, MODBUS_PORT)
    return ModbusBoard(
        tapped(TcpLine(host, port), cables),
        PROFILES[address.word("profile")],
        unit=address.whole("unit"),
        numbered=True,
        timeout_s=address.whole("timeout_ms") / 1000,
        tries=address.whole("tries"),
    )


def _lcus(address: Address, cables: Cables | None) -> RelayBoard:
    from devices.door.lcus_board import LcusBoard

    return LcusBoard(line(address, cables), int(address.word("channels")))


def _panel(address: Address, cables: Cables | None) -> RelayBoard:
    from devices.door.panel import ENDS, PanelOutput, read_card

    form = FORMATS[int(address.word("bits"))]
    value = read_card(address.word("card_file"), form)  # before the line: without a good card it is not even opened
    return PanelOutput(line(address, cables), value, form, ENDS[address.word("end")])


def _panel_osdp(address: Address, cables: Cables | None) -> RelayBoard:
    from devices.reader.osdp_package import check_osdp

    check_osdp()
    from devices.door.osdp_panel import OsdpPanelOutput
    from devices.door.panel import read_card
    from devices.reader.osdp_key import read_key

    form = FORMATS[int(address.word("bits"))]
    value, key = read_card(address.word("card_file"), form), read_key(address.word("key_file"))
    return OsdpPanelOutput(line(address, cables), address.whole("address"), key, value, form)


def _gpio(address: Address, _cables: Cables | None) -> RelayBoard:
    board_facts(address)  # first: a pin must not be claimed for two things
    from devices.door.gpio_board import GpioBoard, Pins
    from devices.door.gpio_chip import open_chip

    pins = Pins(
        outputs=address.wholes("outputs"),
        inputs=address.wholes("inputs"),
        active_low=address.whole("active_low") == 1,
        pull=address.word("pull"),
    )
    return GpioBoard(open_chip(chip_number(address)), pins)


_BOARD: Mapping[str, Parameter] = {
    "unit": Whole(1, 255, default=1),
    "profile": Choice(tuple(PROFILES)),  # no default: what a board can do must be said
    "timeout_ms": Whole(20, 2000, default=150),
    "tries": Whole(1, 5, default=2),
}
_LINE: Mapping[str, Parameter] = {**_BOARD, "echo": Whole(0, 1, default=0)}
_LCUS: Mapping[str, Parameter] = {"channels": Choice(("1", "2", "4", "8"))}
_CARD: Mapping[str, Parameter] = {
    "card_file": FilePath(),
    "bits": Choice(tuple(str(bits) for bits in FORMATS), default="26"),
}
_PANEL: Mapping[str, Parameter] = {**_CARD, "end": Choice(("cr", "lf", "crlf"), default="cr")}
_PANEL_OSDP: Mapping[str, Parameter] = {
    **_CARD,
    "address": Whole(0, 126, default=0),
    "key_file": FilePath(),
}
_PINS: Mapping[str, Parameter] = {
    "outputs": Wholes(0, 63),
    "inputs": Wholes(0, 63),
    "active_low": Whole(0, 1, default=0),
    "pull": Choice(("up", "down", "floating"), default="up"),
}

RELAY_BOARDS: Mapping[str, Row[RelayBoard]] = {
    "modbus+serial": Row(Grammar(Place.PATH, {**BAUD, **_LINE}), _modbus),
    "modbus+tcp": Row(Grammar(Place.HOST_PORT, _BOARD), _modbus_tcp),
    "modbus+memory": Row(Grammar(Place.NAME, _LINE), _modbus),
    "lcus+serial": Row(Grammar(Place.PATH, {**BAUD, **_LCUS}), _lcus),
    "lcus+memory": Row(Grammar(Place.NAME, _LCUS), _lcus),
    "panel+serial": Row(Grammar(Place.PATH, {**BAUD, **_PANEL}), _panel),
    "panel+memory": Row(Grammar(Place.NAME, _PANEL), _panel),
    "panel+osdp": Row(Grammar(Place.PATH, {**BAUD, **_PANEL_OSDP}), _panel_osdp),
    "panel+osdp+memory": Row(Grammar(Place.NAME, _PANEL_OSDP), _panel_osdp),
    "gpio": Row(Grammar(Place.NAME, _PINS, "gpiochip0"), _gpio),
}
