"""Who asks for a person now, at which lane and since when; whom nobody answered. Asks nobody's right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from central.gates.visits.alarms import full_name
from central.gates.visits.at_lane import STANDS_MAX, car_at
from central.gates.visits.calls.rules import LASTS, Asked, By, Deed, LaneAsks, Now, State, What, in_order, now_of
from central.gates.visits.calls.tables import CallDeedRow, LaneCallRow
from central.gates.visits.tables import VisitRow
from central.people.community.queries import LaneView, lanes_of
from models.access.decision import Outcome

MISSED_KEPT = timedelta(days=30)
LIST_MAX = 100
AT_ONCE = frozenset({State.WAITING, State.TAKEN, State.ANSWERED})


@dataclass(frozen=True, slots=True)
class CallView:
    """One that was missed: it stays until somebody has looked."""

    call_id: UUID
    community_id: UUID
    lane_id: UUID
    lane_name: str
    by: By
    asked_at: datetime
    visit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Waits:
    """A lane at which a person is asked for, in the order of `rules.in_order`."""

    lane: LaneView
    asks: LaneAsks
    name: str


def waits_in(db: Session, community_ids: Collection[UUID], now: datetime) -> list[Waits]:
    """The one list that an operator works down: calls, and cars and people who were referred to a person."""
    lanes = {one.lane.lane_id: one for place in community_ids for one in lanes_of(db, place)}
    asked: dict[UUID, list[Asked]] = defaultdict(list)
    for row in _open_rows(db, community_ids, now):
        asked[row.lane_id].append(_asked(db, row, now))
    for lane_id, standing in _standing(db, lanes, now).items():
        asked[lane_id].append(standing)
    return _waits(lanes, _asks(db, asked, now))


def waits_at_lane(db: Session, lane: LaneView, now: datetime) -> LaneAsks | None:
    return next((one.asks for one in waits_in(db, [lane.community_id], now) if one.lane == lane), None)


def calls_waiting(db: Session, community_ids: Collection[UUID], now: datetime) -> list[Waits]:
    """Calls alone that nobody has taken: what every page tells. One question while nobody calls."""
    asked: dict[UUID, list[Asked]] = defaultdict(list)
    rows = _open_rows(db, community_ids, now)
    for row in rows:
        asked[row.lane_id].append(_asked(db, row, now))
    lanes = {one.lane.lane_id: one for place in {row.community_id for row in rows} for one in lanes_of(db, place)}
    return [one for one in _waits(lanes, _asks(db, asked, now)) if one.asks.state is State.WAITING]


def missed_in(db: Session, community_ids: Collection[UUID], now: datetime) -> list[CallView]:
    """The newest first."""
    deed, row = CallDeedRow, LaneCallRow

    def was(*what: What) -> ColumnElement[bool]:
        return exists().where(deed.subject_id == row.call_id, deed.what.in_([one.value for one in what]))

    looked = exists().where(
        deed.subject_id == row.call_id, deed.what.in_([What.DONE.value, What.SEEN.value]), deed.at >= row.asked_at
    )
    query = select(row).where(
        row.community_id.in_(community_ids), row.asked_at > now - MISSED_KEPT, ~looked,
        or_(row.ended_at.is_not(None), row.asked_at <= now - LASTS),
        or_(row.answered_at.is_(None), row.answered_at < row.asked_at),
        or_(~was(What.TOOK), was(What.LEFT)),
    )  # fmt: skip
    rows = db.scalars(query.order_by(row.asked_at.desc(), row.call_id).limit(LIST_MAX)).all()
    if not rows:
        return []
    lanes = {one.lane.lane_id: one for place in {one.community_id for one in rows} for one in lanes_of(db, place)}
    asked = {one.call_id: _asked(db, one, now, opened=True) for one in rows}
    deeds = _deeds(db, asked)
    return [
        CallView(one.call_id, one.community_id, one.lane_id, full_name(lanes[one.lane_id]), By(one.by), one.asked_at,
                 one.visit_id)
        for one in rows
        if one.lane_id in lanes and now_of(asked[one.call_id], deeds[one.call_id], now).state is State.MISSED
    ]  # fmt: skip


def phone_call(db: Session, lane_id: UUID, now: datetime) -> tuple[LaneCallRow, Now] | None:
    """The call of a driver's phone that stands at this lane, as it is now."""
    query = select(LaneCallRow).where(LaneCallRow.lane_id == lane_id, LaneCallRow.by == By.PHONE.value)
    row = db.scalar(query.order_by(LaneCallRow.asked_at.desc()).limit(1))
    if row is None or row.asked_at <= now - 2 * LASTS:
        return None
    asked = _asked(db, row, now)
    return row, now_of(asked, _deeds(db, {asked.subject_id: asked})[asked.subject_id], now)


