"""What is known of a barrier that a person, or a storm, holds up, and of a lane that was turned round (LANE-13, 20)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.identity.accounts import account_of
from central.base.kernel.errors import NotFound
from central.gates.parking.storms.storm import holds_until
from central.gates.visits.tables import LaneStateRow
from central.gates.visits.views import HeldNow
from models.site.topology import Direction
from models.wire.events import LaneHeld

HELD = "held"
"""The fact of a lane that keeps the last word about by whom it is held up."""
LEADS = "leads"
"""The fact of a lane that keeps which way it leads, where it may be turned round."""


def held_now(db: Session, row: LaneStateRow | None, now: datetime) -> HeldNow | None:
    """None where it is over, by a word of the node or by its hour: a node that is silent keeps that too."""
    if row is None:
        return None
    told = LaneHeld.model_validate_json(row.value)
    if not told.held or now >= told.until:
        return None
    by = None
    if told.actor_id is not None:
        try:
            by = account_of(db, told.actor_id).name
        except NotFound:
            by = None
    storm_until = holds_until(db, told.storm_id, now) if told.storm_id is not None else None
    return HeldNow(told.since, told.until, told.passed, by, told.said or "", told.storm_id, storm_until)


def tidal_lanes(db: Session, community_id: UUID) -> frozenset[UUID]:
    """The lanes that may be turned round, as their nodes have told."""
    query = select(LaneStateRow.lane_id).where(LaneStateRow.community_id == community_id, LaneStateRow.fact == LEADS)
    return frozenset(db.scalars(query))


def leads_now(row: LaneStateRow | None) -> Direction | None:
    return Direction(row.value) if row is not None else None
