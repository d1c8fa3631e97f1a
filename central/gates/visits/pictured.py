"""Which alarm somebody can look at: those that came along with an access, as long as its picture may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.ingest import queries as journal
from central.gates.visits.tables import VisitRow
from central.gates.visits.views import AlarmView

ALONG = frozenset({"wrong_attempts", "tailgate", "duress"})
"""A node raises these with the correlation of the access that they are about; any other alarm has one of its own."""


def with_pictures(db: Session, alarms: Sequence[AlarmView]) -> list[AlarmView]:
    """The alarms as they are, each of them that has one with the visit whose picture shows what it was about."""
    told = journal.correlations(db, [one.alarm_id for one in alarms if one.kind in ALONG])
    if not told:
        return list(alarms)
    query = select(VisitRow.visit_id, VisitRow.decision_id).where(
        VisitRow.visit_id.in_(told.values()), VisitRow.decision_id.is_not(None)
    )
    decisions = {visit_id: decision_id for visit_id, decision_id in db.execute(query) if decision_id is not None}
    held = journal.pictures_of(db, list(decisions.values()))
    seen = {visit_id for visit_id, decision_id in decisions.items() if decision_id in held}
    return [replace(one, pictured_in=visit) if (visit := told.get(one.alarm_id)) in seen else one for one in alarms]
