"""A recorded device at the other end of the wire: it says what was heard then, in answer to what was sent then."""

from __future__ import annotations

import time
from collections.abc import Iterable

from devices.capture import Moment, Moved, Way
from devices.errors import Unreachable

PAUSE_S = 0.002  # an empty line lets other threads run


class OffScript(Exception):
    """The driver sent something else than it sent when the recording was made."""


class Replay:
    """A Transport that plays one recording. What the driver threw away then is not played."""

    def __init__(self, moments: Iterable[Moment]) -> None:
        self._left = [m for m in moments if isinstance(m, Moved) and m.way is not Way.DROPPED]
        if any(moment.withheld for moment in self._left):
            raise ValueError("this recording withholds its bytes and cannot be replayed")
        self._closed = False

    @property
    def over(self) -> bool:
        """True when everything recorded has been said and heard."""
        return not self._left

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""
        self._check()
        if not self._left or self._left[0].way is Way.SENT:
            time.sleep(min(timeout_s, PAUSE_S))
            return b""
        data = self._left[0].data
        rest = data[max_bytes:]
        if rest:
            self._left[0] = Moved(self._left[0].ms, Way.HEARD, rest)
        else:
            del self._left[0]
        return data[:max_bytes]

    def write(self, data: bytes) -> None:
        """See Transport. Raises OffScript."""
        self._check()
        if not self._left or self._left[0].way is not Way.SENT or self._left[0].data != data:
            expected = self._left[0].data.hex(" ") if self._left and self._left[0].way is Way.SENT else "nothing"
            raise OffScript(f"sent {data.hex(' ')}; when it was recorded: {expected}")
        del self._left[0]

    def drain(self) -> None:
        """See Transport."""
        self._check()

    def close(self) -> None:
        """See Transport."""
        self._closed = True

    def _check(self) -> None:
        if self._closed:
            raise Unreachable("the line is closed")
