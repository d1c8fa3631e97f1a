"""skeleton: being filled now."""

from __future__ import annotations
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID
from edge.store.keys import KeyRing
from models.values.time import utc_now
from models.wire.envelope import Event
from models.wire.events import EventBody


class JournalError(Exception):
    """Root."""


class JournalFull(JournalError): ...


class JournalCorrupt(JournalError): ...


class JournalBusy(JournalError): ...


class JournalForeign(JournalError): ...


class JournalFault(JournalError): ...


@dataclass(frozen=True, slots=True)
class Entry:
    body: EventBody
    correlation: UUID
    lane_id: UUID | None = None
    at: datetime | None = None
    personal: bytes | None = None
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    correlation: UUID
    lane_id: UUID | None
    pass_id: UUID | None


@dataclass(frozen=True, slots=True)
class JournalHealth:
    size_bytes: int
    events: int
    unacked: int
    reserve: bool
    dropped: int


class Journal:
    @classmethod
    def open(
        cls,
        path: Path,
        node_id: UUID,
        keys: KeyRing,
        *,
        now: Callable[[], datetime] = utc_now,
        skew_ms: Callable[[], int | None] = lambda: None,
    ) -> Journal:
        raise NotImplementedError

    def append(self, *entries: Entry) -> tuple[Event, ...]:
        raise NotImplementedError

    def read(self, after_seq: int, limit: int) -> tuple[Event, ...]:
        raise NotImplementedError

    def head(self) -> tuple[int, bytes]:
        raise NotImplementedError

    @property
    def acked_seq(self) -> int:
        raise NotImplementedError

    def mark_acked(self, seq: int) -> None:
        raise NotImplementedError

    def verify(self, on_progress: Callable[[int, int], None] | None = None) -> int | None:
        raise NotImplementedError

    def unfinished(self) -> tuple[Unfinished, ...]:
        raise NotImplementedError

    def uses_of(self, pass_id: UUID) -> int:
        raise NotImplementedError

    def personal_of(self, event: Event) -> bytes | None:
        raise NotImplementedError

    def wait_for_news(self, after_seq: int, timeout_s: float) -> bool:
        raise NotImplementedError

    def size(self) -> int:
        raise NotImplementedError

    def health(self) -> JournalHealth:
        raise NotImplementedError

    def drop_acked(self, keep: int) -> int:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
