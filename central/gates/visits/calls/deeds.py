"""What an operator does about who asks at a lane: takes it, gives it back, is done with it, has looked at a missed one.

One has it at a time. Whoever takes over says so by a press of their own, and the audit has both. What is then done at
the lane (its plate, its fee, its arm) is the deed of the page that does it, under the same name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, NotFound
from central.gates.visits.calls.rules import Deed, LaneAsks, What
from central.gates.visits.calls.tables import CallDeedRow, LaneCallRow
from central.gates.visits.calls.waiting import waits_at_lane
from central.gates.visits.live import mark, publish
from central.gates.visits.permissions import ANSWER_CALLS
from central.people.community.queries import LaneView, lane_of


def take(db: Session, actor: Actor, lane_id: UUID, now: datetime, *, over: bool = False) -> None:
    """`over`: also where another person has it. Conflict, naming them, where it is not meant so; Conflict where nobody
    asks there any more. Taking what one has already changes nothing."""
    lane, asks = _held(db, actor, lane_id, now)
    holder = asks.holder
    if holder is not None and _is(holder, actor):
        return
    if holder is not None and not over:
        raise Conflict("calls.taken", name=holder.name)
    _say(db, actor, lane, What.TOOK, _subjects(asks), now)
    before = {"taken_by": holder.name} if holder is not None else None
    record(db, actor, "call.take", "lane", lane_id, before=before, community_id=lane.community_id)


def give_back(db: Session, actor: Actor, lane_id: UUID, now: datetime) -> None:
    """It waits for somebody again, since when it did. Conflict where this person has not got it."""
    lane, asks = _held(db, actor, lane_id, now)
    if asks.holder is None or not _is(asks.holder, actor):
        raise Conflict("calls.not_yours")
    _say(db, actor, lane, What.LEFT, _subjects(asks), now)
    record(db, actor, "call.give_back", "lane", lane_id, community_id=lane.community_id)


def done(db: Session, actor: Actor, lane_id: UUID, now: datetime) -> None:
    """Whoever asked was helped; who has not taken it before has now. Conflict where another person has it."""
    lane, asks = _held(db, actor, lane_id, now)
    holder = asks.holder
    if holder is not None and not _is(holder, actor):
        raise Conflict("calls.taken", name=holder.name)
    _say(db, actor, lane, What.DONE, _subjects(asks), now)
    record(db, actor, "call.done", "lane", lane_id, community_id=lane.community_id)


def look_at_missed(db: Session, actor: Actor, call_id: UUID, now: datetime) -> None:
    """A second look changes nothing."""
    row = db.scalar(select(LaneCallRow).where(LaneCallRow.call_id == call_id))
    if row is None:
        raise NotFound("calls.no_call")
    actor.demand(ANSWER_CALLS, row.community_id)
    _say(db, actor, lane_of(db, row.lane_id), What.SEEN, [call_id], now)
    record(db, actor, "call.seen", "call", call_id, community_id=row.community_id)


def _held(db: Session, actor: Actor, lane_id: UUID, now: datetime) -> tuple[LaneView, LaneAsks]:
    """As nobody else takes it meanwhile: the lane's calls are held until the transaction ends."""
    lane = lane_of(db, lane_id)
    actor.demand(ANSWER_CALLS, lane.community_id)
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"calls:{lane_id}"})
    asks = waits_at_lane(db, lane, now)
    if asks is None:
        raise Conflict("calls.over")
    return lane, asks


def _subjects(asks: LaneAsks) -> list[UUID]:
    return [asked.subject_id for asked, _ in asks.asks]


def _is(holder: Deed, actor: Actor) -> bool:
    return holder.account_id == actor.id


def _say(db: Session, actor: Actor, lane: LaneView, what: What, subjects: Iterable[UUID], now: datetime) -> None:
    lane_id, place = lane.lane.lane_id, lane.community_id
    db.add_all(
        CallDeedRow(
            community_id=place, lane_id=lane_id, subject_id=one, what=what.value, at=now, account_id=actor.id,
            name=actor.name,
        )
        for one in subjects
    )  # fmt: skip
    db.flush()
    mark(db, "call", lane_id, place)
    publish(db)
