"""Opening a journal: the chain it continues, or the one it begins."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from edge.journal.aside import first_seq_after_aside
from edge.journal.errors import JournalCorrupt, JournalForeign
from edge.journal.table import Chain, begin_chain, read_chain
from edge.store.database import Database


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """For the health report. `dropped` counts acked events given up for room since this process opened the journal."""

    size_bytes: int
    events: int
    unacked: int
    reserve: bool
    dropped: int


def chain_of(database: Database, node_id: UUID, tag_key: bytes) -> Chain:
    """The chain row, made for a new journal."""
    chain = read_chain(database.connection)
    if chain is not None:
        if chain.node_id != node_id:
            raise JournalForeign(
                f"{database.path}: 属于节点 {chain.node_id}，不是本节点 {node_id}。 / belongs to another node."
            )
        return chain
    if database.connection.execute("SELECT 1 FROM events LIMIT 1").fetchone():
        raise JournalCorrupt(f"{database.path}: 有事件而没有链头记录。 / there are events but no record of the head.")
    with database.transaction() as db:
        return begin_chain(db, node_id, first_seq_after_aside(database.path), tag_key)
