"""How often a pass was used, and which grants have not ended yet: counted in the transaction of the append itself.

    a granted decision with a pass           the pass is used once more, and the grant is open
    Passage, somebody went through           the grant has ended
    Passage, timeout or not released         the grant has ended and the use is given back: nobody came in
    Passage, restart                         the grant has ended; the use stays counted, since nobody knows

A second decision of the same recognition (the same correlation id) while its grant is open is not a second use. A door
that stands open for fire is no use of a pass either: then nothing was checked, not even the signature.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from uuid import UUID

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.wire.events import DecisionMade, EventBody, Passage

SCHEMA = """
CREATE TABLE IF NOT EXISTS uses(
    pass_id BLOB PRIMARY KEY,
    used INTEGER NOT NULL CHECK (used >= 0)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS open_grants(
    correlation BLOB PRIMARY KEY,
    seq INTEGER NOT NULL,
    lane_id BLOB,
    pass_id BLOB
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Granted:
    pass_id: UUID | None


@dataclass(frozen=True, slots=True)
class Ended:
    gives_back: bool


Note = Granted | Ended


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A grant of which the journal does not say how it ended. `pass_id` is None when no use of a pass was counted."""

    correlation: UUID
    lane_id: UUID | None
    pass_id: UUID | None


def note_of(body: EventBody) -> Note | None:
    """What an event means for the counts; None for most."""
    if isinstance(body, DecisionMade) and body.decision.outcome is Outcome.GRANT:
        counted = body.decision.kind is Kind.PASS and body.decision.reason is not Reason.FIRE
        return Granted(body.decision.credential_id if counted else None)
    if isinstance(body, Passage):
        return Ended(gives_back=not body.passed and body.why in ("timeout", "not_released"))
    return None


def take_note(db: sqlite3.Connection, note: Note, seq: int, correlation: UUID, lane_id: UUID | None) -> None:
    """Count inside the caller's transaction."""
    if isinstance(note, Granted):
        pass_id = note.pass_id.bytes if note.pass_id else None
        opened = db.execute(
            "INSERT OR IGNORE INTO open_grants VALUES (?, ?, ?, ?)",
            (correlation.bytes, seq, lane_id.bytes if lane_id else None, pass_id),
        )
        if opened.rowcount and pass_id is not None:
            db.execute("INSERT INTO uses VALUES (?, 1) ON CONFLICT DO UPDATE SET used = used + 1", (pass_id,))
        return
    ended = db.execute("DELETE FROM open_grants WHERE correlation=? RETURNING pass_id", (correlation.bytes,)).fetchall()
    if ended and ended[0][0] is not None and note.gives_back:
        db.execute("UPDATE uses SET used = max(0, used - 1) WHERE pass_id=?", (ended[0][0],))


def uses_of(db: sqlite3.Connection, pass_id: UUID) -> int:
    row = db.execute("SELECT used FROM uses WHERE pass_id=?", (pass_id.bytes,)).fetchone()
    return int(row[0]) if row else 0


def unfinished(db: sqlite3.Connection) -> tuple[Unfinished, ...]:
    """Open grants, oldest first."""
    rows = db.execute("SELECT correlation, lane_id, pass_id FROM open_grants ORDER BY seq")
    return tuple(Unfinished(UUID(bytes=c), _uuid(lane), _uuid(pass_id)) for c, lane, pass_id in rows)


def _uuid(value: bytes | None) -> UUID | None:
    return UUID(bytes=value) if value is not None else None
