"""A thread that plays the device at one end of a wire."""

from __future__ import annotations

import threading
from typing import Protocol

from devices.errors import Unreachable
from devices.transport.port import Transport


class Played(Protocol):
    """A simulated device that answers bytes."""

    def serve(self, wire: Transport, stop: threading.Event) -> None:
        """Answer until `stop` is set or the wire is gone (Unreachable)."""


class Serving:
    """Serves `device` on `wire` from its own thread until `close`. The wire stays the caller's."""

    def __init__(self, device: Played, wire: Transport, name: str = "simulated device") -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(device, wire), name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering; returns when the thread has ended. May be called twice."""
        self._stop.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """True while the device answers; False after `close` or when the wire was pulled."""
        return self._thread.is_alive()

    def _run(self, device: Played, wire: Transport) -> None:
        try:
            device.serve(wire, self._stop)
        except Unreachable:
            return  # the cable was pulled: a device notices nothing else either
