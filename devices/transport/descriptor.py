"""What a serial port and a TCP connection have in common: a descriptor that is waited on, and taken from as bytes come.

Whatever is wrong with the line is Unreachable, after which this object is of no more use and a new one must be opened
(`reopen.py`).
"""

from __future__ import annotations

import select
import socket
import time
from abc import ABC, abstractmethod

from devices.errors import Unreachable

SLICE_S = 0.2  # how soon a read notices that another thread has closed the line
DRAIN_MAX = 65536  # a chattering line must not keep a drain busy for ever


class DescriptorLine(ABC):
    """A Transport on one descriptor, or on what has one and knows when it is closed. `name`: what errors call it."""

    def __init__(self, name: str, descriptor: int | socket.socket) -> None:
        self._name, self._descriptor = name, descriptor
        self._closed = False

    @abstractmethod
    def write(self, data: bytes) -> None:
        """See Transport."""

    @abstractmethod
    def _take(self, max_bytes: int) -> bytes:
        """What lies ready. Raises Unreachable."""

    @abstractmethod
    def _let_go(self) -> None:
        """Close what was opened. May be called twice."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""
        deadline = time.monotonic() + timeout_s
        while True:
            remaining = max(0.0, deadline - time.monotonic())
            if self._ready(min(remaining, SLICE_S)):
                self._check()
                return self._take(max_bytes)
            if remaining <= SLICE_S:
                return b""

    def drain(self) -> None:
        """See Transport."""
        dropped = 0
        while dropped < DRAIN_MAX and self._ready(0):
            self._check()
            dropped += len(self._take(4096))

    def close(self) -> None:
        """See Transport."""
        self._closed = True
        self._let_go()

    def _ready(self, timeout_s: float) -> bool:
        self._check()
        try:
            return bool(select.select([self._descriptor], [], [], timeout_s)[0])
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _check(self) -> None:
        if self._closed:
            raise Unreachable(f"{self._name} is closed")

    def _gone(self, error: Exception) -> Unreachable:
        return Unreachable(f"{self._name} is gone: {error}")
