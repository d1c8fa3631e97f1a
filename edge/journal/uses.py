"""How often a pass was used, and which grants have not ended yet: counted in the transaction of the append itself.

    a granted decision with a pass           the pass is used once more, and the grant is open
    Passage, somebody went through           the grant has ended
    Passage, timeout or not released         the grant has ended and the use is given back: nobody came in
    Passage, restart, fire, board silent     the grant has ended; the use stays counted, since nobody knows

A pass is used by entering: a grant at a lane out is open as any other and counts nothing.

A second decision of the same recognition (the same correlation id) while its grant is open is not a second use. A door
that stands open for fire is no use of a pass either: then nothing was checked, not even the signature.

Uses are a table, for they outlive the events. It is brought up to date every few hundred events, not at each: a second
page to sync per grant was a tenth of the journal's speed. What came after is in memory, and so are the open grants; at
start both are found again in the events themselves, from `replay_from` on. A count is therefore exactly as durable as
the event that caused it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.site.topology import Direction
from models.wire.events import EVENT_BODY, DecisionMade, EventBody, Passage

SCHEMA = """
CREATE TABLE IF NOT EXISTS uses(
    pass_id BLOB PRIMARY KEY,
    used INTEGER NOT NULL CHECK (used >= 0)
) STRICT, WITHOUT ROWID;
"""
_COUNT = "INSERT INTO uses VALUES (?1, max(0, ?2)) ON CONFLICT DO UPDATE SET used = max(0, used + ?2)"
_COUNTED = "SELECT counted_to, (SELECT used FROM uses WHERE pass_id=?) FROM chain"
_TELLING = """
SELECT seq, correlation, lane_id, CAST(body AS BLOB) FROM events
WHERE seq >= ? AND (instr(body, '"kind":"decision"') OR instr(body, '"kind":"passage"')) ORDER BY seq
"""

log = logging.getLogger(__name__)


class Granted(NamedTuple):
    pass_id: bytes | None


class Ended(NamedTuple):
    gives_back: bool


Note = Granted | Ended


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A grant of which the journal does not say how it ended. `pass_id` is None when no use of a pass was counted."""

    correlation: UUID
    lane_id: UUID | None
    pass_id: UUID | None


class Said(NamedTuple):
    """A note, where it stands, and what it is about. Ids as bytes: hashing a UUID is a call, hashing bytes is not."""

    note: Note
    seq: int
    correlation: bytes
    lane_id: bytes | None


def note_of(body: EventBody) -> Note | None:
    """What an event means for the counts; None for most."""
    if isinstance(body, DecisionMade) and body.decision.outcome is Outcome.GRANT:
        leaves = body.decision.inputs.get("direction") == Direction.OUT  # older nodes wrote no inputs: counted, as then
        counted = body.decision.kind is Kind.PASS and body.decision.reason is not Reason.FIRE and not leaves
        pass_id = body.decision.credential_id
        return Granted(pass_id.bytes if counted and pass_id else None)
    if isinstance(body, Passage):
        return Ended(gives_back=not body.passed and body.why in ("timeout", "not_released"))
    return None


@dataclass(slots=True)
class Change:
    """What some events do to the open grants and the counts; not done yet."""

    opened: dict[bytes, Said] = field(default_factory=dict)
    ended: set[bytes] = field(default_factory=set)
    counts: dict[bytes, int] = field(default_factory=dict)

    def add(self, pass_id: bytes | None, uses: int) -> None:
        if pass_id is not None:
            self.counts[pass_id] = self.counts.get(pass_id, 0) + uses


class Uses:
    """Open grants, oldest first, and the counts that are not in the table yet.

    The caller sees to it that one thread at a time changes it.
    """

    def __init__(self, counted_to: int) -> None:
        self.counted_to = counted_to  # the table holds what happened up to here
        self._open: dict[bytes, Said] = {}  # by correlation, each with its grant
        self._pending: dict[bytes, int] = {}

    def plan(self, said: Iterable[Said]) -> Change:
        """What these events, in this order, will change. Changes nothing."""
        change = Change()
        for one in said:
            note, seq, correlation, _ = one
            there = change.opened.get(correlation)
            if there is None and correlation not in change.ended:
                there = self._open.get(correlation)
            if isinstance(note, Granted):
                if there is None:
                    change.opened[correlation] = one
                    change.add(note.pass_id if seq > self.counted_to else None, 1)
            elif there is not None:
                if change.opened.pop(correlation, None) is None:
                    change.ended.add(correlation)
                if note.gives_back and seq > self.counted_to and isinstance(there.note, Granted):
                    change.add(there.note.pass_id, -1)
        return change

    def make(self, change: Change) -> None:
        for correlation in change.ended:
            del self._open[correlation]
        self._open.update(change.opened)
        for pass_id, uses in change.counts.items():
            self._pending[pass_id] = self._pending.get(pass_id, 0) + uses

    def write(self, db: sqlite3.Connection, head_seq: int, *, forgetting: int = 0) -> None:
        """Bring table and chain row up to `head_seq` in the caller's transaction; `written` says that it was committed.

        `forgetting`: events up to here are dropped; a grant so old, which central has long had, is no longer under way.
        """
        db.executemany(_COUNT, [(pass_id, uses) for pass_id, uses in self._pending.items() if uses])
        oldest = next((grant.seq for grant in self._open.values() if grant.seq > forgetting), head_seq + 1)
        db.execute("UPDATE chain SET counted_to=?, replay_from=?", (head_seq, oldest))

    def written(self, head_seq: int, *, forgetting: int = 0) -> None:
        self.counted_to = head_seq
        self._pending.clear()
        while self._open and next(iter(self._open.values())).seq <= forgetting:
            del self._open[next(iter(self._open))]

    def of(self, db: sqlite3.Connection, pass_id: UUID) -> int:
        """How often a pass was used. `db` is one snapshot; what it counted may be ahead of us, never behind."""
        counted_to, used = db.execute(_COUNTED, (pass_id.bytes,)).fetchone()
        pending = self._pending.get(pass_id.bytes, 0) if counted_to == self.counted_to else 0
        return max(0, (used or 0) + pending)

    def unfinished(self) -> tuple[Unfinished, ...]:
        return tuple(
            Unfinished(
                UUID(bytes=grant.correlation),
                UUID(bytes=grant.lane_id) if grant.lane_id is not None else None,
                UUID(bytes=grant.note.pass_id) if isinstance(grant.note, Granted) and grant.note.pass_id else None,
            )
            for grant in self._open.values()
        )


def find_uses(db: sqlite3.Connection, counted_to: int, replay_from: int) -> Uses:
    """What the table does not say, from the events themselves."""
    found = Uses(counted_to)
    for said in _told(db, replay_from):
        found.make(found.plan((said,)))
    return found


def _told(db: sqlite3.Connection, from_seq: int) -> Iterator[Said]:
    for seq, correlation, lane_id, body in db.execute(_TELLING, (from_seq,)):
        try:
            note = note_of(EVENT_BODY.validate_json(body))
            UUID(bytes=correlation)
            if lane_id is not None:
                UUID(bytes=lane_id)
        except ValueError:  # one damaged row must not keep the whole gate from starting
            log.warning("event %d cannot be read; whether it began or ended a grant is unknown", seq)
            continue
        if note is not None:
            yield Said(note, seq, correlation, lane_id)
