"""Opening a journal: the chain it continues, or the one it begins.

A journal that is gone, or empty, is not begun anew in silence: its numbers would start again at 1, which central has as
other events, and the uses of passes would be forgotten. `begun-journal.db` beside it says that there was one. It is
written as soon as the first chain is, and taken away only when a person sets the journal aside.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from edge.journal.aside import begun_file, first_seq_after_aside, older_begun_file
from edge.journal.errors import JournalCorrupt, JournalForeign, JournalLost
from edge.journal.table import Chain, begin_chain, read_chain
from edge.store.database import Database
from edge.store.files import write_private

ASIDE = "python -m edge set-aside --site FILE"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """For the health report. `dropped` counts acked events given up for room since this process opened the journal."""

    size_bytes: int
    events: int
    unacked: int
    reserve: bool
    dropped: int


def was_begun(path: Path) -> bool:
    """Whether this node has written a journal at `path` that nobody has set aside."""
    return begun_file(path).exists() or older_begun_file(path).exists()


def refuse_lost(path: Path) -> None:
    """Raises JournalLost when the file of a journal that was begun is gone, before one is created in its place."""
    if was_begun(path) and not path.exists():
        raise _lost(path)


def chain_of(database: Database, node_id: UUID, tag_key: bytes) -> Chain:
    """The chain row, made for a new journal. Raises JournalForeign, JournalCorrupt, JournalLost."""
    try:
        chain = read_chain(database.connection)
    except ValueError as error:
        raise JournalCorrupt(
            f"{database.path}: 链头记录已损坏（{error}）；可执行 {ASIDE} 移开。 / the record of the head is damaged; "
            f"set the journal aside with {ASIDE}"
        ) from error
    if chain is not None:
        if chain.node_id != node_id:
            raise JournalForeign(
                f"{database.path}: 属于节点 {chain.node_id}，不是本节点 {node_id}。 / belongs to another node."
            )
        if chain.acked_seq > chain.head_seq:
            chain = _acked_at_most_head(database, chain)
    elif database.connection.execute("SELECT 1 FROM events LIMIT 1").fetchone():
        raise JournalCorrupt(
            f"{database.path}: 有事件而没有链头记录；可执行 {ASIDE} 移开。 / there are events but no record of the "
            f"head; set the journal aside with {ASIDE}"
        )
    elif was_begun(database.path):
        raise _lost(database.path)
    else:
        base_seq = first_seq_after_aside(database.path)
        with database.transaction() as db:
            chain = begin_chain(db, node_id, base_seq, tag_key)
    if not begun_file(database.path).exists():
        write_private(begun_file(database.path), b"")
    return chain


def _acked_at_most_head(database: Database, chain: Chain) -> Chain:
    """Written down, lest what comes now is taken for acknowledged later. What central lacks, it asks for (a gap)."""
    log.error(
        "%s: 记录的确认序号 %d 超出链头，改为 %d。 / the record says that central has all up to %d, but the last event "
        "is %d: that is taken instead",
        database.path, chain.acked_seq, chain.head_seq, chain.acked_seq, chain.head_seq,
    )  # fmt: skip
    with database.transaction() as db:
        db.execute("UPDATE chain SET acked_seq=head_seq")
    return replace(chain, acked_seq=chain.head_seq)


def _lost(path: Path) -> JournalLost:
    return JournalLost(
        f"{path}: 本节点的日志丢失或已清空。请放回原文件；若已无法找回，执行 {ASIDE} 后开始新的日志。 / this node's "
        f"journal is gone or empty. Put the file back; if it cannot be found, {ASIDE} lets a new one begin."
    )
