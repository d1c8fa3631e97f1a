"""Which alarm somebody can look at: those about an access, as long as its picture may be shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.ingest import queries as journal
from central.gates.ingest.queries import Named
from central.gates.visits.live import mark, publish
from central.gates.visits.tables import AlarmRow, VisitRow
from central.gates.visits.views import AlarmView
from models.wire.events import AlarmKind

ALONG = frozenset({"wrong_attempts", "tailgate", "duress", "watch_group"})
"""A node raises these with the correlation of the access that they are about; any other alarm has one of its own.
So has a hit of the watch group where a face alone was looked at, or of a node of before: who passed there at that
moment may have been anybody, and is not shown for it."""
WITH_OWN = frozenset({AlarmKind.EBIKE, AlarmKind.FIRE_LANE})
"""About no access: what the lane's camera saw comes with the alarm itself (LANE-27)."""
SAME_MOMENT = timedelta(seconds=5)
"""An alarm about an access comes so near to its decision: within it the pages' cards of alarms are drawn anew."""


def with_pictures(db: Session, alarms: Sequence[AlarmView]) -> list[AlarmView]:
    """The alarms as they are, each of them that has one with the visit whose picture shows what it was about. Where an
    alarm stands for several, that is the last of them. A visit of another node, or at another lane, is none that it can
    be about, whatever number it names."""
    own = journal.pictures_of(db, [one.alarm_id for one in alarms if one.kind in WITH_OWN])
    alarms = [replace(one, own_picture=True) if one.alarm_id in own else one for one in alarms]
    told = journal.named_by(db, [one.last_id for one in alarms if one.kind in ALONG])
    if not told:
        return list(alarms)
    row = VisitRow
    query = select(row.visit_id, row.node_id, row.lane_id, row.decision_id).where(
        row.visit_id.in_({one.correlation for one in told.values()}), row.decision_id.is_not(None)
    )
    decisions = {Named(one, node, lane): made for one, node, lane, made in db.execute(query) if made is not None}
    held = journal.pictures_of(db, list(decisions.values()))
    seen = {visit for visit, decision_id in decisions.items() if decision_id in held}
    return [_with_its_own(one, told.get(one.last_id), decisions.keys(), seen) for one in alarms]


def _with_its_own(alarm: AlarmView, told: Named | None, decided: Collection[Named], seen: set[Named]) -> AlarmView:
    if told is None:
        return alarm
    beside = told.correlation if alarm.kind == AlarmKind.WATCH_GROUP and told in decided else None
    return replace(alarm, beside=beside, pictured_in=told.correlation if told in seen else None)


def picture_came(db: Session, event_id: UUID) -> None:
    """The picture of a decision, which comes after it: what already stands on a page without it is drawn anew."""
    told = journal.by_event_id(db, event_id)
    if told is None:
        return
    if told.kind == "alarm":
        mark(db, "alarm", event_id, told.community_id)
        publish(db)
        return
    mark(db, "visit", told.event.correlation, told.community_id)
    about = AlarmRow.kind.in_(ALONG), AlarmRow.lane_id == told.event.lane_id
    moment = AlarmRow.raised_at.between(told.happened_at - SAME_MOMENT, told.happened_at + SAME_MOMENT)
    for alarm_id in db.scalars(select(AlarmRow.alarm_id).where(*about, moment)):
        mark(db, "alarm", alarm_id, told.community_id)
    publish(db)
