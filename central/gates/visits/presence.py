"""Which node stands at which lanes, and whether it is there: heard of within 45 seconds, in contact within 12."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.gates.ingest import queries as journal
from central.gates.visits.alarms import OFFLINE, end_alarm, end_with_node, is_raised, raise_alarm
from central.gates.visits.live import mark, publish
from central.gates.visits.rules import ONLINE_WITHIN_S, is_in_contact, is_online
from central.gates.visits.tables import LaneNodeRow, NodePresenceRow


@dataclass(frozen=True, slots=True)
class Status:
    """What a node may say about itself with a poll. None: it did not say."""

    rules_version: int | None = None
    rules_issued_at: datetime | None = None
    queue_length: int | None = None
    skew_ms: int | None = None
    disk_free_mb: int | None = None
    software: str | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """A node as last heard of, by poll or by batch."""

    node_id: UUID
    heard_at: datetime | None
    online: bool
    in_contact: bool
    status: Status


def place_node(
    db: Session, node_id: UUID, community_id: UUID, name: str, lane_ids: Collection[UUID], now: datetime
) -> None:
    """A node has enrolled: from now on these lanes are driven by it."""
    db.add(NodePresenceRow(node_id=node_id, community_id=community_id, name=name, since=now))
    db.flush()
    for lane_id in lane_ids:
        made = insert(LaneNodeRow).values(tenant_id=tenant_of(db), lane_id=lane_id, node_id=node_id)
        db.execute(
            made.on_conflict_do_update(index_elements=["tenant_id", "lane_id"], set_={"node_id": made.excluded.node_id})
        )
        mark(db, "lane", lane_id, community_id)
    publish(db)


def remove_node(db: Session, node_id: UUID, community_id: UUID, by: str, now: datetime) -> None:
    """A node was revoked, `by` somebody of this name: nobody waits for it any more, and nothing goes on there of which
    it alone could say that it is over."""
    for lane_id in lanes_of_node(db, node_id):
        mark(db, "lane", lane_id, community_id)
    gone = update(NodePresenceRow).where(NodePresenceRow.node_id == node_id)
    db.execute(gone.values(removed_at=now, removed_by=by))
    end_with_node(db, node_id, by, now)
    publish(db)


def heard(db: Session, node_id: UUID, status: Status, now: datetime) -> None:
    """A node polled. Ends its offline alarm; its lanes are told anew when it had been away."""
    row = db.scalar(select(NodePresenceRow).where(NodePresenceRow.node_id == node_id).with_for_update())
    if row is None or row.removed_at is not None:
        return
    was_there = is_in_contact(row.heard_at, now)
    row.heard_at = now if row.heard_at is None else max(row.heard_at, now)
    for name in Status.__dataclass_fields__:
        said = getattr(status, name)
        if said is not None:
            setattr(row, name, said)
    db.flush()
    if end_alarm(db, node_id, OFFLINE, now) or not was_there:
        for lane_id in lanes_of_node(db, node_id):
            mark(db, "lane", lane_id, row.community_id)
    publish(db)


def note_offline(db: Session, now: datetime, *, listening_since: datetime | None = None) -> int:
    """Raise the alarm of each node of this tenant that has been silent too long. Once; `heard` ends it.

    `listening_since`: when this central began to listen. Silence before that was its own."""
    limit = now - timedelta(seconds=ONLINE_WITHIN_S)
    listens = listening_since is None or listening_since < limit
    there = select(NodePresenceRow).where(NodePresenceRow.since < limit, NodePresenceRow.removed_at.is_(None))
    rows = db.scalars(there.with_for_update(skip_locked=True))
    watched, raised = list(rows), 0
    by_batch = journal.heard_at(db, [row.node_id for row in watched])
    for row in watched:
        last = max((at for at in (row.heard_at, by_batch.get(row.node_id, (None, None))[0]) if at), default=None)
        if is_online(last, now):
            if end_alarm(db, row.node_id, OFFLINE, now):
                _mark_lanes(db, row)
        elif listens and not is_raised(db, row.node_id, OFFLINE):
            raise_alarm(db, row.node_id, row.community_id, OFFLINE, row.name, now)
            _mark_lanes(db, row)
            raised += 1
    publish(db)
    return raised


def _mark_lanes(db: Session, row: NodePresenceRow) -> None:
    for lane_id in lanes_of_node(db, row.node_id):
        mark(db, "lane", lane_id, row.community_id)


def _placed(*, revoked: bool = False) -> Select[UUID, UUID]:
    """(lane, node) of each lane: which node drives it, or, `revoked`, which was the last to and does no more."""
    gone = exists().where(NodePresenceRow.node_id == LaneNodeRow.node_id, NodePresenceRow.removed_at.is_not(None))
    placed: Select[UUID, UUID] = select(LaneNodeRow.lane_id, LaneNodeRow.node_id).where(gone if revoked else ~gone)
    return placed


def lanes_of_node(db: Session, node_id: UUID) -> list[UUID]:
    return [row[0] for row in db.execute(_placed().where(LaneNodeRow.node_id == node_id))]


def node_of_lane(db: Session, lane_id: UUID) -> UUID | None:
    return nodes_of_lanes(db, [lane_id]).get(lane_id)


def lane_in_contact(db: Session, lane_id: UUID, now: datetime) -> bool:
    """Whether the node that drives this lane is to be reached at this moment."""
    node_id = node_of_lane(db, lane_id)
    return node_id is not None and any(one.in_contact for one in presences(db, [node_id], now).values())


def nodes_of_lanes(db: Session, lane_ids: Collection[UUID]) -> dict[UUID, UUID]:
    return {row[0]: row[1] for row in db.execute(_placed().where(LaneNodeRow.lane_id.in_(lane_ids)))}


def revoked_of_lanes(db: Session, lane_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Which node drove each of these lanes last, of those that no node drives since that one was revoked."""
    return {row[0]: row[1] for row in db.execute(_placed(revoked=True).where(LaneNodeRow.lane_id.in_(lane_ids)))}


def presences(db: Session, node_ids: Collection[UUID], now: datetime) -> dict[UUID, Presence]:
    """How each node was last heard of: by poll or by batch, whichever was later. A revoked one is not there."""
    rows = db.scalars(select(NodePresenceRow).where(NodePresenceRow.node_id.in_(node_ids))).all()
    by_batch = journal.heard_at(db, [row.node_id for row in rows])
    found: dict[UUID, Presence] = {}
    for row in rows:
        batch_at, batch_skew = by_batch.get(row.node_id, (None, None))
        last = max((at for at in (row.heard_at, batch_at) if at), default=None)
        found[row.node_id] = Presence(
            row.node_id, last, row.removed_at is None and is_online(last, now),
            row.removed_at is None and is_in_contact(last, now),
            Status(
                row.rules_version, row.rules_issued_at, row.queue_length,
                row.skew_ms if row.skew_ms is not None else batch_skew, row.disk_free_mb, row.software,
            ),
        )  # fmt: skip
    return found
