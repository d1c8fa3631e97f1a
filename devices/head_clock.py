"""A connection that brings no whole head of a request in time is closed: uvicorn itself waits for one for ever."""

from __future__ import annotations

import asyncio
from typing import Any


class HeadClock:
    """Beside uvicorn's protocol. `head_s`: seconds for the whole head of a request, from the connection or from the
    first byte after the answer before it."""

    head_s: float
    _no_request: asyncio.TimerHandle | None = None

    def await_head(self: Any) -> None:
        """Not anew with each byte: a head that trickles in is one head."""
        if self._no_request is None:
            self._no_request = self.loop.call_later(self.head_s, self._give_up)

    def heard(self: Any) -> None:
        """After each piece that came and was parsed."""
        if self.cycle is None or self.cycle.response_complete:
            self.await_head()
        else:
            self.stop_waiting()

    def stop_waiting(self) -> None:
        if self._no_request is not None:
            self._no_request.cancel()
            self._no_request = None

    def _give_up(self: Any) -> None:
        self._no_request = None
        self.transport.abort()
