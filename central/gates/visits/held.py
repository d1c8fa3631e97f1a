"""What is known of a barrier that a person, or a storm, holds up, and of a lane that was turned round (LANE-13, 20)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.identity.accounts import account_of
from central.base.kernel.errors import NotFound
from central.gates.parking.storms.storm import holds_until
from central.gates.visits.tables import LaneStateRow
from central.gates.visits.views import HeldNow, TurnsNow
from models.site.topology import Direction
from models.wire.events import LaneDirection, LaneHeld

HELD = "held"
"""The fact of a lane that keeps the last word about by whom it is held up."""
LEADS = "leads"
"""The fact of a lane that keeps which way it leads, where it may be turned round."""

TURNS = "turns"
"""The fact of such a lane that keeps the last word about its timetable."""


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


def held_among(db: Session, lane_ids: Collection[UUID], now: datetime) -> frozenset[UUID]:
    """Those of these lanes whose arm is held up now."""
    query = select(LaneStateRow).where(LaneStateRow.lane_id.in_(lane_ids), LaneStateRow.fact == HELD)
    told = {row.lane_id: LaneHeld.model_validate_json(row.value) for row in db.scalars(query)} if lane_ids else {}
    return frozenset(lane_id for lane_id, one in told.items() if one.held and now < one.until)


def tidal_lanes(db: Session, community_id: UUID) -> frozenset[UUID]:
    """The lanes that may be turned round, as their nodes have told."""
    query = select(LaneStateRow.lane_id).where(LaneStateRow.community_id == community_id, LaneStateRow.fact == LEADS)
    return frozenset(db.scalars(query))


def leads_now(row: LaneStateRow | None) -> Direction | None:
    return Direction(row.value) if row is not None else None


def turns_now(row: LaneStateRow | None, now: datetime) -> TurnsNow | None:
    """What its timetable is about to do; None of a lane without one, and where the node has not spoken since."""
    if row is None:
        return None
    told = LaneDirection.model_validate_json(row.value)
    ahead = told.next_at if told.next_at is not None and told.next_at > now else None
    if told.waits is None and ahead is None:
        return None
    return TurnsNow(told.due if told.waits else None, told.waits, ahead, told.next_leads if ahead else None)
