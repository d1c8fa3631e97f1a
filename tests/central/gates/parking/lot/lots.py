"""A car park with a floor plan and bay sensors, for tests: the sample's two levels, entered by the node's own lane."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from central.base.kernel.actor import Actor, ActorKind, system
from central.gates.parking.lot import plans as lot_plans
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot.sensors import Reading
from central.gates.parking.tariffs import service
from central.people.community.queries import lanes_of
from models.parking.plan import BayKind, Plan
from models.parking.plan_sample import sample_plan
from models.site.topology import Direction
from models.values.ids import new_id
from tests.models.parking.tariffs import T1

DAY = timedelta(days=1)
RIGHTS = ("lot.keep", "lot.count", "lot.find_car", "stay.read", "plate.keep", "booking.keep")


def keeper(site: Any, name: str = "李经理") -> Actor:
    return Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), name, system(site.tenant_id, "t", RIGHTS).grants)


def content_of(db: Any, site: Any, *, sensors: bool = True, zone: str | None = None) -> dict[str, Any]:
    """zone: the only one that the lane leads into."""
    lane = next(one.lane.code for one in lanes_of(db, site.community_id) if one.lane.direction is Direction.IN)
    told = sample_plan({lane: "west"})
    if zone is not None:
        told["lanes"][0]["zone"] = zone
    for level in told["levels"]:
        for bay in level["bays"]:
            bay["sensor"] = bay["sensor"] and sensors
    return told


def plan_there(db: Any, site: Any, now: datetime, **how: Any) -> Plan:
    """A plan that counts."""
    content = json.dumps(content_of(db, site, **how)).encode()
    plan_id = lot_plans.upload_plan(db, keeper(site), site.community_id, content, now)
    lot_plans.use_plan(db, keeper(site), plan_id, now)
    view = lot_plans.plan_in_force(db, site.community_id)
    assert view is not None
    return view.plan


def tariff_there(db: Any, site: Any, now: datetime) -> UUID:
    """T1, agreed on by two persons, in force."""
    rights = system(site.tenant_id, "t", ("tariff.draft", "tariff.approve")).grants
    one, other = (Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), name, rights) for name in ("李经理", "王主任"))
    tariff = T1.model_copy(update={"tariff_id": new_id(), "starts_at": now - DAY})
    version: UUID = service.draft_tariff(db, one, site.community_id, tariff, now=now - 2 * DAY).id
    service.approve_tariff(db, other, version, now=now - 2 * DAY)
    return version


def sensed(plan: Plan, *kinds: BayKind) -> list[str]:
    return [code for code, (_, bay) in plan.bays.items() if bay.sensor and (not kinds or bay.kind in kinds)]


def tell(db: Any, site: Any, token: str, readings: list[Reading], now: datetime) -> lot_sensors.Taken:
    return lot_sensors.take_readings(db, lot_sensors.system_by(db, token), readings, now)
