"""skeleton: being filled now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from edge.store.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Kept:
    stored: bool
    lost_unsent: int = 0
    why: str | None = None


class Pictures:
    @classmethod
    def open(cls, folder: Path, keys: KeyRing, *, max_count: int = 5000, max_bytes: int = 500_000_000) -> Pictures:
        raise NotImplementedError

    def keep(self, event_id: UUID, jpeg: bytes) -> Kept:
        raise NotImplementedError

    def take(self, event_id: UUID) -> bytes | None:
        raise NotImplementedError

    def pending(self, limit: int) -> tuple[UUID, ...]:
        raise NotImplementedError

    def sent(self, event_id: UUID) -> None:
        raise NotImplementedError
