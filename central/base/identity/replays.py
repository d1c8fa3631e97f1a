"""Requests of nodes that came a second time: counted here, so that a flood of them is one line and not a thousand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

TELL_EVERY = timedelta(seconds=10)

OnReplay = Callable[[Session, UUID, int, str, datetime], None]
"""(transaction of the node's tenant, node, how many since the last word, where the last came from, now)."""


def untold(db: Session, node_id: UUID, count: int, source: str, now: datetime) -> None:
    """While nobody above wants to know: the log has each."""


class Replays:
    """The first of a node is told at once, the others together, when one comes `TELL_EVERY` after the last word."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[UUID, tuple[int, datetime]] = {}

    def note(self, node_id: UUID, now: datetime) -> int:
        """How many are to be told now; 0 while it is too soon. Only who signed can get here, so few are kept."""
        with self._lock:
            count, told_at = self._waiting.get(node_id, (0, None))
            if told_at is not None and abs(now - told_at) < TELL_EVERY:
                self._waiting[node_id] = (count + 1, told_at)
                return 0
            self._waiting[node_id] = (0, now)
            return count + 1
