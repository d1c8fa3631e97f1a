"""The driver for LCUS boards: told, never asked.

Nothing comes back, so a switching that returned was *sent*, and no more is claimed: `reads_back` is False. There is no
timer either: whoever dies after "on" leaves the relay on. Both together allow such a board only where a door that
stays released is safe, and where another input shows what the door does. It has no inputs of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from devices.door import lcus
from devices.door.untimed import check_channel, pulse
from devices.errors import Refused
from devices.transport.port import Transport


class LcusBoard:
    """A RelayBoard that can only be written to."""

    inputs = 0
    timed = False
    reads_back = False

    def __init__(self, transport: Transport, channels: int, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._transport = transport
        self._wait = wait
        self._lock = threading.Lock()
        self.outputs = channels

    def pulse(self, channel: int, ms: int) -> None:
        """See RelayBoard."""
        check_channel(self, channel)
        pulse(self, channel, ms, self._wait)

    def set(self, channel: int, on: bool) -> None:
        """See RelayBoard. Returns once it was sent."""
        check_channel(self, channel)
        with self._lock:
            self._transport.write(lcus.encode(channel, on))

    def read_outputs(self) -> tuple[bool, ...]:
        """Always Refused: what was last told is not what is."""
        raise Refused("an LCUS board cannot be asked for its outputs; another input must confirm what it does")

    def read_inputs(self) -> tuple[bool, ...]:
        """None to read. Notices an unplugged board all the same, and forgets what some firmwares chatter."""
        self._transport.drain()
        return ()

    def close(self) -> None:
        """See RelayBoard."""
        self._transport.close()
