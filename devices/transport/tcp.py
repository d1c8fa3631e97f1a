"""A TCP connection as a Transport.

A peer that closes, resets or cannot be found is Unreachable, after which this object is of no more use and a new one
must be opened (`reopen.py`). A peer that loses its power says nothing at all: only the driver's own time-out, waiting
for an answer, notices that.
"""

from __future__ import annotations

import select
import socket
import time

from devices.errors import Unreachable

CONNECT_TIMEOUT_S = 1.0  # judgement: a board on the site's own network answers in milliseconds or is not there
WRITE_TIMEOUT_S = 2.0
SLICE_S = 0.2  # how soon a read notices that another thread has closed the line
DRAIN_MAX = 65536


class TcpLine:
    """An open connection. Raises Unreachable when nobody answers within `connect_timeout_s`."""

    def __init__(self, host: str, port: int, *, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        self._where = f"{host}:{port}"
        self._closed = False
        try:
            self._socket = socket.create_connection((host, port), connect_timeout_s)
        except OSError as error:
            raise Unreachable(f"{self._where} cannot be reached: {error.strerror or error}") from error
        self._socket.settimeout(WRITE_TIMEOUT_S)
        # A request is one small packet, and must not wait for the acknowledgement of the one before.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""
        deadline = time.monotonic() + timeout_s
        while True:
            remaining = max(0.0, deadline - time.monotonic())
            if self._ready(min(remaining, SLICE_S)):
                return self._take(max_bytes)
            if remaining <= SLICE_S:
                return b""

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._check()
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._gone(error) from error

    def drain(self) -> None:
        """See Transport."""
        dropped = 0
        while dropped < DRAIN_MAX and self._ready(0):
            dropped += len(self._take(4096))

    def close(self) -> None:
        """See Transport."""
        self._closed = True
        self._socket.close()

    def _ready(self, timeout_s: float) -> bool:
        self._check()
        try:
            return bool(select.select([self._socket], [], [], timeout_s)[0])
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _take(self, max_bytes: int) -> bytes:
        """What lies ready. Ready but empty is how the other end's closing reads."""
        self._check()
        try:
            data = self._socket.recv(max_bytes)
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            raise Unreachable(f"{self._where} has closed the connection")
        return data

    def _check(self) -> None:
        if self._closed:
            raise Unreachable(f"{self._where} is closed")

    def _gone(self, error: Exception) -> Unreachable:
        return Unreachable(f"{self._where} is gone: {error}")
