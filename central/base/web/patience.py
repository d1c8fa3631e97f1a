"""A connection that brings no request is closed: uvicorn itself waits for the head of the first one for ever.

uvicorn.Config(app, http=Patient)
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_S = 20
"""Seconds for the whole head of a request, from the connection or from the first byte after the answer before it."""


class Patient(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses this class as it is imported
    """uvicorn's own protocol, with a bound on the time without a request. Bodies are bounded by `security.Rim`."""

    _no_request: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

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
