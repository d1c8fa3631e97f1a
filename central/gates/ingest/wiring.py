"""Hangs ingest into central: its routes and its sweep."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.ingest import routes
from central.gates.ingest.pictures import report_sweeps, sweep_pictures


def register(parts: Parts) -> None:
    parts.routers += [routes.edge, routes.router]
    parts.jobs.each_tenant("ingest.sweep_pictures", "* * * * * */10", sweep_pictures)
    parts.jobs.each_tenant("ingest.report_sweeps", "10 16 * * *", report_sweeps)  # ten past midnight at the site
