"""An entry is what the gate has to say; prepared, it is everything about the event but its place in the chain.

Preparing (JSON, encryption, ids) happens on the caller's thread before it queues for the disk, so that a group commit
holds the disk for nothing but the writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from edge.journal.errors import EntryTooLarge, JournalFault
from edge.journal.uses import Note, note_of
from edge.store.database import DatabaseFault
from edge.store.keys import KeyFault, KeyRing
from models.values.ids import new_id
from models.values.text import without_control_in_json
from models.wire.events import EventBody

BODY_MAX = 16_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to append. `at` is the clock's when left out.

    `personal` (a name, a token: anything that names a person) is encrypted under the key of `person_id`, or under the
    node's own when that is None, and travels as the event's `sealed`.
    """

    body: EventBody
    correlation: UUID
    lane_id: UUID | None = None
    at: datetime | None = None
    personal: bytes | None = None
    person_id: UUID | None = None


class Prepared(NamedTuple):
    """An event without its place. A tuple, for many are made."""

    event_id: UUID
    at: datetime
    skew_ms: int | None
    correlation: UUID
    lane_id: UUID | None
    body: str
    sealed: bytes | None
    note: Note | None


def prepare(entry: Entry, keys: KeyRing, now: Callable[[], datetime], skew_ms: int | None) -> Prepared:
    """Raises EntryTooLarge, JournalFault when the keys cannot be used, and ValueError for a naive `at`."""
    at = now() if entry.at is None else entry.at
    if at.tzinfo is None:
        raise ValueError("an event's time must be aware: a naive datetime cannot say which zone it means")
    body = without_control_in_json(entry.body.model_dump_json())  # a device's own words may hold anything
    if len(body) > BODY_MAX:
        raise EntryTooLarge(f"a {entry.body.kind} body of {len(body)} characters; the wire carries {BODY_MAX}")
    event_id = new_id()
    sealed = None
    if entry.personal is not None:
        try:
            sealed = keys.seal(entry.personal, personal_aad(event_id), entry.person_id)
        except (sqlite3.Error, DatabaseFault, KeyFault) as error:  # a new person's key is written before it is used
            raise JournalFault(f"无法加密个人数据（{error}）。 / personal data cannot be sealed ({error}).") from error
    return Prepared(
        event_id, at.astimezone(UTC), skew_ms, entry.correlation, entry.lane_id, body, sealed, note_of(entry.body)
    )


def personal_aad(event_id: UUID) -> bytes:
    """Binds the sealed part to its event: moved to another one, it does not open."""
    return b"menting-event-1" + event_id.bytes
