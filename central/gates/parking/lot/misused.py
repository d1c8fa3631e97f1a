"""Charging bays where no car should stand now, of every lot of the company (PARK-23)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.parking.lot.occupancy import heard_of
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.lot.tables import LotPlanRow
from models.parking.charging_bay import Misused
from models.parking.occupancy import misused


def misused_now(db: Session, now: datetime) -> dict[UUID, list[tuple[str, Misused]]]:
    """By community, each that has a floor plan: bay and what is wrong. Asks nobody's right."""
    found: dict[UUID, list[tuple[str, Misused]]] = {}
    for community_id in sorted(db.scalars(select(LotPlanRow.community_id).distinct())):
        view = plan_in_force(db, community_id)
        if view is not None:
            heard, charged = heard_of(db, community_id), settings_of(db, community_id).charged
            found[community_id] = [(bay, what) for bay, what, _ in misused(view.plan, heard, now, charged)]
    return found
