"""The driver for OSDP readers with secure channel: cards, keys and tamper in, light and sound out.

    53 | address | length, 2 | control | [security block] | command or reply | data | [MAC] | CRC, 2        (RS485)

libosdp makes and checks the frames, the keys of a session and its MACs. What is ours:

    Its refresh thread is not used; `read` drives the line. An exception below the library would end that thread
    without a word; here it is kept by the channel and raised by `read`.
    The library sits out a lost reader for 300 s. Here a reader that is lost is an exception, whoever holds this
    object closes it and opens a new one, and that begins at once.
    Each panel that is made costs 200 bytes that the library's binding never gives back (measured), so a dead reader
    is best tried with growing patience. A card costs 0.25 KiB, a light with its sound 0.3 KiB, polling nothing
    (measured over a pseudo-terminal, 2,800 reads a minute). They are Python's own objects, and closing the reader
    gives none of them back: making a new panel from time to time would only add to them.
    A reader that is silent for `silent_s` is lost; the library alone would wait for 8 s (measured on its simulator).

ENFORCE_SECURE is always set and install mode never: a line without secure channel carries nothing, and there is no
falling back to plain text or to the default key (ACC-28, SEC-06; a published attack tool does just that). Only the
reader's line is proved so. Whether the *card* proved itself only its installation can tell: `proved`.

Not tried with any reader; the other end in the tests is libosdp's own peripheral device.
"""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import osdp
import osdp_sys

from devices.errors import Refused, Unreachable
from devices.ports import CardRead, Garbage, GarbageReason, KeyPressed, ReaderEvent, ReaderTamper, Signal
from devices.reader.line_reader import card_key
from devices.reader.osdp_channel import OsdpChannel
from devices.reader.osdp_key import OsdpKey
from devices.reader.wiegand import FORMATS, KEYS, decode
from devices.scanner.framing import Repeats
from devices.transport.port import Transport

SECURE_S = 5.0
"""So long a reader that answers may take to agree on a secure channel. It took 0.1 s on the simulator."""
ROUND_S = 0.01
FOUND_MAX = 64
"""Events kept for a slow caller; a reader that sends more is not believed beyond that."""

_SIGNALS: dict[Signal, tuple[int, int, int]] = {  # colour, beeps, seconds (0: until the next one)
    Signal.GRANTED: (osdp.CommandLEDColor.Green, 1, 3),
    Signal.REFUSED: (osdp.CommandLEDColor.Red, 3, 3),
    Signal.WAITING: (osdp.CommandLEDColor.Amber, 0, 10),
    Signal.IDLE: (osdp.CommandLEDColor.Black, 0, 0),
}


