"""Add to the tree: community, building, unit, house (ADMIN-01)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict
from central.base.kernel.outbox import announce
from central.people.community.finding import add_unless_taken, find
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.rules import CommunityKind, house_label
from central.people.community.tables import BuildingRow, CommunityRow, HouseRow, UnitRow


def add_community(db: Session, actor: Actor, name: str, kind: CommunityKind = CommunityKind.HOUSING) -> CommunityRow:
    """Needs the right in the whole tenant: what does not exist yet is in nobody's community."""
    actor.demand(EDIT_HOUSES, None)
    community = CommunityRow(name=name, kind=kind.value)
    add_unless_taken(db, community, Conflict("community.exists", name=name))
    record(db, actor, "community.add", "community", community.id, after={"name": name}, community_id=community.id)
    announce(db, "community.added", {"community_id": str(community.id)}, correlation_id=actor.correlation_id)
    return community


def add_building(db: Session, actor: Actor, community_id: UUID, label: str) -> BuildingRow:
    community = find(db, CommunityRow, community_id, "community.not_found")
    actor.demand(EDIT_HOUSES, community.id)
    building = BuildingRow(community_id=community.id, label=label)
    add_unless_taken(db, building, Conflict("community.building_exists", label=label))
    record(db, actor, "building.add", "building", building.id, after={"label": label}, community_id=community.id)
    return building


def add_unit(db: Session, actor: Actor, building_id: UUID, label: str) -> UnitRow:
    building = find(db, BuildingRow, building_id, "community.no_building")
    actor.demand(EDIT_HOUSES, building.community_id)
    unit = UnitRow(building_id=building.id, label=label)
    add_unless_taken(db, unit, Conflict("community.unit_exists", label=label))
    record(db, actor, "unit.add", "unit", unit.id, after={"label": label}, community_id=building.community_id)
    return unit


def add_house(db: Session, actor: Actor, unit_id: UUID, number: str, floor: str | None = None) -> HouseRow:
    unit = find(db, UnitRow, unit_id, "community.no_unit")
    building = find(db, BuildingRow, unit.building_id, "community.no_building")
    actor.demand(EDIT_HOUSES, building.community_id)
    label = house_label(building.label, unit.label, number)
    house = HouseRow(community_id=building.community_id, unit_id=unit.id, number=number, label=label, floor=floor)
    add_unless_taken(db, house, Conflict("community.house_exists", label=label))
    said = {"label": label} if floor is None else {"label": label, "floor": floor}
    record(db, actor, "house.add", "house", house.id, after=said, community_id=house.community_id)
    announce(db, "house.added", {"house_id": str(house.id)}, correlation_id=actor.correlation_id)
    return house
