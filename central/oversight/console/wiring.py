"""Hangs the console into central: its pages."""

from __future__ import annotations

from central.base.parts import Parts
from central.oversight.console.pages import audit, desk, end_fire, enrol, nodes, parked, passes, people, remote_open


def register(parts: Parts) -> None:
    for module in (desk, remote_open, end_fire, passes, people, nodes, parked, audit, enrol):
        parts.routers.append(module.pages)
