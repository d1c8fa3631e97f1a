"""The end of a shift at a gate: its till with what happened there, and never over a fault of a lane (PARK-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict
from central.gates.parking.dues.shift_facts import shift_facts
from central.gates.visits.tables import AlarmRow, VisitRow
from central.money.payments.close_till import TillNow, close_till, till_now
from central.people.community.queries import lanes_of
from models.access.credential import Kind
from models.site.topology import Direction

FAULTS = ("device_fault", "held_open", "forced")
"""Of a lane, while they last: how many cars passed meanwhile nobody can say."""


@dataclass(frozen=True, slots=True)
class Shift:
    """`facts`: JSON-ready, as they are signed. `faulty`: the names of its lanes with a fault that lasts."""

    till: TillNow
    facts: dict[str, Any]
    faulty: tuple[str, ...]


def shift_now(db: Session, actor: Actor, community_id: UUID, till: str, now: datetime) -> Shift:
    found = till_now(db, actor, community_id, till, now)
    lifts = select(func.count()).where(
        VisitRow.community_id == community_id, VisitRow.kind == Kind.REMOTE.value,
        VisitRow.happened_at > found.since, VisitRow.happened_at <= now,
    )  # fmt: skip
    facts = shift_facts(db, community_id, found.since, now) | {"lifts": db.scalar(lifts) or 0}
    return Shift(found, facts, _faulty(db, community_id, till))


def close_shift(
    db: Session, actor: Actor, community_id: UUID, till: str, *, seen_at: datetime, counted_fen: int, note: str,
    now: datetime,
) -> UUID:  # fmt: skip
    shift = shift_now(db, actor, community_id, till, now)
    if shift.faulty:
        raise Conflict("shift.lane_fault", lanes="、".join(shift.faulty))
    return close_till(
        db, actor, community_id, till, seen_at=seen_at, counted_fen=counted_fen, note=note,
        facts=shift.facts, now=now,
    )  # fmt: skip


def _faulty(db: Session, community_id: UUID, till: str) -> tuple[str, ...]:
    """Of the lane whose till it is; of the desk's, which has none, of every way out: what passes there pays at it."""
    lanes = lanes_of(db, community_id)
    mine = [one for one in lanes if str(one.lane.lane_id) == till] or [
        one for one in lanes if one.lane.direction is not Direction.IN
    ]
    names = {one.lane.lane_id: one.lane.name for one in mine}
    query = select(AlarmRow.lane_id).where(
        AlarmRow.community_id == community_id, AlarmRow.kind.in_(FAULTS), AlarmRow.over_at.is_(None),
        AlarmRow.lane_id.is_not(None),
    )  # fmt: skip
    return tuple(sorted({names[one] for one in db.scalars(query) if one in names}))
