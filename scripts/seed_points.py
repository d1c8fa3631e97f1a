"""Sample key points: two that the demo's node covers, and two that nothing covers yet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.coverage.queries import points_of
from central.gates.coverage.rules import PointKind
from central.gates.coverage.service import set_point
from central.people.community.queries import unit_labels

UNIT = "5-2"
"""Where the first resident of the demo lives."""


def seed_points(db: Session, actor: Actor, site: UUID, east_in: UUID, east_out: UUID, now: datetime) -> None:
    """Once: a list that somebody has changed is left as it is."""
    if points_of(db, site, now):
        return
    unit = next((unit_id for unit_id, label in unit_labels(db, site).items() if label == UNIT), None)
    for kind, name, unit_id, lane_id in (
        (PointKind.ENTRANCE, "东门进口", None, east_in),
        (PointKind.ENTRANCE, "东门出口", None, east_out),
        (PointKind.ENTRANCE, "西门", None, None),
        (PointKind.UNIT_DOOR, f"{UNIT} 单元门", unit, None),
    ):
        if kind is not PointKind.UNIT_DOOR or unit_id is not None:
            set_point(db, actor, site, kind, name, now=now, unit_id=unit_id, lane_id=lane_id)
