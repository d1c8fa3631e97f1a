"""Which lanes are for vehicles: as their nodes said at enrolment, else as what came through them shows.

A node that was enrolled before it could say so tells by what it decides: a plate is decided about at a barrier, a pass,
a face, a card or a PIN at a door. Where neither is known yet a lane counts as one that may be for vehicles.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.ingest.projections import Projections
from central.people.community.queries import LaneView, lane_of, lanes_of
from central.people.community.service import lane_serves
from models.access.credential import Kind
from models.wire.envelope import Event
from models.wire.events import DecisionMade

AT_DOORS = frozenset({Kind.PASS, Kind.FACE, Kind.CARD, Kind.PIN})


def register(projections: Projections) -> None:
    projections.on("decision", project_lane)


def project_lane(db: Session, event: Event, body: Any) -> None:
    """A plate makes a lane one for vehicles for good; what people show tells only of one of which nothing is known."""
    if not isinstance(body, DecisionMade) or event.lane_id is None:
        return
    kind = body.decision.kind
    if kind is Kind.PLATE:
        lane_serves(db, event.lane_id, vehicles=True)
    elif kind in AT_DOORS and lane_of(db, event.lane_id).vehicles is None:
        lane_serves(db, event.lane_id, vehicles=False)


def vehicle_lanes(db: Session, community_id: UUID) -> list[LaneView]:
    """By gate number, then code."""
    return [one for one in lanes_of(db, community_id) if one.vehicles is not False]
