"""Which alarm somebody can look at: those about an access, as long as its picture may be shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.ingest import queries as journal
from central.gates.visits.live import mark, publish
from central.gates.visits.tables import AlarmRow, VisitRow
from central.gates.visits.views import AlarmView
from models.wire.events import AlarmKind

ALONG = frozenset({"wrong_attempts", "tailgate", "duress", "watch_group"})
"""A node raises these with the correlation of the access that they are about; any other alarm has one of its own.
So has a hit of the watch group where a face alone was looked at, or of a node of before: who passed there at that
moment may have been anybody, and is not shown for it."""
SAME_MOMENT = timedelta(seconds=5)
"""An alarm about an access comes so near to its decision: within it the pages' cards of alarms are drawn anew."""


def with_pictures(db: Session, alarms: Sequence[AlarmView]) -> list[AlarmView]:
    """The alarms as they are, each of them that has one with the visit whose picture shows what it was about. Where an
    alarm stands for several, that is the last of them."""
    told = journal.correlations(db, [one.last_id for one in alarms if one.kind in ALONG])
    if not told:
        return list(alarms)
    query = select(VisitRow.visit_id, VisitRow.decision_id).where(
        VisitRow.visit_id.in_(told.values()), VisitRow.decision_id.is_not(None)
    )
    decisions = {visit_id: decision_id for visit_id, decision_id in db.execute(query) if decision_id is not None}
    held = journal.pictures_of(db, list(decisions.values()))
    seen = {visit_id for visit_id, decision_id in decisions.items() if decision_id in held}
    return [_with_its_own(one, told.get(one.last_id), decisions.keys(), seen) for one in alarms]


def _with_its_own(alarm: AlarmView, visit: UUID | None, decided: Collection[UUID], seen: set[UUID]) -> AlarmView:
    beside = visit if alarm.kind == AlarmKind.WATCH_GROUP and visit in decided else None
    return replace(alarm, beside=beside, pictured_in=visit if visit in seen else None)


def picture_came(db: Session, event_id: UUID) -> None:
    """The picture of a decision, which comes after it: what already stands on a page without it is drawn anew."""
    told = journal.by_event_id(db, event_id)
    if told is None:
        return
    mark(db, "visit", told.event.correlation, told.community_id)
    about = AlarmRow.kind.in_(ALONG), AlarmRow.lane_id == told.event.lane_id
    moment = AlarmRow.raised_at.between(told.happened_at - SAME_MOMENT, told.happened_at + SAME_MOMENT)
    for alarm_id in db.scalars(select(AlarmRow.alarm_id).where(*about, moment)):
        mark(db, "alarm", alarm_id, told.community_id)
    publish(db)
