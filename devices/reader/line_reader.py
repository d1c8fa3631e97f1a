"""The driver for readers that write lines: Wiegand through a converter, and card readers that act as keyboards.

It has neither light nor sound: `signal` changes nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from devices.ports import CardRead, Garbage, GarbageReason, KeyPressed, ReaderEvent, Scan, Signal
from devices.reader.lines import KEYS_ONLY, Key, Profile, meaning
from devices.reader.wiegand import KEYS
from devices.scanner.framing import Framer, Framing, Repeats
from devices.transport.port import Transport

READ_MAX = 1024
LOOK_S = 0.05  # how often silence is looked at: a line without an end is not held back

_AS_KEY = {**{key.encode(): key for key in KEYS}, b"\r": "#", b"\n": "#", b"\x08": "*"}


class LineReader:
    """A Reader on any transport. One thread reads."""

    def __init__(
        self,
        transport: Transport,
        framing: Framing,
        profile: Profile,
        *,
        repeat_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._framer = Framer(framing)
        self._profile = profile
        self._repeats = Repeats(repeat_s)
        self._clock = clock
        self._found: deque[ReaderEvent] = deque()  # bounded: one read of READ_MAX bytes at a time fills it

    def read(self, timeout_s: float) -> ReaderEvent | None:
        """See Reader."""
        deadline = self._clock() + timeout_s
        while True:
            now = self._clock()
            data = b"" if self._found else self._transport.read(READ_MAX, min(max(0.0, deadline - now), LOOK_S))
            now = self._clock()
            self._found.extend(self._heard(data, now))
            while self._found:
                found = self._found.popleft()
                if not isinstance(found, CardRead) or self._repeats.fresh(card_key(found), found.at):
                    return found
            if now >= deadline:
                return None

    def signal(self, signal: Signal) -> None:
        """See Reader: there is nothing to show it with."""

    def close(self) -> None:
        """See Reader."""
        self._transport.close()

    def _heard(self, data: bytes, now: float) -> list[ReaderEvent]:
        if self._profile.line == KEYS_ONLY:
            return _keys(data, now)
        return [self._line(found) for found in self._framer.feed(data, now)]

    def _line(self, found: Scan | Garbage) -> ReaderEvent:
        if isinstance(found, Garbage):
            return found
        said = meaning(found.text, self._profile)
        match said:
            case Key(key):
                return KeyPressed(key, found.at)
            case GarbageReason():
                return Garbage(said, len(found.text), found.at)
            case _:
                return CardRead(said.format, said.facility, said.number, found.at)


def card_key(card: CardRead) -> str:
    """What is the same for two sightings of one card."""
    return f"{card.format}:{card.facility}:{card.number}"


def _keys(data: bytes, now: float) -> list[ReaderEvent]:
    """Every byte is a key; all others together are one garbage."""
    keys = [_AS_KEY.get(data[at : at + 1]) for at in range(len(data))]
    strange = sum(key is None for key in keys)
    events: list[ReaderEvent] = [KeyPressed(key, now) for key in keys if key is not None]
    return [*events, Garbage(GarbageReason.CONTROL, strange, now)] if strange else events
