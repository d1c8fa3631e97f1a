"""Take in a batch of a node's journal: one transaction, the node's cursor locked, everything kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.ingest import queries
from central.gates.ingest.projections import Aside, Projections, Trouble
from central.gates.ingest.reading import Sent, sent_of
from central.gates.ingest.rules import (
    INT8,
    UNPROVEN,
    Gap,
    GivenUp,
    Item,
    Malformed,
    ParkReason,
    Sorted,
    Standing,
    sort_batch,
)
from central.gates.ingest.store import kind_of, park, park_unreadable, store
from central.gates.ingest.tables import JournalEventRow, JournalGapRow, NodeCursorRow
from central.people.community.queries import lanes_of
from models.values.text import control_in_json, printable
from models.wire.envelope import Batch, BatchReceipt, Event, Parked, genesis
from models.wire.events import EVENT_BODY, Alarm

KINDS = frozenset(EVENT_BODY.json_schema()["discriminator"]["mapping"])


class JournalGap(Conflict):
    """The node must send what is missing first, or say that it no longer has it."""

    slug = "gap"


def open_cursor(db: Session, node_id: UUID, community_id: UUID) -> None:
    """A node has enrolled: its journal starts at 1, from the hash of its own id."""
    db.add(NodeCursorRow(node_id=node_id, community_id=community_id, head=genesis(node_id)))
    db.flush()


def receive(db: Session, node: Actor, batch: Batch | Sent, projections: Projections, now: datetime) -> BatchReceipt:
    """Store a batch exactly once, project it, move the cursor.

    Raises `Forbidden` for events of another node, `Invalid` for a batch that is none, `JournalGap` (409, with
    `expected_seq`) when events before it are missing and not said to be lost.
    """
    sent = sent_of(batch) if isinstance(batch, Batch) else batch
    if node.id is None or sent.node_id != node.id:
        raise Forbidden("ingest.another_node")
    cursor = db.scalar(select(NodeCursorRow).where(NodeCursorRow.node_id == node.id).with_for_update())
    if cursor is None:
        raise Forbidden("ingest.no_journal")
    standing = Standing(cursor.acked, cursor.head, cursor.broken_since)
    known, given_up = _known(db, node.id, sent.items), _given_up(db, node.id, sent.items, standing)
    match sort_batch(node.id, sent.items, sent.lost_before, standing, known, given_up, now):
        case Gap(expected_seq=expected):
            raise JournalGap("ingest.gap", extra={"expected_seq": expected}, expected=expected)
        case Malformed(why="another_node"):
            raise Forbidden("ingest.another_node")
        case Malformed(why=why):
            raise Invalid(f"ingest.{why}")
        case Sorted() as parts:
            parked = _keep(db, cursor, parts, projections, now)
    cursor.acked, cursor.head, cursor.broken_since = parts.now.acked, parts.now.head, parts.now.broken_since
    cursor.heard_at, cursor.skew_ms = now, sent.skew_ms
    db.flush()
    projections.settle(db)
    # Not further than this batch: a node whose disk was restored must go on sending from where it stands.
    return BatchReceipt(
        acked_seq=sent.items[-1].seq,
        duplicates=parts.duplicates,
        parked=tuple(Parked(seq=seq, reason=reason.value) for seq, reason in sorted(parked.items())),
        server_time=now,
    )


def _known(db: Session, node_id: UUID, items: Sequence[Item]) -> Mapping[int, frozenset[bytes]]:
    """Content hashes that central has for these sequence numbers, in the journal or parked."""
    first, last = items[0].seq, items[-1].seq
    if last > INT8:
        return {}
    stored = db.execute(
        select(JournalEventRow.seq, JournalEventRow.hash).where(
            JournalEventRow.node_id == node_id, JournalEventRow.seq.between(first, last)
        )
    )
    known: dict[int, frozenset[bytes]] = {}
    for seq, content in [*stored, *queries.parked_places(db, node_id, first, last)]:
        known[seq] = known.get(seq, frozenset()) | {content}
    return known


def _given_up(db: Session, node_id: UUID, items: Sequence[Item], standing: Standing) -> list[GivenUp]:
    """The stretches given up as lost that these sequence numbers reach into."""
    first, last = items[0].seq, items[-1].seq
    if first > standing.acked or last > INT8:
        return []  # the journal goes on, as nearly always
    gaps = select(JournalGapRow).where(
        JournalGapRow.node_id == node_id, JournalGapRow.first_seq <= last, JournalGapRow.last_seq >= first
    )
    return [GivenUp(gap.first_seq, gap.last_seq, gap.noticed_at) for gap in db.scalars(gaps)]


def _keep(
    db: Session, cursor: NodeCursorRow, parts: Sorted, projections: Projections, now: datetime
) -> dict[int, ParkReason]:
    """Store, park, project. Returns what was parked of this batch."""
    node_id, community_id = cursor.node_id, cursor.community_id

    def tell(kind: str, detail: str) -> None:
        projections.tell(db, Trouble(kind, node_id, community_id, detail, now))

    if parts.lost:
        first, last = parts.lost
        db.add(
            JournalGapRow(community_id=community_id, node_id=node_id, first_seq=first, last_seq=last, noticed_at=now)
        )
        tell("events_lost", f"{first}–{last}")
    forked = [(event, ParkReason.FORK, None) for event in parts.forked]
    if parts.forked:
        park(db, community_id, forked, now, in_journal=False)
        tell("fork", f"{parts.forked[0].seq}–{parts.forked[-1].seq}")
    park_unreadable(db, node_id, community_id, parts.unreadable, now)
    if parts.now.broken_since is not None and cursor.broken_since is None:
        tell("chain_broken", str(parts.now.broken_since))

    incoming = (*parts.late, *parts.fresh)
    new = store(db, node_id, community_id, incoming, now)
    reused = [(event, ParkReason.ID_REUSED, str(event.event_id)) for event in incoming if event.seq not in new]
    park(db, community_id, reused, now, in_journal=False)

    aside: list[tuple[Event, ParkReason, str | None]] = []
    aside += [(event, ParkReason.LATE_FILL, None) for event in parts.late if event.seq in new]
    good: list[tuple[Event, Any]] = []
    lanes = known_lanes(db, projections, node_id, community_id)
    for event in parts.fresh:
        if event.seq not in new:
            continue
        if parts.now.broken_since is not None and event.seq >= parts.now.broken_since:
            aside.append((event, ParkReason.CHAIN_BROKEN, None))
            continue
        body, problem = read_body(event, lanes)
        if problem is None:
            good.append((event, body))
        else:
            aside.append((event, *problem))
    park(db, community_id, aside, now, in_journal=True)  # before projecting: what is parked is in no view
    failed = projections.run(db, good)
    unprojected = [
        (event, ParkReason.PROJECTION_FAILED, failed[event.event_id]) for event, _ in good if event.event_id in failed
    ]
    park(db, community_id, unprojected, now, in_journal=True)
    for event, reason, _ in (*forked, *aside):
        alarm = read_alarm(event, lanes) if reason in UNPROVEN else None
        if alarm is not None:
            projections.tell_aside(db, Aside(event, alarm, reason, now))
    parked = {event.seq: ParkReason.FORK for event in parts.forked}
    parked |= {item.seq: ParkReason.UNREADABLE for item in parts.unreadable}
    return parked | {event.seq: reason for event, reason, _ in (*reused, *aside, *unprojected)}


def known_lanes(db: Session, projections: Projections, node_id: UUID, community_id: UUID) -> frozenset[UUID]:
    """The lanes of the node's own gate: it speaks for no other. A spare and the node before it share them."""
    gate_id = projections.gate_of(db, node_id)
    return frozenset(view.lane.lane_id for view in lanes_of(db, community_id) if view.lane.gate_id == gate_id)


def read_alarm(event: Event, lanes: frozenset[UUID]) -> Alarm | None:
    """The body of an alarm that could be shown as it is; None for any other event."""
    body, problem = read_body(event, lanes)
    return body if problem is None and isinstance(body, Alarm) else None


def read_body(event: Event, lanes: frozenset[UUID]) -> tuple[Any, tuple[ParkReason, str] | None]:
    """The parsed body, or why it must wait. Asks what it is, never whether it should have been (SYNC-09)."""
    kind = kind_of(event.body)
    if kind is not None and kind not in KINDS:
        return None, (ParkReason.UNKNOWN_KIND, kind)
    try:
        body = EVENT_BODY.validate_json(event.body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return None, (ParkReason.UNREADABLE, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"[:200])
    where = control_in_json(event.body)
    if where is not None:
        return None, (ParkReason.CONTROL_CHARACTER, printable(where)[:200])
    if event.lane_id is not None and event.lane_id not in lanes:
        return None, (ParkReason.UNKNOWN_LANE, str(event.lane_id))
    return body, None
