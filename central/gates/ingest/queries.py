"""Reads of the journal: for projections, rebuilds, proofs and pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.gates.ingest.picture_holds import is_held
from central.gates.ingest.rules import ParkReason, ParkState, happened_at
from central.gates.ingest.tables import (
    EventPictureRow,
    JournalEventRow,
    NodeCursorRow,
    ParkedEventRow,
    PictureSweepRow,
)
from models.values.time import site_day
from models.wire.envelope import Event
from models.wire.events import EVENT_BODY

CHUNK = 1_000
BESIDE_MAX = 2_000
_One = TypeVar("_One")
HELD = "ingest.held"
"""Key of `Session.info`: the ids of stored events that are not to be seen by projections yet."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored event, with what central added: whose it is, when it came and in which order."""

    event: Event
    community_id: UUID
    kind: str | None
    received_at: datetime
    position: int

    @property
    def body(self) -> Any:
        """The parsed body; ValidationError for one that central cannot read."""
        return EVENT_BODY.validate_json(self.event.body)

    @property
    def happened_at(self) -> datetime:
        return happened_at(self.event, self.received_at)


def event_of(row: JournalEventRow) -> Event:
    """The event as its node wrote it."""
    return Event(
        v=row.v, node_id=row.node_id, seq=row.seq, event_id=row.event_id, at=row.at, skew_ms=row.skew_ms,
        correlation=row.correlation, lane_id=row.lane_id, body=row.body.decode(), sealed=row.sealed,
        prev=row.prev, hash=row.hash,
    )  # fmt: skip


def recorded(row: JournalEventRow) -> Recorded:
    return Recorded(event_of(row), row.community_id, row.kind, row.received_at, row.position)


def _taken(db: Session, query: Select[_One]) -> Select[_One]:
    """Without the events that are parked: they have not happened yet as far as any view is concerned."""
    held_back = exists().where(
        ParkedEventRow.node_id == JournalEventRow.node_id,
        ParkedEventRow.seq == JournalEventRow.seq,
        ParkedEventRow.event_id == JournalEventRow.event_id,  # another may stand beside it under the same number
        ParkedEventRow.in_journal,
        ParkedEventRow.state != ParkState.RELEASED.value,
    )
    held: set[UUID] = db.info.get(HELD, set())
    if held:
        query = query.where(JournalEventRow.event_id.not_in(list(held)))
    return query.where(~held_back)


def of_correlation(db: Session, correlation: UUID, kinds: Sequence[str], limit: int) -> list[Recorded]:
    """The events of one access, in the order its node wrote them, never more than `limit`. Its node is that of the
    event which arrived first: what others wrote under the number is never among them, however much it is."""
    row = JournalEventRow
    of_access = row.correlation == correlation, row.kind.in_(kinds)
    first = _taken(db, select(row.node_id).where(*of_access)).order_by(row.position).limit(1).scalar_subquery()
    query = _taken(db, select(row).where(*of_access, row.node_id == first))
    return [recorded(one) for one in db.scalars(query.order_by(row.seq, row.beside).limit(limit))]


def decision_beside(db: Session, event: Event, *, later: bool, within: timedelta) -> Recorded | None:
    """The decision that the same node made at the same lane right before this event, or right after it; None where
    there is none of so short a time ago, and of its last BESIDE_MAX events."""
    row = JournalEventRow
    span = (
        (row.seq.between(event.seq + 1, event.seq + BESIDE_MAX), row.at <= event.at + within)
        if later
        else (row.seq.between(event.seq - BESIDE_MAX, event.seq - 1), row.at >= event.at - within)
    )
    query = select(row).where(
        row.node_id == event.node_id, row.lane_id == event.lane_id, row.kind == "decision", row.beside == 0, *span
    )
    found = db.scalars(_taken(db, query).order_by(row.seq if later else row.seq.desc()).limit(1)).first()
    return None if found is None else recorded(found)


def told_at(db: Session, event: Event) -> datetime:
    """`happened_at` of an event that is in the journal."""
    received = db.scalar(select(JournalEventRow.received_at).where(JournalEventRow.event_id == event.event_id))
    return happened_at(event, received or clock.now())


def by_event_id(db: Session, event_id: UUID) -> Recorded | None:
    row = db.scalar(select(JournalEventRow).where(JournalEventRow.event_id == event_id))
    return None if row is None else recorded(row)


class Named(NamedTuple):
    """What an event says that it belongs to, who says so, and at which lane."""

    correlation: UUID
    node_id: UUID
    lane_id: UUID | None


def named_by(db: Session, event_ids: Sequence[UUID]) -> dict[UUID, Named]:
    """By event id, of those that are in the journal."""
    row = JournalEventRow
    query = select(row.event_id, row.correlation, row.node_id, row.lane_id).where(row.event_id.in_(event_ids))
    return {event_id: Named(what, who, where) for event_id, what, who, where in db.execute(query)} if event_ids else {}


def alarms_after(db: Session, node_id: UUID, seq: int) -> Iterator[Recorded]:
    """A node's later alarm events, in order."""
    while True:
        query = select(JournalEventRow).where(
            JournalEventRow.node_id == node_id, JournalEventRow.seq > seq, JournalEventRow.kind == "alarm"
        )
        rows = db.scalars(_taken(db, query).order_by(JournalEventRow.seq).limit(CHUNK)).all()
        yield from (recorded(row) for row in rows)
        if len(rows) < CHUNK:
            return
        seq = rows[-1].seq


def alarms_since(db: Session, community_id: UUID, since: datetime, until: datetime) -> list[Recorded]:
    """The alarm events of a community that happened in a stretch of time, as its nodes' clocks have it."""
    query = select(JournalEventRow).where(
        JournalEventRow.community_id == community_id, JournalEventRow.kind == "alarm",
        JournalEventRow.at > since, JournalEventRow.at <= until,
    )  # fmt: skip
    return [recorded(row) for row in db.scalars(_taken(db, query).limit(CHUNK))]


