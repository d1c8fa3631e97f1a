"""Put the domain into central."""

from __future__ import annotations

from central.base.parts import Parts
from central.oversight.privacy import attack_routes, group_rates, group_routes, routes


def register(parts: Parts) -> None:
    parts.routers += [routes.router, group_routes.router, attack_routes.router]
    parts.jobs.each_tenant("privacy.open_findings", "53 19 * * *", group_rates.open_findings)
