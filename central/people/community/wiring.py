"""Put the domain into central."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.errors import NotFound
from central.base.parts import Parts
from central.people.community import routes, routes_floors, routes_gates, routes_people
from central.people.community.queries import community_of, lane_of


def register(parts: Parts) -> None:
    parts.demand_community = community_of
    parts.whose["lane_id"] = _whose_lane
    parts.routers.extend((routes.router, routes_floors.router, routes_gates.router, routes_people.router))


def _whose_lane(db: Session, lane_id: UUID) -> UUID | None:
    with suppress(NotFound):
        return lane_of(db, lane_id).community_id
    return None
