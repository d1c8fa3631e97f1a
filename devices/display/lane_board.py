"""The driver for a lane's LED and voice board. It only speaks: the board answers nothing that is documented."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from devices.display import codec
from devices.display.codec import Order
from devices.display.texts import Text
from devices.transport.port import Transport


@dataclass(frozen=True, slots=True)
class Profile:
    """One family of boards. `mode`: the byte before spoken text. `lines`: knows the order for several lines."""

    name: str
    mode: int
    lines: bool


PROFILES = {
    one.name: one for one in (Profile("voice-01", mode=1, lines=False), Profile("lines-6f", mode=1, lines=True))
}


class LaneBoard:
    """A Display on any transport. Raises Unreachable when the line is gone; that nobody heard it cannot be known."""

    def __init__(self, transport: Transport, profile: Profile, address: int = 0) -> None:
        self._transport, self._profile, self._address = transport, profile, address
        self._lock = threading.Lock()

    def show(self, text: Text) -> None:
        """See Display. A board that shows nothing without speaking it is left as it is by what is not to be spoken."""
        with self._lock:
            if self._profile.lines:
                self._send(Order.LINES, codec.lines(text.lines()))
            if not text.silent:
                self._send(Order.SPEAK, codec.spoken(text.spoken(), self._profile.mode))

    def close(self) -> None:
        """See Display."""
        self._transport.close()

    def _send(self, order: Order, data: bytes) -> None:
        self._transport.write(codec.encode(self._address, order, data))
