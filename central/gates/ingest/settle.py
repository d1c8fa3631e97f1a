"""A journal that is no longer one chain, because it broke or because two spoke as one node: a person settles it, once.

One rule for both. All that waits is decided about together, strand by strand (`strands.py`): a strand that is taken
happened, as if it had come in its turn; one that is discarded is in no view, and its alarms are over. Then nothing of
this kind waits any more, ends of alarms are believed again, and the proof goes on from the last record.

A taken record whose number another holds stands in the journal beside it: the proof is still of the first, and the
break stays listed in it for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.ingest.parked import resolve, said, tell_rejected, try_again
from central.gates.ingest.permissions import RESOLVE_PARKED
from central.gates.ingest.projections import Projections, Trouble
from central.gates.ingest.rules import ParkReason, ParkState
from central.gates.ingest.store import store_beside
from central.gates.ingest.strands import Strand, Waiting, strands
from central.gates.ingest.tables import NodeCursorRow, ParkedEventRow
from models.wire.envelope import Event

SETTLED = (ParkReason.CHAIN_BROKEN.value, ParkReason.FORK.value, ParkReason.LATE_FILL.value)
"""What is decided about together. Each other reason is one record's own affair; so is a late fill while nobody else
speaks as the node: where two do, it may be the beginning of a strand."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What waits of a node. `acked`: the last number central has dealt with, whoever wrote it; `broken_since`: from
    where on nothing is proved, None while the chain is whole."""

    node_id: UUID
    acked: int
    broken_since: int | None
    strands: tuple[Strand, ...]

    @property
    def forked(self) -> bool:
        return any(one.forked for strand in self.strands for one in strand.records)

    @property
    def whole(self) -> bool:
        return self.broken_since is None and not self.forked

    def behind(self, strand: Strand) -> bool:
        """Whether who wrote this strand would next use numbers that are taken: its journal must be set aside, and so
        begins above them all."""
        return strand.last_seq < self.acked


@dataclass(frozen=True, slots=True)
class Settled:
    """How many records were taken, could still not be taken, and were discarded."""

    taken: int
    still_parked: int
    discarded: int


def unsettled_nodes(db: Session, community_ids: Collection[UUID]) -> set[UUID]:
    """The nodes of these communities whose journal waits for a person to settle it."""
    forked = select(ParkedEventRow.node_id).where(
        ParkedEventRow.community_id.in_(community_ids), ParkedEventRow.reason == ParkReason.FORK.value,
        ParkedEventRow.state == ParkState.OPEN.value,
    )  # fmt: skip
    query = select(NodeCursorRow.node_id).where(
        NodeCursorRow.community_id.in_(community_ids),
        or_(NodeCursorRow.broken_since.is_not(None), NodeCursorRow.node_id.in_(forked)),
    )
    return set(db.scalars(query))


def unsettled(db: Session, actor: Actor, node_id: UUID) -> Unsettled:
    """NotFound for a journal that this person does not decide about."""
    cursor = db.scalar(select(NodeCursorRow).where(NodeCursorRow.node_id == node_id))
    return _unsettled(cursor, actor, _waiting(db, node_id))


def settle(
    db: Session, actor: Actor, node_id: UUID, take: Collection[UUID], discard: Collection[UUID], reason: str,
    projections: Projections, now: datetime, discard_others: int = 0,
) -> Settled:  # fmt: skip
    """Take some strands and discard the others; both are named by their ids, and no strand twice. `discard_others`: how
    many more the person has seen, all of which are discarded. One that began since is looked at first (Invalid, field
    "strands").

    Conflict when there is nothing to settle: somebody has done it, perhaps with the same press of the button.
    """
    cursor = db.scalar(select(NodeCursorRow).where(NodeCursorRow.node_id == node_id).with_for_update())
    rows = _waiting(db, node_id)
    found = _unsettled(cursor, actor, rows)
    assert cursor is not None  # else NotFound
    if found.whole:
        raise Conflict("ingest.chain_whole")
    words = said(reason)
    ids = {strand.strand_id for strand in found.strands}
    others = ids - {*take, *discard}
    if set(take) & set(discard) or not {*take, *discard} <= ids or len(others) != discard_others:
        raise Invalid(fields={"strands": "ingest.strand_undecided"})
    by_id = {row.id: row for row in rows}
    taken, discarded = (
        [by_id[one.parked_id] for strand in found.strands if strand.strand_id in chosen for one in strand.records]
        for chosen in (set(take), {*discard, *others})
    )
    before: dict[str, object] = {"broken_since": cursor.broken_since, "parked": len(rows)}
    cursor.broken_since = None
    for row in discarded:
        row.state = ParkState.REJECTED.value
        resolve(row, actor, words, now)
    db.flush()
    tell_rejected(db, discarded, projections)
    for row in taken:
        _take(db, row, actor, words, projections, now)
    released = sum(row.state == ParkState.RELEASED.value for row in taken)
    db.flush()
    done = Settled(released, len(taken) - released, len(discarded))
    record(
        db, actor, "journal.settle", "node", node_id, before=before, reason=words, community_id=cursor.community_id,
        after={"released": done.taken, "still_parked": done.still_parked, "rejected": done.discarded},
    )  # fmt: skip
    projections.tell(db, Trouble("chain_broken", node_id, cursor.community_id, "", now, over=True))
    projections.settle(db)
    return done


def accept_break(
    db: Session, actor: Actor, node_id: UUID, reason: str, projections: Projections, now: datetime
) -> tuple[int, int]:
    """Settle a chain that broke by taking all that waits behind the break. Returns (released, still parked).

    Conflict where the chain is whole, and where two spoke as this node: then nobody may take all of it unseen.
    """
    found = unsettled(db, actor, node_id)
    if found.forked:
        raise Conflict("ingest.two_strands")
    take = [strand.strand_id for strand in found.strands]
    done = settle(db, actor, node_id, take, (), reason, projections, now)
    return done.taken, done.still_parked


def _waiting(db: Session, node_id: UUID) -> Sequence[ParkedEventRow]:
    query = select(ParkedEventRow).where(
        ParkedEventRow.node_id == node_id, ParkedEventRow.reason.in_(SETTLED),
        ParkedEventRow.state == ParkState.OPEN.value,
    )  # fmt: skip
    rows = db.scalars(query.order_by(ParkedEventRow.seq)).all()
    if any(row.reason == ParkReason.FORK.value for row in rows):
        return rows
    return [row for row in rows if row.reason != ParkReason.LATE_FILL.value]


def _unsettled(cursor: NodeCursorRow | None, actor: Actor, rows: Sequence[ParkedEventRow]) -> Unsettled:
    if cursor is None or not actor.may(RESOLVE_PARKED, cursor.community_id):
        raise NotFound("ingest.no_journal")
    found = strands([_as_waiting(row) for row in rows])
    return Unsettled(cursor.node_id, cursor.acked, cursor.broken_since, found)


def _as_waiting(row: ParkedEventRow) -> Waiting:
    try:
        event = Event.model_validate_json(row.raw)
        prev, hash_ = event.prev, event.hash
    except ValidationError:  # kept by a version that took more: it hangs on nothing, and can be decided about
        prev, hash_ = b"", row.hash
    return Waiting(
        row.id, row.seq, prev, hash_, row.reason == ParkReason.FORK.value, row.kind == "alarm", row.at, row.received_at
    )


def _take(db: Session, row: ParkedEventRow, actor: Actor, words: str, projections: Projections, now: datetime) -> None:
    if not row.in_journal:
        try:
            event = Event.model_validate_json(row.raw)
        except ValidationError as error:
            row.reason, row.detail = ParkReason.UNREADABLE.value, str(error).partition("\n")[0][:200]
            return
        if not store_beside(db, row.community_id, event, row.received_at):
            row.reason, row.detail = ParkReason.ID_REUSED.value, str(row.event_id)
            return
        row.in_journal = True
    try_again(db, row, projections)
    if row.state == ParkState.RELEASED.value:
        resolve(row, actor, words, now)
