"""Whether two machines speak as one node: whoever copied its folder has its key, and takes commands in its place.

A node asks for more when it has the answer to what it asked before. That one of its polls comes while another still
waits happens now and then: a line broke, and the old poll does not know it yet; a tool runs beside the node. It does
not happen `OVERLAPS` times within a minute, as it does where two are at it, each with a poll of eight seconds.

Who copied a key and asks seldom, without waiting, is not found here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

OVERLAPS = 5
WITHIN = timedelta(minutes=1)

Gone = Callable[[], Awaitable[bool]]
"""Whether the other end of a poll has hung up."""


class Polls:
    """The polls that wait, by node. Lives in the event loop; what it has seen is lost at a restart, and seen again."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, list[Gone]] = {}
        self._met: dict[UUID, deque[datetime]] = {}

    @contextmanager
    def waits(self, node_id: UUID, gone: Gone) -> Iterator[None]:
        """A poll waits for the length of the block."""
        polls = self._waiting.setdefault(node_id, [])
        polls.append(gone)
        try:
            yield
        finally:
            polls.remove(gone)
            if not polls:
                self._waiting.pop(node_id, None)

    async def comes(self, node_id: UUID, now: datetime) -> bool:
        """A poll comes. True when with it two have been at once so often that they are of two machines; the count then
        begins anew."""
        others = [await gone() for gone in tuple(self._waiting.get(node_id, ()))]
        if all(others):
            return False
        met = self._met.setdefault(node_id, deque(maxlen=OVERLAPS))
        met.append(now)
        if len(met) < OVERLAPS or now - met[0] > WITHIN:
            return False
        del self._met[node_id]
        return True
