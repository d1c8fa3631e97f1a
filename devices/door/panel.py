"""The driver for an existing access panel: it is shown a card, and drives the strike itself (INT-07).

    node ── serial ──► Wiegand converter ── D0, D1 ──► the panel's reader input ──► its own relay ──► strike

One line for one grant: the bits of one configured card, as hexadecimal digits filled up on the left and an end. The
panel knows that card as any other; who really came is in the node's journal. As a RelayBoard it has one output, which
can only be pulsed: how long the strike stays released is the panel's business, so it times it and nobody's death
leaves it on. Nothing can be taken back, held open or read back, so that nothing is claimed either; the door's contact
shows what happened. Fire must be wired to the panel: a hold is Refused here, and the node says so as a fault.

The card opens the door, so its number is in no address: it stands in a file of mode 600, `FACILITY,NUMBER`. Wiegand is
easily tapped and played back: the converter belongs into the panel's own box. Not tried with any converter or panel.
"""

from __future__ import annotations

import re
import threading

from devices.door.untimed import check_channel
from devices.errors import NotSetUp, Refused
from devices.private_file import read_private
from devices.reader.wiegand import Format, encode
from devices.transport.port import Transport

NO_HOLD = "the panel drives this lock and cannot be told to hold it: fire must be wired to the panel"
NOT_HEARD = "a panel cannot be asked what it does; the door's contact must show it"
ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}


class PanelOutput:
    """A RelayBoard whose only output is a card shown to a panel."""

    outputs = 1
    inputs = 0
    timed = True
    reads_back = False

    def __init__(self, transport: Transport, value: int, form: Format, end: bytes) -> None:
        self._transport = transport
        self._line = f"{value:0{-(-form.bits // 4)}X}".encode() + end
        self._lock = threading.Lock()

    def pulse(self, channel: int, ms: int) -> None:
        """See RelayBoard. Returns once it was sent; `ms` is the panel's to know."""
        check_channel(self, channel)
        with self._lock:
            self._transport.write(self._line)

    def set(self, channel: int, on: bool) -> None:
        """See RelayBoard. A panel ends its pulse by itself, and holds nothing open for us."""
        check_channel(self, channel)
        if on:
            raise Refused(NO_HOLD)

    def read_outputs(self) -> tuple[bool, ...]:
        """Always Refused: what the panel does is not heard."""
        raise Refused(NOT_HEARD)

    def read_inputs(self) -> tuple[bool, ...]:
        """None to read. Notices an unplugged converter all the same."""
        self._transport.drain()
        return ()

    def close(self) -> None:
        """See RelayBoard."""
        self._transport.close()


def read_card(path: str, form: Format) -> int:
    """The bits of the card in `path`. Raises Unreachable, NotSetUp; no error holds the number."""
    found = re.fullmatch(r"([0-9]{1,5}),([0-9]{1,5})", read_private(path, "card file"))
    if found is None:
        raise NotSetUp(f"card file {path} does not hold FACILITY,NUMBER in decimal digits")
    try:
        return encode(int(found[1]), int(found[2]), form)
    except ValueError:
        raise NotSetUp(f"card file {path} holds a card that {form.name} has no room for") from None
