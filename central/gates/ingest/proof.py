"""The proof of a journal: every stored link computed anew, every missing stretch listed (SYNC-07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.gates.ingest import queries
from central.gates.ingest.rules import ParkState
from central.gates.ingest.tables import JournalGapRow, NodeCursorRow, ParkedEventRow
from models.wire.envelope import genesis

CHUNK = 2_000
BREAKS_MAX = 100


@dataclass(frozen=True, slots=True)
class Lost:
    first_seq: int
    last_seq: int
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """Of one node's journal. `missing`: stretches with no event, both ends included. `breaks`: sequence numbers whose
    event does not continue the one before it, or is not intact (at most `BREAKS_MAX`). `whole`: neither."""

    node_id: UUID
    community_id: UUID
    upto_seq: int
    stored: int
    missing: tuple[tuple[int, int], ...]
    breaks: tuple[int, ...]
    broken_since: int | None
    given_up: tuple[Lost, ...]
    parked_open: int

    @property
    def whole(self) -> bool:
        return not self.missing and not self.breaks


def prove(db: Session, node_id: UUID) -> Proof | None:
    """Walk a node's journal from its first event. None when the node has no journal here."""
    cursor = db.scalar(select(NodeCursorRow).where(NodeCursorRow.node_id == node_id))
    if cursor is None:
        return None
    expected, head, stored = 1, genesis(node_id), 0
    missing: list[tuple[int, int]] = []
    breaks: list[int] = []
    while events := queries.journal_chunk(db, node_id, expected - 1, CHUNK):
        for event in events:
            if event.seq != expected:
                missing.append((expected, event.seq - 1))
            elif event.prev != head and len(breaks) < BREAKS_MAX:
                breaks.append(event.seq)
            if not event.is_intact() and event.seq not in breaks and len(breaks) < BREAKS_MAX:
                breaks.append(event.seq)
            expected, head, stored = event.seq + 1, event.hash, stored + 1
        db.expunge_all()
    if expected <= cursor.acked:
        missing.append((expected, cursor.acked))
    gaps = db.scalars(select(JournalGapRow).where(JournalGapRow.node_id == node_id).order_by(JournalGapRow.first_seq))
    parked = select(func.count()).where(ParkedEventRow.node_id == node_id, ParkedEventRow.state == ParkState.OPEN.value)
    return Proof(
        node_id=node_id,
        community_id=cursor.community_id,
        upto_seq=cursor.acked,
        stored=stored,
        missing=tuple(missing),
        breaks=tuple(breaks),
        broken_since=cursor.broken_since,
        given_up=tuple(Lost(gap.first_seq, gap.last_seq, gap.noticed_at) for gap in gaps),
        parked_open=db.scalar(parked) or 0,
    )


def node_ids(db: Session, community_ids: frozenset[UUID] | None) -> list[UUID]:
    """Nodes that have a journal here, of these communities (None: of all)."""
    query = select(NodeCursorRow.node_id)
    if community_ids is not None:
        query = query.where(NodeCursorRow.community_id.in_(community_ids))
    return list(db.scalars(query.order_by(NodeCursorRow.node_id)))
