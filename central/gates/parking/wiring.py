"""Hangs parking into central: its routes, and the stays that come of the journal."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.ingest.projections import projections
from central.gates.parking import plate_routes, routes, stay_projection, stay_routes


def register(parts: Parts) -> None:
    stay_projection.register(projections)
    parts.routers += [routes.router, plate_routes.router, stay_routes.router]
