"""A hand on the wire that writes down what passes, both ways, and changes nothing.

    recording = Recording()
    board = open_relay_board(address, cables=Tapped(recording))
    board.read_inputs()
    recording.moments()        # sent and heard, with milliseconds since the recording began

It lies between driver and line, so it hears exactly what the driver heard, split as it was split. What a driver throws
away unread is told too: a late answer and a second device show there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from devices.capture import Asked, Moment, Moved, Way
from devices.errors import AddressError
from devices.transport.memory import Cables, MemoryEnd
from devices.transport.port import Transport

BYTES_MAX = 1_000_000
MOMENTS_MAX = 50_000
DRAIN_MAX = 65536


class Recording:
    """What passed, oldest first. Any thread may use it. When it is full it stops, and says so."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._moments: list[Moment] = []
        self._bytes = 0
        self.full = False

    def moved(self, way: Way, data: bytes) -> None:
        """Bytes went this way."""
        if data:
            self._add(Moved(self._ms(), way, data), len(data))

    def asked(self, call: str, given: tuple[Any, ...], answered: Any) -> None:
        """The driver was called, and this came of it."""
        self._add(Asked(self._ms(), call, given, answered), 0)

    def moments(self) -> tuple[Moment, ...]:
        """All of it so far."""
        with self._lock:
            return tuple(self._moments)

    def tap(self, wire: Transport) -> Transport:
        """`wire`, listened to."""
        return _Tap(wire, self)

    def _ms(self) -> int:
        return round((self._clock() - self._began) * 1000)

    def _add(self, moment: Moment, size: int) -> None:
        with self._lock:
            self.full = self.full or self._bytes + size > BYTES_MAX or len(self._moments) >= MOMENTS_MAX
            if not self.full:
                self._moments.append(moment)
                self._bytes += size


class _Tap:
    def __init__(self, wire: Transport, recording: Recording) -> None:
        self._wire = wire
        self._recording = recording

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        data = self._wire.read(max_bytes, timeout_s)
        self._recording.moved(Way.HEARD, data)
        return data

    def write(self, data: bytes) -> None:
        self._recording.moved(Way.SENT, data)  # before: an answer may be read by the time that write returns
        self._wire.write(data)

    def drain(self) -> None:
        dropped = 0
        while dropped < DRAIN_MAX and (data := self._wire.read(4096, 0)):
            self._recording.moved(Way.DROPPED, data)
            dropped += len(data)

    def close(self) -> None:
        self._wire.close()


class Tapped(Cables):
    """Handed to an opener in place of cables: every line that is opened with it is listened to."""

    def __init__(self, recording: Recording, cables: Cables | None = None) -> None:
        super().__init__()
        self.recording = recording
        self._cables = cables

    def take(self, name: str) -> MemoryEnd:
        """See Cables."""
        if self._cables is None:
            raise AddressError(
                f"no cable named {name!r}: memory addresses work only where a test hands its cables over"
            )
        return self._cables.take(name)
