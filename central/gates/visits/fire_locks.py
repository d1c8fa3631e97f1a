"""Whether the locks that a fire is to release did release: a door said to be open that is locked costs lives.

The fire alarm says that a lane is to stand open. What became of its lock is told beside it: by the last word about the
hold, and by the fault of the lock, which stands until the node has seen the lock follow. Either is believed when it
says that the lock did not: the fault comes ahead of a backlog, and stands where the chain is broken. A board that falls
silent after it was read back may have lost its power since: then nothing is known of its lock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from central.gates.visits.live import mark
from central.gates.visits.rules import Lock, lock_in_fire
from central.gates.visits.tables import AlarmClosedRow, AlarmRow, LaneStateRow, NodePresenceRow
from central.gates.visits.views import AlarmView
from models.wire.events import Actuated, AlarmKind

HOLD = "hold"
"""The fact of a lane that keeps the last word about its hold."""
FIRE_SIGNAL = "fire_signal"
"""The fact of a lane that keeps whether a fire input of its node was active when it was last told."""
SECURED, SEEN, TOLD, FAILED = "secured", "seen", "told", "failed"
_LOCK, _BOARD = "lock", "relay"
"""What the node calls the lock, and the board that holds it, in an alarm about them."""


def hold_said(body: Actuated) -> str | None:
    """What is kept of a word about a hold; None for a release, which is none."""
    if body.action == "release":
        return None
    if body.action == "secure":
        return SECURED
    return SEEN if body.confirmed else TOLD if body.fault is None else FAILED


def changes_lock(kind: str, device: str | None) -> bool:
    """Whether such an alarm says something of the lock: of itself, or that its board is silent."""
    return kind == AlarmKind.DEVICE_FAULT and device in (_LOCK, _BOARD)


def locks_in_fire(db: Session, burning: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Lock]:
    """The lock at each (node, lane) that a fire is to release. `burning`: those whose fire alarm stands. A lane whose
    board was silent when the fire began tells of no fire, and is one of them by the failure of its hold."""
    nodes = {node_id for node_id, _ in burning}
    if not nodes:
        return {}
    words = select(LaneStateRow.node_id, LaneStateRow.lane_id, LaneStateRow.value)
    words = words.where(LaneStateRow.fact == HOLD, LaneStateRow.node_id.in_(nodes))
    said = {(node_id, lane_id): value for node_id, lane_id, value in db.execute(words)}
    faults = select(AlarmRow.node_id, AlarmRow.lane_id, AlarmRow.device).where(
        AlarmRow.kind == AlarmKind.DEVICE_FAULT.value, AlarmRow.device.in_((_LOCK, _BOARD)),
        AlarmRow.over_at.is_(None), AlarmRow.node_id.in_(nodes),
    )  # fmt: skip
    stands = {(node_id, lane_id, device) for node_id, lane_id, device in db.execute(faults)}
    held = {*burning, *(one for one, word in said.items() if word == FAILED)}
    return {one: lock_in_fire(said.get(one), (*one, _LOCK) in stands, (*one, _BOARD) in stands) for one in held}


def signals_in_fire(db: Session, burning: Mapping[tuple[UUID, UUID], int]) -> dict[tuple[UUID, UUID], bool]:
    """Whether a fire input is active still, of each (node, lane) that told so since its fire began: only where none is
    does a person's word end the hold. `burning`: with the number of the event that raised the alarm."""
    if not burning:
        return {}
    query = select(LaneStateRow.node_id, LaneStateRow.lane_id, LaneStateRow.seq, LaneStateRow.value)
    query = query.where(LaneStateRow.fact == FIRE_SIGNAL, LaneStateRow.lane_id.in_({lane_id for _, lane_id in burning}))
    told = {(node_id, lane_id): (seq, value) for node_id, lane_id, seq, value in db.execute(query)}
    return {one: told[one][1] == "on" for one, began in burning.items() if one in told and told[one][0] > began}


