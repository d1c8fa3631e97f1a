"""Which car stands at a lane right now, as far as its gate has told: for whoever stands there and may pay for it.

the newest visit of the lane     a vehicle was asked to wait, not long ago        it stands there
                                 it was let through, and has not driven yet       it stands there, and may drive
                                 it has driven, let through or past a held arm    it is gone
                                 anything else, or long ago                       nobody knows of a car
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access.site_keys import plate_key_if_made
from central.gates.visits.tables import VisitRow
from models.access.credential import Kind
from models.access.decision import Outcome
from models.values.plate import kind_of
from models.wire.plates import open_plate

STANDS_MAX = timedelta(minutes=10)
"""A car that was asked to wait longer ago has backed out, which no loop tells."""
DRIVES_MAX = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AtLane:
    """`plate`: as it was read, "" where it was not. `released`: the arm is up for it. `visit_id`: with its picture."""

    plate: str
    since: datetime
    released: bool
    visit_id: UUID


def car_at(db: Session, lane_id: UUID, now: datetime) -> AtLane | None:
    """None where no car stands, or nothing was told of one. Asks nobody's right."""
    newest = select(VisitRow).where(VisitRow.lane_id == lane_id, VisitRow.happened_at > now - STANDS_MAX)
    row = db.scalar(newest.order_by(VisitRow.happened_at.desc(), VisitRow.received_at.desc()).limit(1))
    if row is None or row.kind != Kind.PLATE.value or row.outcome is None:
        return None
    released = row.outcome == Outcome.GRANT.value
    if row.passed:  # also who was told to wait: an arm that is held up stops nobody
        return None
    if released and (row.passed is not None or row.happened_at <= now - DRIVES_MAX):
        return None
    return AtLane(_plate(db, row), row.happened_at, released, row.visit_id)


def _plate(db: Session, row: VisitRow) -> str:
    key = plate_key_if_made(db, row.community_id)
    if row.sealed_plate is None or key is None:
        return ""
    text = open_plate(row.sealed_plate, row.visit_id, key)
    return text if text is not None and kind_of(text) is not None else ""
