"""The demo's car park on paper: a floor plan of two levels, and the key of a guidance system that plays its sensors.

The key is told once; where the demo is completed and lost it, another takes its place.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking.lot import plans as lot_plans
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot.sensors import Reading
from central.gates.parking.lot.told import tell_if_changed
from models.parking.plan import BayKind, Plan
from models.parking.plan_sample import sample_plan

SYSTEM = "示例车位引导"
CAR_IN = "east-car-in"
TAKEN_EVERY = 3
"""Each third bay is taken, two of a hundred are silent."""
SILENT_EVERY = 47


def seed_lot(db: Session, actor: Actor, site: UUID, now: datetime, *, key_lost: bool = False) -> str | None:
    """The key of its sensors, if a new one was made."""
    if lot_plans.plan_in_force(db, site) is None:
        content = json.dumps(sample_plan({CAR_IN: "west"}), ensure_ascii=False).encode()
        lot_plans.use_plan(db, actor, lot_plans.upload_plan(db, actor, site, content, now), now)
        tell_if_changed(db, site, now)
    there = [one for one in lot_sensors.systems_of(db, actor, site) if one.ended_at is None and one.name == SYSTEM]
    if there and not key_lost:
        return None
    for one in there:
        lot_sensors.end_system(db, actor, one.system_id, now)
    token = lot_sensors.add_system(db, actor, site, SYSTEM, now)
    view = lot_plans.plan_in_force(db, site)
    assert view is not None
    lot_sensors.take_readings(db, lot_sensors.system_by(db, token), readings(view.plan, now, 0), now)
    return token


def readings(plan: Plan, at: datetime, turn: int) -> list[Reading]:
    """What the sensors say at their `turn`: a few bays change from one to the next."""
    watched = [code for code, (_, bay) in plan.bays.items() if bay.sensor]
    return [
        Reading(code, (number + turn // (1 + number % 7)) % TAKEN_EVERY == 0, at, _plate(plan, code))
        for number, code in enumerate(watched, 1)
        if number % SILENT_EVERY
    ]


def _plate(plan: Plan, code: str) -> str:
    """At charging bays stands a camera; now and then it sees a car that burns fuel."""
    kind = plan.bays[code][1].kind
    return ("川A0FUEL" if code.endswith("3") else "川AD00001") if kind is BayKind.CHARGING else ""
