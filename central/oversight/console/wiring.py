"""Hangs the console into central: its pages."""

from __future__ import annotations

from central.base.parts import Parts
from central.oversight.console.pages import (
    audit,
    correct_visit,
    desk,
    end_fire,
    enrol,
    face_figures,
    faces,
    homes,
    lockdown,
    node_deeds,
    nodes,
    parked,
    passes,
    people,
    remote_open,
    reset_passback,
    watch_group,
)
from central.oversight.console.setup import accounts, gates, houses, overview, rules, zones


def register(parts: Parts) -> None:
    for module in (
        desk, remote_open, end_fire, reset_passback, correct_visit, lockdown, enrol, faces, face_figures, passes,
        people, homes, watch_group, nodes, node_deeds, parked, audit, overview, houses, gates, rules, zones, accounts,
    ):  # fmt: skip
        parts.routers.append(module.pages)
