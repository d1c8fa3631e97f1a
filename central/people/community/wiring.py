"""Put the domain into central."""

from __future__ import annotations

from central.base.parts import Parts
from central.people.community import routes, routes_floors, routes_gates, routes_people
from central.people.community.queries import community_of


def register(parts: Parts) -> None:
    parts.demand_community = community_of
    parts.routers.extend((routes.router, routes_floors.router, routes_gates.router, routes_people.router))
