"""Which alarm somebody can look at: those about an access, as long as its picture may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from central.gates.ingest import queries as journal
from central.gates.visits.live import mark, publish
from central.gates.visits.tables import AlarmRow, VisitRow
from central.gates.visits.views import AlarmView
from models.wire.events import AlarmKind

ALONG = frozenset({"wrong_attempts", "tailgate", "duress"})
"""A node raises these with the correlation of the access that they are about; any other alarm has one of its own."""
SAME_MOMENT = timedelta(seconds=5)
"""A hit of the watch group belongs to no access: the lane looks at the face that it compares and decides as always, a
few looks sooner or later."""


def with_pictures(db: Session, alarms: Sequence[AlarmView]) -> list[AlarmView]:
    """The alarms as they are, each of them that has one with the visit whose picture shows what it was about. Where an
    alarm stands for several, that is the last of them."""
    told = journal.correlations(db, [one.last_id for one in alarms if one.kind in ALONG])
    hits = [one.last_id for one in alarms if one.kind == AlarmKind.WATCH_GROUP]
    if not told and not hits:
        return list(alarms)
    query = select(VisitRow.visit_id, VisitRow.decision_id).where(
        VisitRow.visit_id.in_(told.values()), VisitRow.decision_id.is_not(None)
    )
    decisions = {visit_id: decision_id for visit_id, decision_id in db.execute(query) if decision_id is not None}
    held = journal.pictures_of(db, list(decisions.values()))
    seen = {visit_id for visit_id, decision_id in decisions.items() if decision_id in held}
    beside = _beside(db, hits)
    return [_with_its_own(one, told, seen, beside) for one in alarms]


def _with_its_own(
    alarm: AlarmView, told: dict[UUID, UUID], seen: set[UUID], beside: dict[UUID, tuple[UUID, bool]]
) -> AlarmView:
    if (found := beside.get(alarm.last_id)) is not None:
        visit_id, pictured = found
        return replace(alarm, beside=visit_id, pictured_in=visit_id if pictured else None)
    return replace(alarm, pictured_in=visit) if (visit := told.get(alarm.last_id)) in seen else alarm


def _beside(db: Session, hits: Sequence[UUID]) -> dict[UUID, tuple[UUID, bool]]:
    """By alarm: the access at its lane in the same moment and whether it has a picture. One that has comes before one
    that has none, then the nearest in time."""
    near = and_(
        VisitRow.lane_id == AlarmRow.lane_id,
        VisitRow.happened_at.between(AlarmRow.raised_at - SAME_MOMENT, AlarmRow.raised_at + SAME_MOMENT),
        VisitRow.decision_id.is_not(None),
    )
    query = select(AlarmRow.alarm_id, AlarmRow.raised_at, VisitRow.visit_id, VisitRow.decision_id, VisitRow.happened_at)
    rows = db.execute(query.join(VisitRow, near).where(AlarmRow.alarm_id.in_(hits))).all() if hits else []
    held = journal.pictures_of(db, [row.decision_id for row in rows if row.decision_id is not None])
    best_last = sorted(rows, key=lambda row: (row.decision_id in held, -abs(row.happened_at - row.raised_at)))
    return {row.alarm_id: (row.visit_id, row.decision_id in held) for row in best_last}


def picture_came(db: Session, event_id: UUID) -> None:
    """The picture of a decision, which comes after it: what already stands on a page without it is drawn anew."""
    told = journal.by_event_id(db, event_id)
    if told is None:
        return
    mark(db, "visit", told.event.correlation, told.community_id)
    about = AlarmRow.kind.in_([*ALONG, AlarmKind.WATCH_GROUP.value]), AlarmRow.lane_id == told.event.lane_id
    moment = AlarmRow.raised_at.between(told.happened_at - SAME_MOMENT, told.happened_at + SAME_MOMENT)
    for alarm_id in db.scalars(select(AlarmRow.alarm_id).where(*about, moment)):
        mark(db, "alarm", alarm_id, told.community_id)
    publish(db)
