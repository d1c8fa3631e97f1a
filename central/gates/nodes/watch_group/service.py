"""What can be done about the watch group: add, end, read, set how many; and what follows from time (ACC-30).

Whoever reads is written down as well as whoever writes. Photos go another way: `gates/face_enrolment/watch_photos.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.session import tenant_of
from central.gates.access import snapshot
from central.gates.nodes import mail
from central.gates.nodes.tables import NodeRow
from central.gates.nodes.watch_group.permissions import KEEP_WATCH_GROUP
from central.gates.nodes.watch_group.rules import (
    REASON_MAX,
    STANDING,
    EntryState,
    Ground,
    entry_problems,
    ground_problems,
    most_problem,
    state_at,
)
from central.gates.nodes.watch_group.tables import WatchEntryRow, WatchReceiptRow, WatchSettingsRow
from central.gates.nodes.watch_group.views import AtNode, EntryView, GroupView
from central.people.community.finding import find
from central.people.community.queries import community_of
from models.wire.snapshot import WATCH_GROUP_MAX, WatchEntry

SHOWN_MAX = 200


def add_entry(
    db: Session, actor: Actor, community_id: UUID, *, label: str, ground: Ground | None, document: str, asked_by: str,
    expires_at: datetime, now: datetime,
) -> UUID:  # fmt: skip
    """Somebody is to be looked out for; photos follow. Forbidden, Invalid, or Conflict where the group is full."""
    actor.demand(KEEP_WATCH_GROUP, community_id)
    community_of(db, community_id)
    label, document, asked_by = label.strip(), document.strip(), asked_by.strip()
    problems = entry_problems(label, ground, document, asked_by, expires_at, now)
    if problems or ground is None:
        raise Invalid(fields=problems)
    settings = _settings(db, community_id, lock=True)
    if _standing(db, community_id, now) >= settings.faces_max:
        raise Conflict("watch.full", most=settings.faces_max)
    settings.last_number += 1
    row = WatchEntryRow(
        community_id=community_id, number=settings.last_number, label=label, ground=ground.value, document=document,
        asked_by=asked_by, made_by=actor.name, made_at=now, expires_at=expires_at,
        state=EntryState.WITHOUT_PHOTO.value,
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, "watch_group.add", "watch_entry", row.id, community_id=community_id,
        after={"number": row.number, "ground": row.ground, "document": document, "asked_by": asked_by,
               "expires_at": expires_at.isoformat()},
    )  # fmt: skip
    snapshot.changed(db, community_id)
    return row.id


def end_entry(db: Session, actor: Actor, entry_id: UUID, reason: str, now: datetime) -> None:
    """Look out no longer: the gates destroy the face with their next rules. Conflict when it is over already."""
    row = entry_for(db, actor, entry_id, lock=True)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid("watch.reason_needed", fields={"reason": "watch.reason_needed"})
    if state_at(EntryState(row.state), row.expires_at, now) not in STANDING:
        raise Conflict("watch.over")
    row.state, row.ended_at, row.ended_by, row.ended_reason = EntryState.ENDED.value, now, actor.name, reason
    db.flush()
    mail.forget_missed(db, [row.id])
    record(
        db, actor, "watch_group.end", "watch_entry", row.id, reason=reason, community_id=row.community_id,
        after={"number": row.number},
    )  # fmt: skip
    snapshot.changed(db, row.community_id)


def correct_entry(
    db: Session, actor: Actor, entry_id: UUID, *, ground: Ground | None, document: str, asked_by: str, reason: str,
    now: datetime,
) -> None:  # fmt: skip
    """What was entered wrongly of the paper that it stands on. Number, face and end stay; what it said before is in the
    audit. Invalid, or Conflict when it is over already."""
    row = entry_for(db, actor, entry_id, lock=True)
    document, asked_by, reason = document.strip(), asked_by.strip(), reason.strip()
    problems = ground_problems(ground, document, asked_by)
    if not reason or len(reason) > REASON_MAX:
        problems["reason"] = "watch.correct_why_needed"
    if problems or ground is None:
        raise Invalid(fields=problems)
    if state_at(EntryState(row.state), row.expires_at, now) not in STANDING:
        raise Conflict("watch.over")
    before = {"ground": row.ground, "document": row.document, "asked_by": row.asked_by}
    row.ground, row.document, row.asked_by = ground.value, document, asked_by
    db.flush()
    record(
        db, actor, "watch_group.correct", "watch_entry", row.id, reason=reason, community_id=row.community_id,
        before=before, after={"ground": row.ground, "document": document, "asked_by": asked_by},
    )  # fmt: skip
    snapshot.changed(db, row.community_id)


def set_most(db: Session, actor: Actor, community_id: UUID, faces_max: int) -> None:
    """How many faces there may be: from none to 1000. What stands already goes on to its end."""
    actor.demand(KEEP_WATCH_GROUP, community_id)
    community_of(db, community_id)
    if (problem := most_problem(faces_max)) is not None:
        raise Invalid(problem, fields={"faces_max": problem}, most=WATCH_GROUP_MAX)
    settings = _settings(db, community_id, lock=True)
    before, settings.faces_max = settings.faces_max, faces_max
    db.flush()
    record(
        db, actor, "watch_group.most", "community", community_id, community_id=community_id,
        before={"faces_max": before}, after={"faces_max": faces_max},
    )  # fmt: skip


def read_group(db: Session, actor: Actor, community_id: UUID, now: datetime) -> GroupView:
    """The whole group, the newest first. The reading is in the audit."""
    actor.demand(KEEP_WATCH_GROUP, community_id)
    community_of(db, community_id)
    query = select(WatchEntryRow).where(WatchEntryRow.community_id == community_id)
    rows = db.scalars(query.order_by(WatchEntryRow.number.desc()).limit(SHOWN_MAX)).all()
    record(
        db, actor, "watch_group.read", "community", community_id, community_id=community_id,
        after={"entries": len(rows)},
    )  # fmt: skip
    settings = _settings(db, community_id)
    return GroupView(settings.faces_max, _standing(db, community_id, now), tuple(_views(db, rows, now)))


def read_entry(db: Session, actor: Actor, entry_id: UUID, now: datetime) -> EntryView:
    """One entry. The reading is in the audit."""
    row = entry_for(db, actor, entry_id)
    record(
        db, actor, "watch_group.read", "watch_entry", row.id, community_id=row.community_id,
        after={"number": row.number},
    )  # fmt: skip
    return _views(db, [row], now)[0]


def entry_for(db: Session, actor: Actor, entry_id: UUID, *, lock: bool = False) -> WatchEntryRow:
    """The entry, for who may keep the group there. NotFound, Forbidden."""
    row = find(db, WatchEntryRow, entry_id, "watch.no_entry", lock=lock)
    actor.demand(KEEP_WATCH_GROUP, row.community_id)
    return row


def told_to_gates(db: Session, community_id: UUID, now: datetime) -> tuple[WatchEntry, ...]:
    """What every node of the community is told: numbers, grounds and ends."""
    query = select(WatchEntryRow).where(_stands(community_id, now)).order_by(WatchEntryRow.number)
    return tuple(
        WatchEntry(entry_id=row.id, number=row.number, ground=row.ground, expires_at=row.expires_at)
        for row in db.scalars(query.limit(WATCH_GROUP_MAX))
    )


def at_gates(db: Session, community_id: UUID, now: datetime) -> set[tuple[UUID, UUID]]:
    """(node, entry) of every face of an entry that stands which a node says it has."""
    query = select(WatchReceiptRow.node_id, WatchReceiptRow.entry_id).join(
        WatchEntryRow, WatchEntryRow.id == WatchReceiptRow.entry_id
    )
    found = db.execute(query.where(_stands(community_id, now), WatchReceiptRow.what == "stored"))
    return {(row.node_id, row.entry_id) for row in found}


def expire(db: Session, now: datetime) -> int:
    """Note which entries are over. Gates know their end and destroyed them without being told. Returns how many."""
    over = db.execute(
        update(WatchEntryRow)
        .where(WatchEntryRow.state.in_([state.value for state in STANDING]), WatchEntryRow.expires_at <= now)
        .values(state=EntryState.EXPIRED.value)
        .returning(WatchEntryRow.id, WatchEntryRow.community_id, WatchEntryRow.number)
    ).all()
    for entry_id, community_id, number in over:
        record(
            db, system(tenant_of(db), "faces"), "watch_group.expire", "watch_entry", entry_id,
            community_id=community_id, after={"number": number},
        )  # fmt: skip
    mail.forget_missed(db, [entry_id for entry_id, _, _ in over])
    for community_id in sorted({community_id for _, community_id, _ in over}):
        snapshot.changed(db, community_id)
    return len(over)


def _stands(community_id: UUID, now: datetime) -> ColumnElement[bool]:
    return (
        (WatchEntryRow.community_id == community_id)
        & WatchEntryRow.state.in_([state.value for state in STANDING])
        & (WatchEntryRow.expires_at > now)
    )


def _standing(db: Session, community_id: UUID, now: datetime) -> int:
    return db.scalar(select(func.count()).select_from(WatchEntryRow).where(_stands(community_id, now))) or 0


def _settings(db: Session, community_id: UUID, *, lock: bool = False) -> WatchSettingsRow:
    """Made when first asked for."""
    query = select(WatchSettingsRow).where(WatchSettingsRow.community_id == community_id)
    row = db.scalar(query.with_for_update() if lock else query)
    if row is not None:
        return row
    if not lock:
        return WatchSettingsRow(community_id=community_id, faces_max=WATCH_GROUP_MAX, last_number=0)
    made = insert(WatchSettingsRow).values(community_id=community_id)
    db.execute(made.on_conflict_do_nothing())
    return db.scalars(query.with_for_update()).one()


def stored_at(db: Session, node_id: UUID) -> int:
    """Of how many entries this node said last that it has the face, ended ones too."""
    there = WatchReceiptRow.node_id == node_id, WatchReceiptRow.what == "stored"
    return db.scalar(select(func.count()).select_from(WatchReceiptRow).where(*there)) or 0


def _views(db: Session, rows: Sequence[WatchEntryRow], now: datetime) -> list[EntryView]:
    query = (
        select(WatchReceiptRow, NodeRow.name, NodeRow.revoked_at)
        .join(NodeRow, NodeRow.id == WatchReceiptRow.node_id)
        .where(WatchReceiptRow.entry_id.in_([row.id for row in rows]))
        .order_by(NodeRow.name)
    )
    nodes: dict[UUID, list[AtNode]] = {}
    for receipt, name, revoked_at in db.execute(query):
        said = AtNode(name, receipt.what, receipt.at, revoked_at is not None)
        nodes.setdefault(receipt.entry_id, []).append(said)
    return [
        EntryView(
            entry_id=row.id, community_id=row.community_id, number=row.number, label=row.label, ground=row.ground,
            document=row.document, asked_by=row.asked_by, made_by=row.made_by, made_at=row.made_at,
            expires_at=row.expires_at, state=state_at(EntryState(row.state), row.expires_at, now),
            problems=tuple(row.problems), ended_at=row.ended_at, ended_by=row.ended_by,
            ended_reason=row.ended_reason, nodes=tuple(nodes.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip
