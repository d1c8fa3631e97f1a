"""Mail for nodes: sealed pieces that wait until the node has dealt with them. Central cannot read them.

Beside rules and commands the third thing that goes down. The downlink only says that there is some; the domain whose
mail it is hands it over and takes it away when the node has told its fate. What a node did not get is noted as missed
until it is sent again: nothing that somebody waits for is lost silently.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, CursorResult, Uuid, any_, delete, exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.gates.access.snapshot import CHANNEL
from central.gates.nodes.tables import MissedMailRow, NodeMailRow, NodeRow, SentMailRow
from central.gates.visits.alarms import SENT_IN_VAIN, node_name, raise_again
from central.gates.visits.live import publish
from models.values.ids import new_id

AGAIN_MAX, AGAIN_WITHIN = 3, timedelta(hours=1)
"""So often a node is sent the same, a face or an entry of the watch group, when nobody sends photos."""


def send(db: Session, node_id: UUID, kind: str, subject_id: UUID, payload: str, now: datetime) -> None:
    """Put one piece into a node's box and wake its poll. `subject_id`: what it is about; several may be."""
    forget_missed(db, [subject_id], kind, node_id)
    db.add(NodeMailRow(node_id=node_id, kind=kind, subject_id=subject_id, payload=payload, made_at=now))
    db.add(SentMailRow(node_id=node_id, kind=kind, subject_id=subject_id, sent_at=now))
    db.flush()
    db.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": f"{tenant_of(db)} {node_id}"}
    )


def waits(db: Session, node_id: UUID) -> bool:
    """Whether anything lies in the node's box."""
    return bool(db.scalar(select(exists().where(NodeMailRow.node_id == node_id))))


def waiting(
    db: Session, node_id: UUID, kind: str, limit: int | None = None, *, subject_id: UUID | None = None
) -> list[tuple[UUID, str]]:
    """(subject, payload) of what waits, oldest first; about one subject alone."""
    query = select(NodeMailRow.subject_id, NodeMailRow.payload)
    query = query.where(NodeMailRow.node_id == node_id, NodeMailRow.kind == kind)
    if subject_id is not None:
        query = query.where(NodeMailRow.subject_id == subject_id)
    return [(row.subject_id, row.payload) for row in db.execute(query.order_by(NodeMailRow.id).limit(limit))]


def subjects_of(db: Session, kind: str, node_id: UUID) -> list[UUID]:
    """What mail of this kind in a node's box is about."""
    query = select(NodeMailRow.subject_id).where(NodeMailRow.kind == kind, NodeMailRow.node_id == node_id)
    return list(db.scalars(query.distinct()))


def subjects_before(db: Session, kind: str, before: datetime) -> list[UUID]:
    """What mail of this kind that is older than `before` is about."""
    query = select(NodeMailRow.subject_id).where(NodeMailRow.kind == kind, NodeMailRow.made_at < before)
    return list(db.scalars(query.distinct()))


def take_away(
    db: Session, kinds: Collection[str], *, subject_id: UUID | None = None, node_id: UUID | None = None,
    before: datetime | None = None,
) -> int:  # fmt: skip
    """Delete mail of these kinds: about a subject, of a node, older than an instant. Returns how many pieces."""
    gone = delete(NodeMailRow).where(NodeMailRow.kind.in_(kinds))
    if subject_id is not None:
        gone = gone.where(NodeMailRow.subject_id == subject_id)
    if node_id is not None:
        gone = gone.where(NodeMailRow.node_id == node_id)
    if before is not None:
        gone = gone.where(NodeMailRow.made_at < before)
    done = db.execute(gone)
    assert isinstance(done, CursorResult)
    return done.rowcount


def note_missed(db: Session, pairs: Iterable[tuple[UUID, UUID]], kind: str, now: datetime) -> None:
    """(node, subject): what these nodes lack. Noting it again changes nothing."""
    rows = [
        {"id": new_id(), "node_id": node_id, "kind": kind, "subject_id": subject_id, "missed_at": now}
        for node_id, subject_id in sorted(pairs)
    ]
    if rows:
        db.execute(insert(MissedMailRow).on_conflict_do_nothing(), rows)


def asked_again(db: Session, node_id: UUID, kind: str, subject_id: UUID, now: datetime) -> None:
    """A node could not open what waited: it lacks it, and is sent it once more. Of one that was sent the same so often
    that it waits, people are told: its key is another than it says, or somebody else speaks for it."""
    note_missed(db, [(node_id, subject_id)], kind, now)
    if (node_id, subject_id) in sent_often(db, kind, now):
        community_id = db.scalars(select(NodeRow.community_id).where(NodeRow.id == node_id)).one()
        raise_again(db, node_id, community_id, SENT_IN_VAIN, node_name(db, node_id) or None, now)
        publish(db)


def sent_often(db: Session, kind: str, now: datetime) -> set[tuple[UUID, UUID]]:
    """(node, subject) of what was sent again and again within the hour: it waits, whoever asks for it."""
    query = (
        select(SentMailRow.node_id, SentMailRow.subject_id)
        .where(SentMailRow.kind == kind, SentMailRow.sent_at > now - AGAIN_WITHIN)
        .group_by(SentMailRow.node_id, SentMailRow.subject_id)
        .having(func.count() >= AGAIN_MAX)
    )
    return {(node_id, subject_id) for node_id, subject_id in db.execute(query)}


def forget_sent(db: Session, now: datetime) -> int:
    """What was sent so long ago that it counts no more. Returns how many. Timed work."""
    done = db.execute(delete(SentMailRow).where(SentMailRow.sent_at <= now - AGAIN_WITHIN))
    assert isinstance(done, CursorResult)
    return done.rowcount


def missed(db: Session, kind: str, node_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """(node, subject) of what these nodes lack and is not on its way to them."""
    query = select(MissedMailRow.node_id, MissedMailRow.subject_id)
    found = db.execute(query.where(MissedMailRow.kind == kind, MissedMailRow.node_id.in_(node_ids)))
    return {(row.node_id, row.subject_id) for row in found}


def lacking(db: Session, kind: str, subject_id: UUID) -> set[UUID]:
    """The nodes that lack what this is about, and to which it is not on its way."""
    query = select(MissedMailRow.node_id).where(MissedMailRow.kind == kind, MissedMailRow.subject_id == subject_id)
    return set(db.scalars(query))


def forget_missed(
    db: Session, subject_ids: Collection[UUID], kind: str | None = None, node_id: UUID | None = None
) -> None:
    """Nobody lacks it any more: it is on its way, or it shall reach nobody."""
    gone = delete(MissedMailRow).where(MissedMailRow.subject_id == any_(literal(list(subject_ids), ARRAY(Uuid()))))
    if kind is not None:
        gone = gone.where(MissedMailRow.kind == kind)
    db.execute(gone if node_id is None else gone.where(MissedMailRow.node_id == node_id))
