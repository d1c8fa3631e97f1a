"""How a link is doing, for the health report and the page at the gate."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

FIRST_S = 0.5
MOST_S = 30.0  # after the link is back, sending resumes within this time (SYNC-15)


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """`online_since` None = offline. `last_error` is fit to be shown, and None while all is well."""

    online_since: datetime | None
    last_error: str | None
    last_success: datetime | None = None
    queue: int = 0
    pictures: int = 0


class LinkState:
    """Remembers how the last exchanges went. Any thread may ask."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._online_since: datetime | None = None
        self._last_success: datetime | None = None
        self._last_error: str | None = None

    def went_well(self) -> None:
        with self._lock:
            self._last_success = self._now()
            self._online_since = self._online_since or self._last_success
            self._last_error = None

    def went_wrong(self, error: Exception, *, offline: bool = True) -> None:
        """`offline` False: central answered, and what it said was the trouble."""
        with self._lock:
            self._last_error = str(error)
            if offline:
                self._online_since = None

    def status(self, queue: int = 0, pictures: int = 0) -> SyncStatus:
        with self._lock:
            return SyncStatus(self._online_since, self._last_error, self._last_success, queue, pictures)


class Backoff:
    """Waits that double from half a second to thirty, each shortened by chance to between half and all of it.

    The chance keeps a hundred gates from knocking at the same instant when central comes back.
    """

    def __init__(self, first_s: float = FIRST_S, most_s: float = MOST_S, chance: Callable[[], float] = random.random):
        self._first_s, self._most_s, self._chance = first_s, most_s, chance
        self._next_s = first_s

    def next_s(self) -> float:
        """Seconds to wait before the next try."""
        delay = self._next_s
        self._next_s = min(self._next_s * 2, self._most_s)
        return delay * (0.5 + 0.5 * self._chance())

    def reset(self) -> None:
        self._next_s = self._first_s
