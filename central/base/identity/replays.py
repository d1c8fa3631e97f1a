"""Requests of nodes that came a second time: counted here, so that a flood of them is one line and not a thousand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

TELL_EVERY = timedelta(seconds=10)

OnReplay = Callable[[Session, UUID, int, str, datetime], None]
"""(transaction of the node's tenant, node, how many since the last word, where the last came from, now)."""


def untold(db: Session, node_id: UUID, count: int, source: str, now: datetime) -> None:
    """While nobody above wants to know: the log has each."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of one node: how many are not told yet, where the last of them came from, and when the last word was."""

    tenant_id: UUID
    count: int
    source: str
    told_at: datetime

    def is_due(self, now: datetime) -> bool:
        """A clock that was set back silences nothing."""
        return abs(now - self.told_at) >= TELL_EVERY


class Replays:
    """The first of a node is told at once; the others together, once `TELL_EVERY` is over: with the next that comes
    (`note`), or by whoever looks after those behind which none came (`due`). Each process of central counts its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[UUID, Waiting] = {}

    def note(self, tenant_id: UUID, node_id: UUID, source: str, now: datetime) -> int:
        """How many are to be told now; 0 while it is too soon. Only who signed can get here, so few are kept."""
        with self._lock:
            before = self._waiting.get(node_id)
            count = before.count + 1 if before else 1
            if before is not None and not before.is_due(now):
                self._waiting[node_id] = Waiting(tenant_id, count, source, before.told_at)
                return 0
            self._waiting[node_id] = Waiting(tenant_id, 0, source, now)
            return count

    def due(self, tenant_id: UUID, now: datetime) -> list[tuple[UUID, int, str]]:
        """(node, how many, where the last came from) of what waited long enough; from then on it is told."""
        with self._lock:
            ready = {
                node_id: one for node_id, one in self._waiting.items()
                if one.tenant_id == tenant_id and one.count and one.is_due(now)
            }  # fmt: skip
            self._waiting |= {node_id: replace(one, count=0, told_at=now) for node_id, one in ready.items()}
        return [(node_id, one.count, one.source) for node_id, one in ready.items()]