def replay(db: Session, community_id: UUID) -> Iterator[list[Recorded]]:
    """Every taken event of a community, in the order of arrival, in chunks."""
    after = 0
    while True:
        query = select(JournalEventRow).where(
            JournalEventRow.community_id == community_id, JournalEventRow.position > after
        )
        rows = db.scalars(_taken(db, query).order_by(JournalEventRow.position).limit(CHUNK)).all()
        if rows:
            yield [recorded(row) for row in rows]
        if len(rows) < CHUNK:
            return
        after = rows[-1].position
        db.expunge_all()


def heard_at(db: Session, node_ids: Sequence[UUID]) -> dict[UUID, tuple[datetime, int | None]]:
    """When the last batch of each node came, and its clock's skew in ms by the last event."""
    rows = db.execute(
        select(NodeCursorRow.node_id, NodeCursorRow.heard_at, NodeCursorRow.skew_ms).where(
            NodeCursorRow.node_id.in_(node_ids), NodeCursorRow.heard_at.is_not(None)
        )
    )
    return {node_id: (at, skew) for node_id, at, skew in rows if at is not None}


def picture_held(now: datetime) -> ColumnElement[bool]:
    row = EventPictureRow
    return is_held(row.node_id, row.correlation, row.lane_id, row.made_at, now)


def picture_stands(now: datetime) -> ColumnElement[bool]:
    """A picture may be shown: its time is not over, or it is held."""
    return or_(EventPictureRow.keep_until > now, picture_held(now))


@dataclass(frozen=True, slots=True)
class PicturesKept:
    """Of one community: how many there are, the oldest, how many outlive their time, how many were deleted lately."""

    total: int
    held: int
    oldest_at: datetime | None
    swept_today: int
    swept_week: int


def pictures_kept(db: Session, community_id: UUID, now: datetime) -> PicturesKept:
    held = func.count().filter(picture_held(now))
    query = select(func.count(), held, func.min(EventPictureRow.made_at))
    total, held_now, oldest = db.execute(query.where(EventPictureRow.community_id == community_id)).one()
    today, swept = site_day(now), PictureSweepRow.passed + PictureSweepRow.refused
    gone = db.execute(
        select(
            func.coalesce(func.sum(swept).filter(PictureSweepRow.day == today), 0), func.coalesce(func.sum(swept), 0)
        ).where(PictureSweepRow.community_id == community_id, PictureSweepRow.day > today - timedelta(days=7))
    ).one()
    return PicturesKept(total, held_now, oldest, *gone)


def pictures_of(db: Session, event_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Those of the events that central holds a picture of, which may still be shown, and until when: one that is held
    outlives it."""
    stands = picture_stands(clock.now())
    query = select(EventPictureRow.event_id, EventPictureRow.keep_until)
    rows = db.execute(query.where(EventPictureRow.event_id.in_(event_ids), stands)) if event_ids else ()
    return {row.event_id: row.keep_until for row in rows}


def parked_places(db: Session, node_id: UUID, first: int, last: int) -> list[tuple[int, bytes]]:
    """(sequence number, content hash) of what is or was parked in a stretch of a journal."""
    query = select(ParkedEventRow.seq, ParkedEventRow.hash).where(
        ParkedEventRow.node_id == node_id, ParkedEventRow.seq.between(first, last)
    )
    return [(seq, content) for seq, content in db.execute(query)]


def is_forked(db: Session, node_id: UUID) -> bool:
    """Whether two speak as this node, as far as nobody has decided about it: another content for a place waits."""
    query = select(ParkedEventRow.id).where(
        ParkedEventRow.node_id == node_id, ParkedEventRow.reason == ParkReason.FORK.value,
        ParkedEventRow.state == ParkState.OPEN.value,
    )  # fmt: skip
    return db.scalar(query.limit(1)) is not None


def waiting_alarms(db: Session, node_id: UUID, reason: ParkReason) -> list[UUID]:
    """The event ids of a node's alarms that are parked for this reason and nobody has decided about."""
    query = select(ParkedEventRow.event_id).where(
        ParkedEventRow.node_id == node_id, ParkedEventRow.kind == "alarm", ParkedEventRow.reason == reason.value,
        ParkedEventRow.state == ParkState.OPEN.value,
    )  # fmt: skip
    return list(db.scalars(query))


def journal_chunk(db: Session, node_id: UUID, after: int, limit: int) -> list[Event]:
    """The chain of a node after `after`, parked or not, in order; without what a person took beside it."""
    query = select(JournalEventRow).where(
        JournalEventRow.node_id == node_id, JournalEventRow.seq > after, JournalEventRow.beside == 0
    )
    return [event_of(row) for row in db.scalars(query.order_by(JournalEventRow.seq).limit(limit))]


def community_of_node(db: Session, node_id: UUID) -> UUID:
    """Whose journal it is. LookupError for a node without one."""
    found = db.scalar(select(NodeCursorRow.community_id).where(NodeCursorRow.node_id == node_id))
    if found is None:
        raise LookupError(f"node {node_id} has no journal here")
    return found


def heard_upto(db: Session, node_id: UUID) -> int:
    """The last line of a node's journal that was dealt with: projected, or parked."""
    return db.scalar(select(NodeCursorRow.acked).where(NodeCursorRow.node_id == node_id)) or 0


def lock_cursors(db: Session, community_id: UUID) -> None:
    """Let no batch of this community in until the transaction ends."""
    db.execute(select(NodeCursorRow.node_id).where(NodeCursorRow.community_id == community_id).with_for_update()).all()
