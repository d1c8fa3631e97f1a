"""The driver for code scanners on a serial line: bytes to codes, repeats dropped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from devices.ports import Garbage, Scan
from devices.scanner.framing import End, Framer, Framing, Repeats
from devices.transport.port import Transport

READ_MAX = 1024
LOOK_S = 0.25  # how often silence is looked at


class SerialScanner:
    """A Scanner on any transport. One thread reads."""

    def __init__(
        self,
        transport: Transport,
        framing: Framing,
        *,
        repeat_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._framer = Framer(framing)
        self._look_s = framing.idle_s / 2 if framing.end is End.IDLE else LOOK_S  # an `idle` code is not held back
        self._repeats = Repeats(repeat_s)
        self._clock = clock
        self._found: deque[Scan | Garbage] = deque()  # bounded: one read of READ_MAX bytes at a time fills it

    def read(self, timeout_s: float) -> Scan | Garbage | None:
        """See Scanner."""
        deadline = self._clock() + timeout_s
        while True:
            now = self._clock()
            data = b"" if self._found else self._transport.read(READ_MAX, min(max(0.0, deadline - now), self._look_s))
            now = self._clock()
            self._found.extend(self._framer.feed(data, now))
            while self._found:
                found = self._found.popleft()
                if isinstance(found, Garbage) or self._repeats.fresh(found.text, found.at):
                    return found
            if now >= deadline:
                return None

    def close(self) -> None:
        """See Scanner."""
        self._transport.close()
