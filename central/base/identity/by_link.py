"""What a link leads to, for somebody without an account; who tries links is not listened to for a while (SEC-05)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from central.base.identity.tries import Tries
from central.base.kernel.errors import Gone, TooMany
from central.base.kernel.sources import source_of

WRONG_LINKS_MAX = 30
REST = timedelta(minutes=15)

Found = TypeVar("Found")


class LinkTries:
    """Wrong links by source. A right one, also one that is over, counts for nothing."""

    def __init__(self) -> None:
        self._tries = Tries(WRONG_LINKS_MAX, REST)

    def found(self, address: str | None, now: datetime, find: Callable[[], Found]) -> Found:
        """What `find` finds. Its `Gone` is a wrong link; with too many of them nothing is asked: TooMany."""
        source = source_of(address)
        if self._tries.count(source, now) is None:
            raise TooMany("identity.too_many_links", retry_after_s=int(REST.total_seconds()))
        try:
            found = find()
        except Gone:
            raise
        except Exception:  # a fault of ours is nobody's wrong link
            self._tries.take_back(source)
            raise
        self._tries.take_back(source)
        return found
