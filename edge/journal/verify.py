"""Is the chain whole? Every flip, delete, cut and reorder of a row is found, and the first one is named.

Without the node's key everything is checked but the tag over base and head: somebody who cuts the tail off AND rewrites
the head to match is then found only by central, which knows what it has acknowledged, or with the key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from edge.journal.table import COLUMNS, Chain, read_chain, row_hash

Progress = Callable[[int, int], None]
"""Called with (events checked, events there) every so often."""
_EVERY = 2000


class Why(StrEnum):
    MISSING = "missing"
    CHANGED = "changed"
    CUT = "cut"
    BEYOND = "beyond"
    HEAD = "head"


WORDS = {
    Why.MISSING: ("缺少此事件", "this event is missing"),
    Why.CHANGED: ("此事件或其前一事件被改动", "this event, or the link to the one before it, was changed"),
    Why.CUT: ("末尾的事件被截去", "the events from here to the remembered head were cut off"),
    Why.BEYOND: ("出现在已记录的链头之后", "this event stands beyond the remembered head"),
    Why.HEAD: ("链头记录被改动", "the record of base and head was changed by somebody without the node's key"),
}


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    seq: int
    why: Why

    @property
    def words(self) -> str:
        return " / ".join(WORDS[self.why])


def first_break(db: sqlite3.Connection, tag_key: bytes | None, on_progress: Progress | None = None) -> Break | None:
    """Walk the whole chain in one snapshot of the database. `tag_key` None = the tag is not checked."""
    db.execute("BEGIN")
    try:
        chain = read_chain(db)
        if chain is None:
            first = db.execute("SELECT min(seq) FROM events").fetchone()[0]
            return None if first is None else Break(int(first), Why.HEAD)
        found = _walk(db, chain, on_progress)
    finally:
        db.execute("ROLLBACK")
    if found is None and tag_key is not None and not chain.is_tagged_by(tag_key):
        return Break(chain.head_seq + 1, Why.HEAD)
    return found


def _walk(db: sqlite3.Connection, chain: Chain, on_progress: Progress | None) -> Break | None:
    total = int(db.execute("SELECT count(*) FROM events").fetchone()[0])
    prev, expected = chain.base_hash, chain.base_seq + 1
    for done, row in enumerate(db.execute(f"SELECT {COLUMNS} FROM events ORDER BY seq"), start=1):  # noqa: S608 - a constant
        seq = row[0]
        if seq != expected:
            return Break(expected, Why.MISSING)
        if seq > chain.head_seq:
            return Break(seq, Why.BEYOND)
        if row_hash(row, chain.node_id, prev) != row[-1]:
            return Break(seq, Why.CHANGED)
        prev, expected = row[-1], seq + 1
        if on_progress and (done % _EVERY == 0 or done == total):
            on_progress(done, total)
    if expected <= chain.head_seq:
        return Break(expected, Why.CUT)
    if prev != chain.head_hash:
        return Break(chain.head_seq, Why.CHANGED)
    return None
