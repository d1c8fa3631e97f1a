"""Which lanes are for vehicles: as their nodes said at enrolment, else as what came through them shows.

A node that was enrolled before it could say so tells by what it decides: a plate is decided about at a barrier, a pass,
a face, a card or a PIN at a door. Where neither is known yet a lane counts as one that may be for vehicles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.ingest.projections import Projections
from central.people.community.queries import LaneView, lane_of, lanes_of
from central.people.community.service import lane_leads, lane_serves
from models.access.credential import Kind
from models.site.topology import Between
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
        lane_leads(db, event.lane_id, _between(db, event.lane_id, body.decision.inputs))
    elif kind in AT_DOORS and lane_of(db, event.lane_id).vehicles is None:
        lane_serves(db, event.lane_id, vehicles=False)


def _between(db: Session, lane_id: UUID, said: Mapping[str, str]) -> Between | None:
    """Between which zones it leads in its own direction: what was said may be of the lane switched the other way."""
    if not (said.get("from_zone") and said.get("to_zone")):
        return None
    between = Between(said["from_zone"], said["to_zone"])
    return between if said.get("direction") == lane_of(db, lane_id).lane.direction else between.turned


def vehicle_lanes(db: Session, community_id: UUID) -> list[LaneView]:
    """By gate number, then code."""
    return [one for one in lanes_of(db, community_id) if one.vehicles is not False]