class OsdpReader:
    """A Reader on any transport. One thread reads; any thread may signal."""

    def __init__(
        self,
        transport: Transport,
        address: int,
        key: OsdpKey,
        *,
        proved: bool,
        silent_s: float = 1.5,
        repeat_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport, self._address, self._proved, self._silent_s = transport, address, proved, silent_s
        self._clock = clock
        self._repeats = Repeats(repeat_s)
        self._wanted: Signal | None = None
        self._found: deque[ReaderEvent] = deque(maxlen=FOUND_MAX)
        self._tampered: bool | None = None
        self._secure = False
        self._lost = False
        self._ask = False
        self._closed = False
        self._began_at = 0.0
        self._looked_at: float | None = None
        self._channel = OsdpChannel(transport)
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)  # what went wrong is told by our exceptions
        flags = [osdp.LibFlag.EnforceSecure, osdp.LibFlag.EnableNotification]
        info = osdp.PDInfo(address, self._channel, scbk=key.secret, flags=flags)
        self._panel = osdp_sys.ControlPanel([info.get()])
        event = weakref.WeakMethod(self._event)  # or the library would keep every reader that was ever opened
        self._panel.set_event_callback(lambda number, what: 0 if (told := event()) is None else told(number, what))

    def read(self, timeout_s: float) -> ReaderEvent | None:
        """See Reader. Refused: it answers, and no secure channel comes of it."""
        deadline = self._clock() + timeout_s
        while True:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at > self._silent_s / 2:
                self._began_at = now  # nobody listened meanwhile: that was our silence, not the reader's
            self._looked_at = now
            if self._closed:
                raise Unreachable("the reader is closed")
            self._panel.refresh()
            self._look()
            while self._found:
                found = self._found.popleft()
                if not isinstance(found, CardRead) or self._repeats.fresh(card_key(found), found.at):
                    return found
            left = deadline - self._clock()
            if left <= 0:
                return None
            self._channel.listen(min(left, ROUND_S), self._clock)

    def signal(self, signal: Signal) -> None:
        """See Reader. Sent by the thread that reads, at its next turn, and only the newest; raises nothing."""
        self._wanted = signal

    def close(self) -> None:
        """See Reader."""
        self._closed = True
        self._transport.close()

    def _look(self) -> None:
        """Raise what has gone wrong; say what is to be shown, once the line is sealed."""
        now, channel = self._clock(), self._channel
        if channel.fault is not None:
            raise channel.fault
        heard_at = self._began_at if channel.heard_at is None else max(channel.heard_at, self._began_at)
        if now - heard_at > self._silent_s:
            raise Unreachable(f"reader {self._address} is silent for {now - heard_at:.1f} s")
        if not self._secure and channel.heard_at is not None and (self._lost or now - self._began_at > SECURE_S):
            raise Refused(
                f"reader {self._address} answers, but agrees on no secure channel with this key: "
                "is it the key that it was given, and the same address?"
            )
        if self._lost:
            raise Unreachable(f"reader {self._address} was lost")
        if self._ask:  # a reader that was opened while nobody listened says so now
            self._ask = False
            report = {"type": osdp.StatusReportType.Local, "report": b"\0\0"}
            self._panel.submit_command(0, {"command": osdp.Command.Status, **report})
        if self._secure and (wanted := self._wanted) is not None:
            self._wanted = None
            self._show(wanted)

    def _event(self, _number: int, event: dict[str, Any]) -> int:
        """Called by the library inside `refresh`. Whatever is strange in it is garbage, and no error."""
        now = self._clock()
        try:
            self._found.extend(self._meaning(event, now))
        except (KeyError, TypeError, ValueError, IndexError):
            self._found.append(Garbage(GarbageReason.NOT_CARD, 0, now))
        return 0

    def _meaning(self, event: dict[str, Any], now: float) -> list[ReaderEvent]:
        match event["event"]:
            case osdp.Event.Notification if event["type"] != osdp.EventNotification.Command:
                self._notified(event["type"], bool(event["arg0"]))
            case osdp.Event.CardRead if self._secure:
                return [self._card(event["format"], event["length"], bytes(event["data"]), now)]
            case osdp.Event.KeyPress if self._secure:
                return _keys(bytes(event["data"]), now)
            case osdp.Event.Status if self._secure and event["type"] == osdp.StatusReportType.Local:
                tampered = bytes(event["report"])[0] != 0
                if tampered != self._tampered:
                    self._tampered = tampered
                    return [ReaderTamper(tampered, now)]
        return []

    def _notified(self, kind: int, good: bool) -> None:
        self._lost = self._lost or not good
        if kind == osdp.EventNotification.SecureChannelStatus:
            self._secure = good
        elif kind == osdp.EventNotification.PeripheralDeviceStatus:
            self._ask = good

    def _card(self, kind: int, bits: int, data: bytes, now: float) -> ReaderEvent:
        """26 and 34 bits are Wiegand by their shape, whatever the reader calls them; all else is a bare number."""
        if kind == osdp.CardFormat.ASCII or not 8 <= bits <= 8 * len(data):
            return Garbage(GarbageReason.NOT_CARD, len(data), now)
        value = int.from_bytes(data, "big") >> (8 * len(data) - bits)  # bits are sent from the left
        if bits not in FORMATS:
            return CardRead(f"raw{bits}", None, value, now, weak=not self._proved)
        card = decode(value, FORMATS[bits])
        if card is None:
            return Garbage(GarbageReason.PARITY, len(data), now)
        return CardRead(card.format, card.facility, card.number, now, weak=not self._proved)

    def _show(self, signal: Signal) -> None:
        colour, beeps, seconds = _SIGNALS[signal]
        light = {
            "reader": 0,
            "led_number": 0,
            "temporary": seconds > 0,
            "control_code": 2 if seconds else 1,  # temporary: set and start its timer; permanent: set
            "on_count": 10,
            "off_count": 0,
            "on_color": colour,
            "off_color": osdp.CommandLEDColor.Black,
            "timer_count": seconds * 10,  # tenths of a second
        }
        self._panel.submit_command(0, {"command": osdp.Command.LED, **light})
        if beeps:
            sound = {"reader": 0, "control_code": 2, "on_count": 1, "off_count": 1, "rep_count": beeps}
            self._panel.submit_command(0, {"command": osdp.Command.Buzzer, **sound})


def _keys(data: bytes, now: float) -> list[ReaderEvent]:
    """Digits are ASCII; `*` is 7F and `#` is 0D on the wire of the specification, or themselves."""
    named = {0x7F: "*", 0x0D: "#", **{ord(key): key for key in KEYS}}
    return [KeyPressed(named[byte], now) if byte in named else Garbage(GarbageReason.NOT_CARD, 1, now) for byte in data]
