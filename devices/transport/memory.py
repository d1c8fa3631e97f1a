"""The cable in tests: two ends in memory, and a hand on it that splits, garbles, delays or drops.

    cable = Cable()
    cable.a.write(b"hello"); cable.b.read(16, 1.0)     # b"hello"
    cable.to_b = lambda data: [data[:2], Late(data[2:], by_s=0.03)]

`Cables` gives ends a name for `...+memory://NAME` addresses. It is an ordinary object that a test makes and throws
away: nothing here is global, so nothing leaks from one test into the next.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from devices.errors import AddressError, Busy, Unreachable


@dataclass(frozen=True, slots=True)
class Late:
    """A piece that arrives `by_s` seconds after it was sent."""

    data: bytes
    by_s: float


Manipulate = Callable[[bytes], Iterable[bytes | Late]]
"""From what was written to what arrives: several pieces = split, other bytes = garbled, none = dropped."""


class Cable:
    """Two ends joined. `to_a` and `to_b` may be set at any time to damage what travels that way; None = clean."""

    def __init__(self, to_a: Manipulate | None = None, to_b: Manipulate | None = None) -> None:
        self.to_a = to_a
        self.to_b = to_b
        self.a = MemoryEnd(self, lambda: self.to_b)
        self.b = MemoryEnd(self, lambda: self.to_a)
        self.a.peer, self.b.peer = self.b, self.a

    def cut(self) -> None:
        """Pull the plug: both ends raise Unreachable from now on."""
        self.a.go_dark()
        self.b.go_dark()


class MemoryEnd:
    """One end of a cable; a Transport. Any thread may use it."""

    def __init__(self, cable: Cable, manipulate: Callable[[], Manipulate | None]) -> None:
        self.cable = cable
        self.peer: MemoryEnd = self
        self._manipulate = manipulate
        self._pieces: list[tuple[float, int, bytes]] = []  # (due, order, data); order keeps equal times in sequence
        self._order = 0
        self._dark = False
        self._closed = False
        self._changed = threading.Condition()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport. A piece is never joined with the next, so that a split stays visible."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                self._check()
                now = time.monotonic()
                if self._pieces and self._pieces[0][0] <= now:
                    due, order, data = heapq.heappop(self._pieces)
                    if len(data) > max_bytes:
                        heapq.heappush(self._pieces, (due, order, data[max_bytes:]))
                    return data[:max_bytes]
                wake = min(deadline, self._pieces[0][0]) if self._pieces else deadline
                if now >= deadline:
                    return b""
                self._changed.wait(wake - now)

    def write(self, data: bytes) -> None:
        """See Transport."""
        with self._changed:
            self._check()
        manipulate = self._manipulate()
        pieces: list[bytes | Late] = [data] if manipulate is None else list(manipulate(data))
        self.peer._arrive(pieces)

    def drain(self) -> None:
        """See Transport. What is still under way is not drained: it arrives later, as on a real line."""
        with self._changed:
            self._check()
            now = time.monotonic()
            self._pieces = [piece for piece in self._pieces if piece[0] > now]
            heapq.heapify(self._pieces)

    def close(self) -> None:
        """See Transport. The other end sees silence, as on a serial line."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def reopen(self) -> None:
        """Open, or open again after `close`: what arrived before is lost, as on a port nobody had open."""
        with self._changed:
            self._closed = False
            self._pieces.clear()

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._closed

    def go_dark(self) -> None:
        """The line is gone for this end."""
        with self._changed:
            self._dark = True
            self._changed.notify_all()

    def _arrive(self, pieces: list[bytes | Late]) -> None:
        with self._changed:
            now = time.monotonic()
            for piece in pieces:
                data, by_s = (piece.data, piece.by_s) if isinstance(piece, Late) else (piece, 0.0)
                if data and not self._closed and not self._dark:
                    self._order += 1
                    heapq.heappush(self._pieces, (now + by_s, self._order, data))
            self._changed.notify_all()

    def _check(self) -> None:
        if self._dark:
            raise Unreachable("the cable is cut")
        if self._closed:
            raise Unreachable("the line is closed")


class Cables:
    """Named cable ends, for memory addresses. Make one per test."""

    def __init__(self) -> None:
        self._ends: dict[str, MemoryEnd] = {}
        self._taken: set[str] = set()

    def register(self, name: str, end: MemoryEnd) -> None:
        """Give `end` a name. Raises ValueError when the name is in use."""
        if name in self._ends:
            raise ValueError(f"a cable named {name!r} is already registered")
        self._ends[name] = end

    def unregister(self, name: str) -> None:
        """Forget a name: its address is unreachable from now on."""
        del self._ends[name]
        self._taken.discard(name)

    def take(self, name: str) -> MemoryEnd:
        """The end behind a name, opened. Raises AddressError for an unknown name, Busy while it is open elsewhere."""
        end = self._ends.get(name)
        if end is None:
            known = ", ".join(sorted(self._ends)) or "none"
            raise AddressError(f"no cable named {name!r}; registered: {known}")
        if name in self._taken and not end.closed:
            raise Busy(f"the cable {name!r} is open already")
        end.reopen()
        self._taken.add(name)
        return end