def with_locks(db: Session, alarms: Sequence[AlarmView]) -> list[AlarmView]:
    """The alarms as they are, each fire with what became of its lock: as it is now, or as it was until the fire was
    over. Of one that is over and had no fault nothing is said. And whether its node is revoked meanwhile."""
    fires = {one.alarm_id for one in alarms if one.kind == AlarmKind.FIRE}
    if not fires:
        return list(alarms)
    burning = {
        (one.node_id, one.lane_id)
        for one in alarms
        if one.alarm_id in fires and one.over_at is None and one.node_id and one.lane_id
    }
    now, stuck = locks_in_fire(db, burning), _stuck_in(db, fires)
    revoked, closed = _revoked(db, burning), _closed(db, fires)
    return [
        _with_its_end(_with_lock(one, now, stuck), revoked, closed) if one.alarm_id in fires else one for one in alarms
    ]


def _with_its_end(fire: AlarmView, revoked: Collection[UUID], closed: Mapping[UUID, tuple[str, str]]) -> AlarmView:
    """Who ended it, where its node said nothing of it; or that nobody but a person will."""
    if fire.over_at is None:
        return replace(fire, node_revoked=fire.node_id in revoked)
    if fire.over_seq is not None or fire.alarm_id not in closed:
        return fire
    name, why = closed[fire.alarm_id]
    return replace(fire, closed_by=name, closed_why=why)


def _closed(db: Session, fires: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """By whom, and why."""
    rows = db.scalars(select(AlarmClosedRow).where(AlarmClosedRow.alarm_id.in_(fires)))
    return {row.alarm_id: (row.name, row.why) for row in rows}


def _revoked(db: Session, burning: Collection[tuple[UUID, UUID]]) -> set[UUID]:
    """Those of these nodes that are no nodes any more."""
    query = select(NodePresenceRow.node_id).where(
        NodePresenceRow.node_id.in_({node_id for node_id, _ in burning}), NodePresenceRow.removed_at.is_not(None)
    )
    return set(db.scalars(query))


def _with_lock(
    fire: AlarmView, now: Mapping[tuple[UUID, UUID], Lock], stuck: Mapping[UUID, tuple[datetime | None, bool]]
) -> AlarmView:
    freed_at, to_the_end = stuck.get(fire.alarm_id, (None, False))
    if fire.over_at is None:
        lock = now.get((fire.node_id, fire.lane_id)) if fire.node_id and fire.lane_id else None
    else:
        lock = None if fire.alarm_id not in stuck else Lock.STUCK if to_the_end else Lock.FREE
    return replace(fire, lock=lock, freed_at=freed_at if lock is Lock.FREE else None)


def _stuck_in(db: Session, fires: Collection[UUID]) -> dict[UUID, tuple[datetime | None, bool]]:
    """The fires in which the lock had a fault: until when, and whether it outlived the fire. A lock that is well again
    only after the fire was over was secured, not released."""
    fire, fault = aliased(AlarmRow), aliased(AlarmRow)
    outlives = fault.over_seq.is_(None) | (fire.over_seq.is_not(None) & (fault.over_seq > fire.over_seq))
    query = (
        select(fire.alarm_id, func.max(fault.over_at), func.bool_or(outlives))
        .join(fault, (fault.node_id == fire.node_id) & (fault.lane_id == fire.lane_id))
        .where(fire.alarm_id.in_(fires), _faulty(fault))
        .where(fire.over_seq.is_(None) | (fault.seq < fire.over_seq))
        .where(fault.over_seq.is_(None) | (fault.over_seq > fire.seq))
        .group_by(fire.alarm_id)
    )
    return {alarm_id: (freed_at, to_the_end) for alarm_id, freed_at, to_the_end in db.execute(query)}


def mark_fire(db: Session, node_id: UUID, lane_id: UUID | None) -> None:
    """The lock's word has changed: the card of the fire at this lane says so."""
    query = select(AlarmRow.alarm_id, AlarmRow.community_id).where(
        AlarmRow.kind == AlarmKind.FIRE.value, AlarmRow.over_at.is_(None), AlarmRow.node_id == node_id,
        AlarmRow.lane_id == lane_id,
    )  # fmt: skip
    for alarm_id, community_id in db.execute(query):
        mark(db, "alarm", alarm_id, community_id)


def _faulty(alarm: type[AlarmRow]) -> ColumnElement[bool]:
    return (alarm.kind == AlarmKind.DEVICE_FAULT.value) & (alarm.device == _LOCK)
