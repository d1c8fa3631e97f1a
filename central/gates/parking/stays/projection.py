"""From the journal to the facts of stays, and from these to the stays: whatever order, however often, the same rows."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from central.base.kernel.errors import NotFound
from central.gates.ingest import queries as journal
from central.gates.ingest.projections import Projections
from central.gates.ingest.queries import Recorded
from central.gates.parking.stays.facts import STAY_KINDS, WAITED_MAX, FromLane, facts_of, is_refused_read, may_concern
from central.gates.parking.stays.fold import OF_JOURNAL, fold, row_of, touched
from central.gates.parking.stays.news import all_changed, lock_lot
from central.gates.parking.stays.sealed_plates import read_plate
from central.gates.parking.stays.tables import StayChangeRow, StayFactRow, StayOddRow, StayRow
from central.gates.parking.tariffs.queries import row_for
from central.people.community.queries import lane_of
from models.access.credential import Kind
from models.parking.scope import Entering
from models.site.topology import Direction
from models.wire.envelope import Event
from models.wire.events import DecisionMade

EVENTS_MAX = 50


def register(projections: Projections) -> None:
    for kind in STAY_KINDS:
        projections.on(kind, project_stay, once_per=_passing)


def forget(db: Session, community_id: UUID) -> None:
    """Throw away what is made anew from the journal; what persons said of stays is no view of it."""
    all_changed(db, community_id)
    for table in (StayRow, StayChangeRow, StayOddRow):
        db.execute(delete(table).where(table.community_id == community_id))
    told = StayFactRow.kind.in_(OF_JOURNAL)
    db.execute(delete(StayFactRow).where(StayFactRow.community_id == community_id, told))


def _passing(event: Event) -> tuple[UUID, UUID]:
    return event.node_id, event.correlation


def project_stay(db: Session, event: Event, body: Any) -> None:
    """Derive the facts of one passing from all of its events that are there, and fold what they touch."""
    if not may_concern(body):
        return
    community_id = journal.community_of_node(db, event.node_id)
    passings = [event.correlation]
    if isinstance(body, DecisionMade) and is_refused_read(body):
        after = journal.decision_beside(db, event, later=True, within=WAITED_MAX)
        if after is not None and after.body.decision.kind is Kind.REMOTE:
            passings.append(after.event.correlation)  # a guard opened for this very vehicle
    lock_lot(db, community_id)
    changed = [one for passing in passings for one in _derive(db, community_id, event.node_id, passing)]
    fold(db, community_id, [touched(row) for row in changed])


def _derive(db: Session, community_id: UUID, node_id: UUID, passing: UUID) -> list[StayFactRow]:
    """Keep the facts of this passing in place of those that were kept. Returns both where they differ, else nothing."""
    told = journal.of_correlation(db, passing, STAY_KINDS, EVENTS_MAX)
    if not told or told[0].event.node_id != node_id:
        return []  # nobody else writes into a passing: of that the visit says what is to be said
    kept = db.scalars(
        select(StayFactRow).where(StayFactRow.subject_id == passing, StayFactRow.kind.in_(OF_JOURNAL))
    ).all()
    new = [row_of(db, community_id, one) for one in _facts(db, community_id, told)]
    if {_said(row) for row in kept} == {_said(row) for row in new}:
        return []
    for row in kept:
        db.expunge(row)
    ids = [row.fact_id for row in kept]
    db.execute(delete(StayFactRow).where(StayFactRow.fact_id.in_(ids)).execution_options(synchronize_session=False))
    db.add_all(new)
    return [*kept, *new]


def _facts(db: Session, community_id: UUID, told: list[Recorded]) -> list[FromLane]:
    before, direction = _before(db, told), _direction(db, told[0].event.lane_id)
    plate_of = partial(read_plate, db, community_id)
    return facts_of(community_id, told, before, direction, plate_of, partial(_tariff_at, db, community_id))


def _before(db: Session, told: list[Recorded]) -> Recorded | None:
    opened = [one for one in told if one.kind == "decision" and one.body.decision.kind is Kind.REMOTE]
    return journal.decision_beside(db, opened[-1].event, later=False, within=WAITED_MAX) if opened else None


def _direction(db: Session, lane_id: UUID | None) -> Direction:
    try:
        return lane_of(db, lane_id).lane.direction if lane_id is not None else Direction.IN
    except NotFound:
        return Direction.IN


def _tariff_at(db: Session, community_id: UUID, at: datetime, car: Entering) -> UUID | None:
    """PARK-03: a version is approved before it starts, so that no later deed changes what was in force then."""
    current = row_for(db, community_id, at, car)
    return None if current is None else current.id


def _said(row: StayFactRow) -> tuple[object, ...]:
    """All that a fact says; its sealed plate is another ciphertext each time, and the digest stands for it."""
    about = row.fact_id, row.kind, row.at, row.passed, row.lane_id, row.plate_digest, row.leave_extra
    return *about, row.tariff_id, row.colour, row.entered_as, row.from_zone, row.to_zone
