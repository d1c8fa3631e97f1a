"""Charging bays where no car should stand now, of every lot of the company (PARK-23)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.parking.lot.occupancy import heard_of
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.sensors import about
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.lot.tables import BayStateRow, LotPlanRow
from central.gates.parking.stays.sealed_plates import open_text
from models.parking.charging_bay import Misused
from models.parking.occupancy import misused
from models.values.plate import Plate


def car_at(db: Session, community_id: UUID, bay: str) -> tuple[str, Plate | None]:
    """The name of the bay's level, empty where it is on no plan any more; and the plate of the car that stands there,
    where a camera read one. Asks nobody's right."""
    view = plan_in_force(db, community_id)
    level = view.plan.bays[bay][0].name if view is not None and bay in view.plan.bays else ""
    row = db.scalar(select(BayStateRow).where(
        BayStateRow.community_id == community_id, BayStateRow.bay == bay, BayStateRow.taken
    ))  # fmt: skip
    text = open_text(db, row.sealed_plate, about(community_id, bay)) if row is not None else ""
    return level, Plate(text=text) if text else None


def misused_now(db: Session, now: datetime) -> dict[UUID, list[tuple[str, Misused]]]:
    """By community, each that has a floor plan: bay and what is wrong. Asks nobody's right."""
    found: dict[UUID, list[tuple[str, Misused]]] = {}
    for community_id in sorted(db.scalars(select(LotPlanRow.community_id).distinct())):
        view = plan_in_force(db, community_id)
        if view is not None:
            heard, charged = heard_of(db, community_id), settings_of(db, community_id).charged
            found[community_id] = [(bay, what) for bay, what, _ in misused(view.plan, heard, now, charged)]
    return found
