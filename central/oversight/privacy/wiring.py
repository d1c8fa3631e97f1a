"""Put the domain into central."""

from __future__ import annotations

from central.base.parts import Parts
from central.oversight.privacy import routes


def register(parts: Parts) -> None:
    parts.routers.append(routes.router)
