"""An LCUS board at the other end of the wire: it obeys and says nothing. Read by hand, not with the driver's codec."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from devices.sim.pty import PtyLine
from devices.sim.relay_board import Edge
from devices.sim.serve import Serving
from devices.transport.port import Transport

SLICE_S = 0.05


class LcusSim:
    """`channels` relays. `dead`: hears and moves nothing, which no driver can tell. Any thread may call it."""

    def __init__(self, channels: int = 4, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.dead = False
        self._clock = clock
        self._lock = threading.Lock()
        self._outputs = [False] * channels
        self._edges: list[Edge] = []
        self._obeyed: list[tuple[int, bool]] = []
        self._heard = b""

    def output(self, channel: int) -> bool:
        """Is the relay on, now?"""
        with self._lock:
            return self._outputs[channel - 1]

    def outputs(self) -> tuple[bool, ...]:
        """All relays, now."""
        with self._lock:
            return tuple(self._outputs)

    def edges(self) -> tuple[Edge, ...]:
        """Every movement since power-up, oldest first."""
        with self._lock:
            return tuple(self._edges)

    def obeyed(self, channel: int) -> list[bool]:
        """Every sound order to this relay, also those that moved nothing, oldest first."""
        with self._lock:
            return [on for number, on in self._obeyed if number == channel]

    def serve(self, wire: Transport, stop: threading.Event) -> None:
        """Obey until stopped. Raises Unreachable when the wire is gone."""
        while not stop.is_set():
            self.hear(wire.read(256, SLICE_S))

    def hear(self, data: bytes) -> None:
        """Obey every sound frame in what has come so far; of anything else, one byte is passed over at a time."""
        with self._lock:
            self._heard += b"" if self.dead else data
            while len(self._heard) >= 4:
                start, channel, operation, check = self._heard[:4]
                sound = start == 0xA0 and (0xA0 + channel + operation) % 256 == check
                if sound and 1 <= channel <= len(self._outputs) and operation in (0, 1):
                    self._move(channel, operation == 1)
                self._heard = self._heard[4 if sound else 1 :]

    def _move(self, channel: int, on: bool) -> None:
        self._obeyed.append((channel, on))
        if self._outputs[channel - 1] is not on:
            self._outputs[channel - 1] = on
            self._edges.append(Edge(self._clock(), channel, on))


class LcusPort:
    """A simulated board on a serial port of its own: `address` opens it, `board` shows what it does."""

    def __init__(self, port: Path, channels: int = 4) -> None:
        self.board = LcusSim(channels)
        self._line = PtyLine(port.absolute())
        self._serving = Serving(self.board, self._line, name="LCUS board")
        self.address = f"lcus+serial://{quote(self._line.path)}?channels={channels}"

    def close(self) -> None:
        """Unplug. May be called twice."""
        self._serving.close()
        self._line.close()
