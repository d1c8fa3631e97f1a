"""Put the domain into central."""

from __future__ import annotations

from central.base.parts import Parts
from central.people.consent import keep_ages, routes


def register(parts: Parts) -> None:
    parts.routers.append(routes.router)
    parts.jobs.each_tenant("consent.forget_birth_dates", "29 18 * * *", keep_ages.forget_birth_dates)
