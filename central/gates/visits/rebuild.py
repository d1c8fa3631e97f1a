"""The views of a community made anew from its journal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from central.gates.ingest import queries as journal
from central.gates.ingest.parked import alarms_aside
from central.gates.ingest.projections import Projections
from central.gates.parking.stays import projection as stay_projection
from central.gates.visits.calls import projection as call_projection
from central.gates.visits.live import publish
from central.gates.visits.tables import AlarmRow, EbikeSeenRow, LaneStateRow, NodeStateRow, VisitRow


def rebuild(db: Session, community_id: UUID, projections: Projections) -> int:
    """Throw the views of a community away and make them anew from its journal. Returns how many events were read.

    Alarms of central itself, the calls of phones, what persons acknowledged or took and what they said of a car's stay
    are no views of the journal and are kept. What is parked is in no view but for its alarms, which stand beside the
    journal as they did when they came.
    """
    journal.lock_cursors(db, community_id)  # no batch comes in meanwhile
    for table in (VisitRow, LaneStateRow, NodeStateRow, EbikeSeenRow):
        db.execute(delete(table).where(table.community_id == community_id))
    db.execute(delete(AlarmRow).where(AlarmRow.community_id == community_id, AlarmRow.origin == "node"))
    call_projection.forget(db, community_id)
    stay_projection.forget(db, community_id)
    count = 0
    for chunk in journal.replay(db, community_id):
        projections.project_all(db, [(one.event, one.body) for one in chunk])
        count += len(chunk)
    for aside in alarms_aside(db, community_id, projections):
        projections.tell_aside(db, aside)
    publish(db)
    return count
