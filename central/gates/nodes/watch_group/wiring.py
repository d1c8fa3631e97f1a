"""Hangs the watch group into central."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.ingest.projections import projections
from central.gates.nodes.watch_group import receipts, routes, service


def register(parts: Parts) -> None:
    parts.routers.append(routes.router)
    projections.on("watch_group", receipts.project_changed)
    parts.jobs.each_tenant("watch_group.expire", "* * * * *", service.expire)
