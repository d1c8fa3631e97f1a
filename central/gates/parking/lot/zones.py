"""In which zone of a car park a car is, as far as lanes tell: where its entry lane leads, and inner lanes led it since.

A gate names the zones of its inner lane by their codes on the floor plan; one that the plan does not have counts as no
zone, and is told to whoever looks at the car park.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.parking.lot.plans import plan_in_force
from central.people.community.queries import LaneView, lanes_of
from models.parking.occupancy import WHOLE
from models.parking.plan import Plan
from models.site.topology import Between


class Zones(NamedTuple):
    """by_lane: the zone that each lane leads into from outside. names: of the plan's zones, by code."""

    by_lane: Mapping[UUID | None, str] = {}  # replaced, never changed
    names: Mapping[str, str] = {}

    def at(self, moved_to: str | None, lane_id: UUID | None) -> str:
        """Where a car is: where an inner lane led it last, else where it came in; WHOLE where nobody knows."""
        if moved_to:
            return moved_to if moved_to in self.names else WHOLE
        return self.by_lane.get(lane_id, WHOLE)

    def name(self, code: str) -> str:
        """One that is not on the plan is called by its code."""
        return self.names.get(code, code)


class WrongZone(NamedTuple):
    """An inner lane whose gate names zones that the floor plan does not have: `missing`."""

    gate: str
    lane: str
    between: Between
    missing: tuple[str, ...]


def zones_of(db: Session, community_id: UUID) -> Zones:
    view = plan_in_force(db, community_id)
    return zones_in(lanes_of(db, community_id), view.plan if view is not None else None)


def zones_in(lanes: Collection[LaneView], plan: Plan | None) -> Zones:
    """A lane that the plan does not name leads into no zone for itself."""
    if plan is None:
        return Zones()
    found = {one.lane.lane_id: plan.zone_of_lane(one.lane.code) for one in lanes}
    names = {code: f"{level.name} · {zone.name}" for code, (level, zone) in plan.zones.items()}
    return Zones({lane: zone for lane, zone in found.items() if zone is not None}, names)


def wrong_zones(db: Session, community_id: UUID, plan: Plan) -> list[WrongZone]:
    """By gate and lane. Asks nobody's right."""
    found = []
    for one in lanes_of(db, community_id):
        if one.between is not None:
            missing = tuple(code for code in one.between if code not in plan.zones)
            found += [WrongZone(one.gate_name, one.lane.name, one.between, missing)] if missing else []
    return found
