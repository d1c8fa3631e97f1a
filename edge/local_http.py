"""How this node serves pages to its own browser: so many connections, and a head in so many seconds.

uvicorn keeps whatever the kernel hands over and waits for a head for ever. Whoever opened as many connections as the
process may have files would leave the lanes none for their readers and for the journal.
"""

from __future__ import annotations

from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from devices.head_clock import HeadClock

CONNECTIONS_MAX = 64
"""A browser opens six, and a lane's screen keeps two of them."""
HEAD_MAX = 256 << 10
"""Bytes; the last piece that was read may go beyond."""
HEAD_S = 20
"""Seconds for the whole head of a request, from the connection or from the first byte after the answer before it."""


def local(app: Any) -> uvicorn.Config:
    """For an application that is served at this machine's own address."""
    return uvicorn.Config(
        app, http=Few, ws="none", log_config=None, access_log=False, server_header=False, timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
    )  # fmt: skip


class Few(HeadClock, AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses this class as it is imported
    """uvicorn's own protocol, with a bound on how many there are and on the time without a request."""

    _one_too_many = False
    head_s = HEAD_S
    _in_head, _head = False, 0

    def connection_made(self, transport: Any) -> None:
        self._one_too_many = len(self.server_state.connections) >= CONNECTIONS_MAX
        if self._one_too_many:
            transport.abort()
            return
        super().connection_made(transport)
        self.await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.heard()
        self._bound(len(data))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_waiting()
        if not self._one_too_many:
            super().connection_lost(exc)

    def _bound(self, size: int) -> None:
        """The parser copies all that it has of a header with each piece that comes."""
        self._head += size
        if self._in_head and self._head > HEAD_MAX:
            self.transport.abort()
