"""A TCP connection as a Transport.

A peer that closes, resets or cannot be found is Unreachable, after which this object is of no more use and a new one
must be opened (`reopen.py`). A peer that loses its power says nothing at all: only the driver's own time-out, waiting
for an answer, notices that.
"""

from __future__ import annotations

import socket

from devices.errors import Unreachable
from devices.transport.descriptor import DescriptorLine

CONNECT_TIMEOUT_S = 1.0  # judgement: a board on the site's own network answers in milliseconds or is not there
WRITE_TIMEOUT_S = 2.0


class TcpLine(DescriptorLine):
    """An open connection. Raises Unreachable when nobody answers within `connect_timeout_s`."""

    def __init__(self, host: str, port: int, *, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        name = f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), connect_timeout_s)
        except OSError as error:
            raise Unreachable(f"{name} cannot be reached: {error.strerror or error}") from error
        self._socket.settimeout(WRITE_TIMEOUT_S)
        super().__init__(name, self._socket)
        # A request is one small packet, and must not wait for the acknowledgement of the one before.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._check()
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._gone(error) from error

    def _take(self, max_bytes: int) -> bytes:
        """Ready but empty is how the other end's closing reads."""
        try:
            data = self._socket.recv(max_bytes)
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            raise Unreachable(f"{self._name} has closed the connection")
        return data

    def _let_go(self) -> None:
        self._socket.close()
