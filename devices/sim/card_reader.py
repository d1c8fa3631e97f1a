"""Card readers that write lines, at the other end of the wire: a Wiegand converter, and a reader that types.

ConverterSim(wire).card(123, 45678); ConverterSim(wire).key("5")      # as bits in hexadecimal, a line each
TypingSim(wire).types("0008123456")                                   # as key events, with Enter
"""

from __future__ import annotations

from devices.reader.wiegand import FORMATS, KEYS, Format, encode
from devices.transport.keys import EVENT, KEY, SYN, SYN_DROPPED, strokes
from devices.transport.port import Transport


class ConverterSim:
    """Sends on `wire` what a Wiegand converter set to hexadecimal lines sends."""

    def __init__(self, wire: Transport, *, form: Format = FORMATS[26]) -> None:
        self._wire, self._form = wire, form

    def card(self, facility: int, number: int, *, flip: int = 0) -> None:
        """Somebody holds a card to it; `flip`: these bits arrive wrong."""
        value = encode(facility, number, self._form) ^ flip
        self.send(f"{value:0{-(-self._form.bits // 4)}X}".encode())

    def key(self, pressed: str) -> None:
        """Somebody presses a key."""
        self.send(f"{KEYS.index(pressed):X}".encode())

    def send(self, body: bytes) -> None:
        """These bytes as one line."""
        self._wire.write(body + b"\r")


class TypingSim:
    """Sends on `wire` the key events of a reader that acts as a keyboard."""

    def __init__(self, wire: Transport) -> None:
        self._wire = wire

    def types(self, text: str, *, end: str = "\r") -> None:
        """A card or code was read."""
        self._wire.write(strokes(text + end))

    def event(self, code: int, value: int) -> None:
        """One key goes down (1), up (0), or is held (2)."""
        self._wire.write(EVENT.pack(0, 0, KEY, code, value))

    def loses_events(self) -> None:
        """The kernel's queue ran over."""
        self._wire.write(EVENT.pack(0, 0, SYN, SYN_DROPPED, 0))
