"""What a link leads to, for somebody without an account; who tries links is not listened to for a while (SEC-05).

A link is looked for first, by one probe of an index: it cannot be guessed (link_token.py), so whoever has a right one
is never kept waiting for those behind the same address who try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from central.base.identity.tries import Room, Tries
from central.base.kernel.errors import NoSuchLink, TooMany
from central.base.kernel.sources import source_of
from central.base.kernel.turns import AT_ONCE

WRONG_LINKS_MAX = 30
REST = timedelta(minutes=15)
OF_ONE_LINK_MAX = 2
"""A phone asks for the page and then for the picture. More at once would take the turns of everybody else."""

Found = TypeVar("Found")


class LinkTries:
    """Wrong links by source. A right one, also one that is over or was replaced, counts for nothing."""

    def __init__(self) -> None:
        self._tries = Tries(WRONG_LINKS_MAX, REST)
        self._room = Room(AT_ONCE, OF_ONE_LINK_MAX)

    def found(self, address: str | None, now: datetime, find: Callable[[], Found]) -> Found:
        """What `find` finds. Its NoSuchLink is a wrong link; too many of them are answered with TooMany."""
        try:
            return find()
        except NoSuchLink as wrong:
            if self._tries.count(source_of(address), now) is None:
                raise TooMany("identity.too_many_links", retry_after_s=int(REST.total_seconds())) from wrong
            raise

    @contextmanager
    def one_of_few(self, token: str) -> Iterator[None]:
        """A place for what is asked by one link, kept to the end of the block; TooMany when it has its places."""
        with self._room.place(token) as placed:
            if not placed:
                raise TooMany("identity.link_busy", retry_after_s=1)
            yield
