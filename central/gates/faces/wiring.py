"""Hangs enrolments into central."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.faces import routes, service


def register(parts: Parts) -> None:
    parts.routers += [routes.router, routes.edge]
    parts.jobs.each_tenant("faces.sweep", "*/5 * * * *", service.sweep)