def _open_rows(db: Session, community_ids: Collection[UUID], now: datetime) -> list[LaneCallRow]:
    """One that was taken at its last minute goes on as long again."""
    row = LaneCallRow
    here = row.community_id.in_(community_ids), row.ended_at.is_(None), row.asked_at > now - 2 * LASTS
    return list(db.scalars(select(row).where(*here).order_by(row.asked_at).limit(LIST_MAX)))


def _asked(db: Session, row: LaneCallRow, now: datetime, *, opened: bool = False) -> Asked:
    """`opened`: whether a person opened the lane for it is asked as well."""
    ended = row.ended_at
    if ended is None and row.by == By.PHONE.value:  # no loop tells of a phone: its driver went with the car
        through = select(VisitRow.passed_at).where(
            VisitRow.lane_id == row.lane_id, VisitRow.happened_at > row.asked_at - STANDS_MAX,
            VisitRow.passed.is_(True), VisitRow.passed_at > row.asked_at,
        )  # fmt: skip
        ended = db.scalar(through.order_by(VisitRow.passed_at).limit(1))
    by_hand = None
    if opened:
        by_hand = db.scalar(
            select(func.min(VisitRow.happened_at)).where(
                VisitRow.lane_id == row.lane_id, VisitRow.command_id.is_not(None), VisitRow.happened_at >= row.asked_at,
                VisitRow.happened_at <= min(ended or now, row.asked_at + LASTS),
                VisitRow.outcome == Outcome.GRANT.value,
            )
        )  # fmt: skip
    return Asked(
        row.call_id, By(row.by), row.began_at, row.asked_at, ended, row.answered_at, row.answered_by, by_hand,
        row.visit_id,
    )  # fmt: skip


def _standing(db: Session, lanes: Mapping[UUID, LaneView], now: datetime) -> dict[UUID, Asked]:
    """Who stands at a lane, as far as its gate told, and was referred to a person."""
    recent = select(VisitRow).where(VisitRow.lane_id.in_(lanes), VisitRow.happened_at > now - STANDS_MAX)
    newest = recent.ext(distinct_on(VisitRow.lane_id)).order_by(
        VisitRow.lane_id, VisitRow.happened_at.desc(), VisitRow.received_at.desc()
    )
    found = {}
    for row in db.scalars(newest):
        if row.lane_id is None or row.outcome != Outcome.REFER.value:
            continue
        vehicles = lanes[row.lane_id].vehicles
        if not vehicles or car_at(db, row.lane_id, now) is not None:
            found[row.lane_id] = Asked(row.visit_id, By.CAR, row.happened_at, row.happened_at, visit_id=row.visit_id)
    return found


def _asks(db: Session, asked: Mapping[UUID, Iterable[Asked]], now: datetime) -> list[LaneAsks]:
    deeds = _deeds(db, {one.subject_id: one for asks in asked.values() for one in asks})
    found = []
    for lane_id, asks in asked.items():
        told = tuple((one, now_of(one, deeds[one.subject_id], now)) for one in asks)
        stand = tuple((one, its) for one, its in told if its.state in AT_ONCE)
        if stand:
            found.append(LaneAsks(lane_id, stand))
    return found


def _waits(lanes: Mapping[UUID, LaneView], asks: Iterable[LaneAsks]) -> list[Waits]:
    known = (one for one in in_order(asks) if one.lane_id in lanes)
    return [Waits(lanes[one.lane_id], one, full_name(lanes[one.lane_id])) for one in known]


def _deeds(db: Session, subjects: Collection[UUID]) -> dict[UUID, list[Deed]]:
    found: dict[UUID, list[Deed]] = defaultdict(list)
    if subjects:
        query = select(CallDeedRow).where(CallDeedRow.subject_id.in_(subjects))
        for row in db.scalars(query.order_by(CallDeedRow.at, CallDeedRow.id)):
            found[row.subject_id].append(Deed(What(row.what), row.at, row.account_id, row.name))
    return found
