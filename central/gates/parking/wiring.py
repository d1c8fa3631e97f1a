"""Hangs parking into central: its routes."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.parking import routes


def register(parts: Parts) -> None:
    parts.routers.append(routes.router)
