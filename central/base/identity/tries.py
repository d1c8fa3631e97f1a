"""Log-ins, wrong and right, remembered in this process within bounds, and the places for those under way.

A try is counted before its password is looked at, so that many at once cannot outrun the count, and taken back when
the password was right. What is forgotten at a restart, or when more keys come than fit, only makes a guess slower to
refuse: the wide lock of an account lies in the database (log_in.py).
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

KEYS_MAX = 10_000


class Tries:
    """Tries by key. After `limit` of them a key is refused until `rest` has passed since the last one that counted.

    fade: fewer than `limit` are forgotten after `rest` too; otherwise they stand, as an account's in the database do.
    """

    def __init__(self, limit: int, rest: timedelta, *, fade: bool = True, keys_max: int = KEYS_MAX) -> None:
        self._limit, self._rest, self._fade, self._keys_max = limit, rest, fade, keys_max
        self._tries: OrderedDict[Hashable, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, key: Hashable, now: datetime) -> int | None:
        """Count one try and say how many there are now; None when there were too many already. The oldest key is
        forgotten when there is no room."""
        with self._lock:
            tries, last = self._tries.get(key, (0, now))
            if now - last >= self._rest and (self._fade or tries >= self._limit):
                tries = 0
            if tries >= self._limit:
                return None
            self._tries[key] = (tries + 1, now)
            self._tries.move_to_end(key)
            if len(self._tries) > self._keys_max:
                self._tries.popitem(last=False)
            return tries + 1

    def rests(self, key: Hashable, now: datetime) -> bool:
        """Whether the next try would be refused."""
        with self._lock:
            tries, last = self._tries.get(key, (0, now))
            return tries >= self._limit and now - last < self._rest

    def take_back(self, key: Hashable) -> None:
        """One try was none."""
        with self._lock:
            tries, last = self._tries.get(key, (0, None))
            if last is not None and tries > 1:
                self._tries[key] = (tries - 1, last)
            else:
                self._tries.pop(key, None)

    def forget(self, key: Hashable) -> None:
        with self._lock:
            self._tries.pop(key, None)

    def __len__(self) -> int:
        return len(self._tries)


class Rate:
    """At most `most` of a key at once, and `most` in each `span` for good: what was counted flows off evenly, so that
    who comes seldom enough is never refused, however long. The oldest key is forgotten when there is no room."""

    def __init__(self, most: int, span: timedelta, *, keys_max: int = KEYS_MAX) -> None:
        self._most, self._each, self._keys_max = most, span / most, keys_max
        self._full_until: OrderedDict[Hashable, datetime] = OrderedDict()
        """By key: when all that was counted will have flowed off."""
        self._lock = threading.Lock()

    def count(self, key: Hashable, now: datetime) -> timedelta | None:
        """Count one; or say how long until there is room for one, and count nothing."""
        with self._lock:
            full_until = max(self._full_until.get(key, now), now) + self._each
            wait = full_until - now - self._each * self._most
            if wait > timedelta():
                return wait
            self._full_until[key] = full_until
            self._full_until.move_to_end(key)
            if len(self._full_until) > self._keys_max:
                self._full_until.popitem(last=False)
            return None

    def __len__(self) -> int:
        return len(self._full_until)


class Lately:
    """Keys that proved right, for `span` after the last time. The oldest is forgotten when there is no room."""

    def __init__(self, span: timedelta, *, keys_max: int = KEYS_MAX) -> None:
        self._span, self._keys_max = span, keys_max
        self._at: OrderedDict[Hashable, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, key: Hashable, now: datetime) -> None:
        with self._lock:
            self._at[key] = now
            self._at.move_to_end(key)
            if len(self._at) > self._keys_max:
                self._at.popitem(last=False)

    def within(self, key: Hashable, now: datetime) -> bool:
        with self._lock:
            at = self._at.get(key)
            return at is not None and now - at < self._span

    def __len__(self) -> int:
        return len(self._at)


class Room:
    """Places for log-ins under way: so many in all, fewer for one source, nobody waits outside."""

    def __init__(self, places: int, places_of_one_source: int) -> None:
        self._places, self._places_of_one_source = places, places_of_one_source
        self._inside: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def place(self, source: str) -> Iterator[bool]:
        """True with a place, kept to the end of the block; False when there is none."""
        with self._lock:
            free = self._inside.total() < self._places and self._inside[source] < self._places_of_one_source
            if free:
                self._inside[source] += 1
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._inside[source] -= 1
                    self._inside += Counter()  # drops what stands at zero: the table holds who is inside, no more
