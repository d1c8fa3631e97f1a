"""A connection that brings no request is closed, and so is one whose answer nobody reads: uvicorn itself waits for the
head of the first request, and for the last byte of an answer to be taken, for ever.

uvicorn.Config(app, http=Patient)
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_MAX = 256 << 10
"""Bytes; the last piece that was read may go beyond."""
HEAD_S = 20
"""Seconds for the whole head of a request, from the connection or from the first byte after the answer before it."""
UNREAD_S = 60
"""Seconds in which some of what waits to be sent must go. A stream that is read never waits."""


class Patient(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses this class as it is imported
    """uvicorn's own protocol, with a bound on the time without a request and on that with an answer that is not read.
    Bodies are bounded by `security.Rim`."""

    _in_head, _head = False, 0
    _no_request: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._stop_waiting()
        self._bound(len(data))
        self._see_off()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._see_off()

    def timeout_keep_alive_handler(self) -> None:
        if self in self.connections:  # uvicorn leaves this clock running for one that was reset
            super().timeout_keep_alive_handler()
            self._see_off()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_watching()
        self._see_off()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def _bound(self, size: int) -> None:
        """The parser copies all that it has of a header with each piece that comes."""
        self._head += size
        if self._in_head and self._head > HEAD_MAX:
            self.transport.abort()

    def _wait(self) -> None:
        """Not anew with each byte: a head that trickles in is one head."""
        if self._no_request is None:
            self._no_request = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._no_request is not None:
            self._no_request.cancel()
            self._no_request = None

    def _give_up(self) -> None:
        self._no_request = None
        self.transport.close()
        self._see_off()

    def _see_off(self) -> None:
        """A connection that is closed lives on until what was written is sent."""
        if self.transport.is_closing() and self._unread is None:
            self._watch()

    def _watch(self) -> None:
        self._stop_watching()
        self._unread = self.loop.call_later(UNREAD_S, self._look, self.transport.get_write_buffer_size())

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _look(self, waited: int) -> None:
        """Nothing is written while it is watched, so that less is a reader, if a slow one."""
        if self.transport.get_write_buffer_size() < waited:
            self._watch()
        else:
            self.transport.abort()
