"""Hangs ingest into central: its routes and its sweep."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.ingest import routes
from central.gates.ingest.pictures import sweep_pictures


def register(parts: Parts) -> None:
    parts.routers += [routes.edge, routes.router]
    parts.jobs.each_tenant("ingest.sweep_pictures", "7 * * * *", sweep_pictures)
