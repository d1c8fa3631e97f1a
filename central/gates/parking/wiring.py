"""Hangs parking into central: its routes."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.parking import plate_routes, routes


def register(parts: Parts) -> None:
    parts.routers += [routes.router, plate_routes.router]
