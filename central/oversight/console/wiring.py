"""Hangs the console into central: its pages."""

from __future__ import annotations

from central.base.parts import Parts
from central.oversight.console.pages import (
    audit,
    desk,
    end_fire,
    enrol,
    face_figures,
    faces,
    homes,
    node_deeds,
    nodes,
    parked,
    passes,
    people,
    remote_open,
)
from central.oversight.console.setup import accounts, gates, houses, overview, rules


def register(parts: Parts) -> None:
    for module in (
        desk, remote_open, end_fire, enrol, faces, face_figures, passes, people, homes, nodes, node_deeds, parked,
        audit, overview, houses, gates, rules, accounts,
    ):  # fmt: skip
        parts.routers.append(module.pages)
