"""libosdp's way to a transport of ours, for either end: a panel that asks readers, and a node that a panel asks.

The library knows three calls that must never raise: an exception below it would end its work without a word. What goes
wrong is kept here, for whoever drives the library to raise.
"""

from __future__ import annotations

from collections.abc import Callable

from devices.errors import DeviceError
from devices.transport.port import Transport

ARRIVED_MAX = 4096
"""A babbling line must not fill the memory; the longest frame has a third of this."""


class OsdpChannel:
    """One line. `fault`: what ended it; `heard_at`: when anything came, in the clock's seconds."""

    id = 0  # the library groups devices by it; here each has a line of its own

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._arrived = bytearray()
        self.heard_at: float | None = None
        self.fault: DeviceError | None = None

    def listen(self, timeout_s: float, now: Callable[[], float]) -> None:
        """Wait until something arrives, at most so long. Raises Unreachable."""
        data = self._transport.read(1024, timeout_s)
        if data:
            self._arrived += data
            del self._arrived[:-ARRIVED_MAX]
            self.heard_at = now()

    def read(self, max_bytes: int) -> bytes:
        """For the library: what has arrived."""
        taken = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        return taken

    def write(self, buf: bytes) -> int:
        """For the library: send it all, or keep why not."""
        try:
            self._transport.write(bytes(buf))
        except DeviceError as error:
            self.fault = error
        return len(buf)

    def flush(self) -> None:
        """For the library: begin anew."""
        self._arrived.clear()
