"""Hangs coverage into central: its routes."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.coverage import routes


def register(parts: Parts) -> None:
    parts.routers.append(routes.router)
