"""The journal's tables: events that can be added and never changed, and the one row that says where the chain stands.

    events   one row per event; `prev` is not stored: it is the hash of the row before
    chain    base (what the first kept row continues), head (the last row), what central has acked, how far uses
             are counted, and a tag over base and head under a key of the node, so that a tail cut off, or a base moved,
             shows even where the rows left over are a chain

Triggers refuse every change of an event, and every delete above the base; the base never passes what central has
acknowledged. They stop mistakes. What stops a hand with the file open is the chain.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.values.time import EPOCH
from models.wire.envelope import Event, genesis, link

SCHEMA = """
CREATE TABLE IF NOT EXISTS events(
    seq INTEGER PRIMARY KEY,
    v INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    skew_ms INTEGER,
    correlation BLOB NOT NULL,
    lane_id BLOB,
    body TEXT NOT NULL,
    sealed BLOB,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS chain(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    node_id BLOB NOT NULL,
    base_seq INTEGER NOT NULL,
    base_hash BLOB NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    acked_seq INTEGER NOT NULL,
    counted_to INTEGER NOT NULL,
    replay_from INTEGER NOT NULL,
    tag BLOB NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS events_are_never_replaced BEFORE INSERT ON events
WHEN NEW.seq <= (SELECT max(seq) FROM events)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: this place is taken'); END;
CREATE TRIGGER IF NOT EXISTS events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an event never changes'); END;
CREATE TRIGGER IF NOT EXISTS events_above_the_base_stay BEFORE DELETE ON events
WHEN OLD.seq > (SELECT base_seq FROM chain)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: only what central acknowledged may be dropped'); END;
CREATE TRIGGER IF NOT EXISTS the_base_stays_below_acked BEFORE UPDATE OF base_seq ON chain
WHEN NEW.base_seq > NEW.acked_seq OR NEW.base_seq < OLD.base_seq
BEGIN SELECT RAISE(ABORT, 'only what central acknowledged may be dropped'); END;
CREATE TRIGGER IF NOT EXISTS the_chain_row_stays BEFORE DELETE ON chain
BEGIN SELECT RAISE(ABORT, 'the chain row is never deleted'); END;
"""

COLUMNS = "seq, v, event_id, at_us, skew_ms, correlation, lane_id, CAST(body AS BLOB), sealed, hash"
INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_UNKNOWN = bytes(32)
_NAMES = ("seq", "v", "event_id", "at_us", "skew_ms", "correlation", "lane_id", "body", "sealed", "hash")

Row = tuple[int, int, bytes, int, int | None, bytes, bytes | None, bytes, bytes | None, bytes]


@dataclass(frozen=True, slots=True)
class Chain:
    """Where the chain stands. Hashes are 32 bytes."""

    node_id: UUID
    base_seq: int
    base_hash: bytes
    head_seq: int
    head_hash: bytes
    acked_seq: int
    counted_to: int
    replay_from: int
    tag: bytes

    def is_tagged_by(self, key: bytes) -> bool:
        return hmac.compare_digest(self.tag, tag_of(key, self.base_seq, self.base_hash, self.head_seq, self.head_hash))


def tag_of(key: bytes, base_seq: int, base_hash: bytes, head_seq: int, head_hash: bytes) -> bytes:
    """32 bytes; only the node can make it."""
    content = b"%d|%d|" % (base_seq, head_seq) + base_hash + head_hash
    return hashlib.blake2b(content, key=key, digest_size=32, person=b"menting-chain-1").digest()


def read_chain(db: sqlite3.Connection) -> Chain | None:
    row = db.execute(
        "SELECT node_id, base_seq, base_hash, head_seq, head_hash, acked_seq, counted_to, replay_from, tag FROM chain"
    ).fetchone()
    return Chain(UUID(bytes=row[0]), *row[1:]) if row else None


def begin_chain(db: sqlite3.Connection, node_id: UUID, base_seq: int, tag_key: bytes) -> Chain:
    """The row of a new chain, whose first event will be `base_seq` + 1."""
    start = genesis(node_id)
    tag = tag_of(tag_key, base_seq, start, base_seq, start)
    values = (node_id.bytes, base_seq, start, base_seq, start, base_seq, base_seq, base_seq + 1, tag)
    db.execute("INSERT INTO chain VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    return Chain(node_id, *values[1:])


def hash_before(db: sqlite3.Connection, chain: Chain, seq: int) -> bytes:
    """The hash that the event `seq` continues; zeros when the event before it is missing, which breaks the chain."""
    if seq - 1 == chain.base_seq:
        return chain.base_hash
    row = db.execute("SELECT hash FROM events WHERE seq=?", (seq - 1,)).fetchone()
    return bytes(row[0]) if row else _UNKNOWN


def row_hash(row: Row, node_id: UUID, prev: bytes) -> bytes | None:
    """The hash this row should carry after `prev`; None when it cannot even be read as an event."""
    seq, v, event_id, at_us, skew_ms, correlation, lane_id, body, sealed, _ = row
    try:
        return link(
            v, node_id, seq, UUID(bytes=event_id), EPOCH + timedelta(microseconds=at_us), skew_ms,
            UUID(bytes=correlation), UUID(bytes=lane_id) if lane_id is not None else None, body.decode(), sealed, prev,
        )  # fmt: skip
    except (ValueError, OverflowError):
        return None


def remains_of(row: Row) -> dict[str, int | str | None]:
    """Every column of a row as it is, bytes in hexadecimal: for one that is no event any more."""
    return {name: one.hex() if isinstance(one, bytes) else one for name, one in zip(_NAMES, row, strict=True)}


def event_of(row: Row, node_id: UUID, prev: bytes) -> Event:
    """The event in a row, built without validation: what proves a row is its hash.

    Raises ValueError and OverflowError when the row cannot be read.
    """
    seq, v, event_id, at_us, skew_ms, correlation, lane_id, body, sealed, hash_ = row
    return event_with(
        v=v,
        node_id=node_id,
        seq=seq,
        event_id=UUID(bytes=event_id),
        at=EPOCH + timedelta(microseconds=at_us),
        skew_ms=skew_ms,
        correlation=UUID(bytes=correlation),
        lane_id=UUID(bytes=lane_id) if lane_id is not None else None,
        body=body.decode(),
        sealed=sealed,
        prev=prev,
        hash=hash_,
    )


def event_with(
    *, v: int, node_id: UUID, seq: int, event_id: UUID, at: datetime, skew_ms: int | None, correlation: UUID,
    lane_id: UUID | None, body: str, sealed: bytes | None, prev: bytes, hash: bytes,
) -> Event:  # fmt: skip
    """An event of values that are known to be right. What `Event.model_construct` does, without asking each field for
    its default and alias: on the append path that cost as much as the hash."""
    event = Event.__new__(Event)
    _set(event, "__dict__", {
        "v": v, "node_id": node_id, "seq": seq, "event_id": event_id, "at": at, "skew_ms": skew_ms,
        "correlation": correlation, "lane_id": lane_id, "body": body, "sealed": sealed, "prev": prev, "hash": hash,
    })  # fmt: skip
    _set(event, "__pydantic_fields_set__", _FIELDS)
    _set(event, "__pydantic_extra__", None)
    _set(event, "__pydantic_private__", None)
    return event


_set = object.__setattr__  # Event is frozen
_FIELDS = set(Event.model_fields)  # shared: a copy of an event gets a copy of it
