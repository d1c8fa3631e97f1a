"""Floors and lifts: for pages, and for what the gates are told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from central.people.community.queries import lane_of, lanes_of, unit_labels
from central.people.community.rules import counted, floor_guess
from central.people.community.tables import BuildingRow, HouseRow, LaneRow, LiftUnitRow, ResidentRow, UnitRow
from central.people.community.views import HouseFloor, LiftView, PersonFloor, UnitFloors


def units_with_floors(db: Session, community_id: UUID) -> list[UnitFloors]:
    """Every unit with how many of its houses have a floor, in the order in which people count."""
    query = (
        select(UnitRow.id, BuildingRow.label, UnitRow.label, func.count(HouseRow.id), func.count(HouseRow.floor))
        .join(BuildingRow, BuildingRow.id == UnitRow.building_id)
        .outerjoin(HouseRow, HouseRow.unit_id == UnitRow.id)
        .where(BuildingRow.community_id == community_id)
        .group_by(UnitRow.id, BuildingRow.label, UnitRow.label)
    )
    found = [UnitFloors(*row) for row in db.execute(query)]
    return sorted(found, key=lambda one: (counted(one.building), counted(one.unit)))


def floors_by_unit(db: Session, community_id: UUID) -> dict[UUID, frozenset[str]]:
    """Each unit with the floors on which its houses lie, as far as they are known."""
    query = (
        select(HouseRow.unit_id, HouseRow.floor)
        .join(UnitRow, UnitRow.id == HouseRow.unit_id)
        .join(BuildingRow, BuildingRow.id == UnitRow.building_id)
        .where(BuildingRow.community_id == community_id, HouseRow.floor.is_not(None))
        .distinct()
    )
    found: dict[UUID, set[str]] = {}
    for unit_id, floor in db.execute(query):
        if floor is not None:
            found.setdefault(unit_id, set()).add(floor)
    return {unit_id: frozenset(floors) for unit_id, floors in found.items()}


def floors_in_unit(db: Session, unit_id: UUID) -> list[HouseFloor]:
    """The houses of a unit, and for those without a floor the one that their number suggests."""
    rows = db.execute(select(HouseRow.id, HouseRow.number, HouseRow.floor).where(HouseRow.unit_id == unit_id))
    houses = [HouseFloor(*row, guess=floor_guess(row.number) if row.floor is None else None) for row in rows]
    return sorted(houses, key=lambda house: counted(house.number))


def lifts_of(db: Session, community_id: UUID) -> list[LiftView]:
    """Every lane, with the units that it is the lift of: most have none."""
    serves, labels = units_served(db, community_id), unit_labels(db, community_id)
    found = []
    for view in lanes_of(db, community_id):
        mine = serves.get(view.lane.lane_id, frozenset())
        units = tuple((unit_id, label) for unit_id, label in labels.items() if unit_id in mine)
        found.append(LiftView(view.lane.lane_id, community_id, view.lane.name, view.gate_name, units))
    return found


def lift_of(db: Session, lane_id: UUID) -> LiftView:
    """`NotFound` where there is no such lane."""
    return next(one for one in lifts_of(db, lane_of(db, lane_id).community_id) if one.lane_id == lane_id)


def units_served(db: Session, community_id: UUID) -> dict[UUID, frozenset[UUID]]:
    """Each lift's lane with its units; lanes that are no lift are not in it."""
    query = (
        select(LiftUnitRow.lane_id, LiftUnitRow.unit_id)
        .join(LaneRow, LaneRow.id == LiftUnitRow.lane_id)
        .where(LaneRow.community_id == community_id)
    )
    found: dict[UUID, set[UUID]] = {}
    for lane_id, unit_id in db.execute(query):
        found.setdefault(lane_id, set()).add(unit_id)
    return {lane_id: frozenset(units) for lane_id, units in found.items()}


def has_lift(db: Session, house_id: UUID) -> bool:
    """Whether the house lies on a floor, up stairs that some lift goes too."""
    query = (
        select(HouseRow.id)
        .join(LiftUnitRow, LiftUnitRow.unit_id == HouseRow.unit_id)
        .where(HouseRow.id == house_id, HouseRow.floor.is_not(None))
    )
    return db.scalar(query.limit(1)) is not None


def floors_of_people(db: Session, community_id: UUID, at: datetime) -> list[PersonFloor]:
    """Where people are at home at `at` or later, of the houses whose floor is known."""
    query = (
        select(ResidentRow.person_id, HouseRow.unit_id, HouseRow.floor, ResidentRow.starts_at, ResidentRow.ends_at)
        .join(HouseRow, HouseRow.id == ResidentRow.house_id)
        .where(ResidentRow.community_id == community_id, HouseRow.floor.is_not(None))
        .where(or_(ResidentRow.ends_at.is_(None), ResidentRow.ends_at > at))
    )
    return [
        PersonFloor(person_id, unit_id, floor, starts_at, ends_at)
        for person_id, unit_id, floor, starts_at, ends_at in db.execute(query) if floor is not None
    ]  # fmt: skip


def floors_of_houses(db: Session, house_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """House -> unit and floor, of those whose floor is known."""
    query = select(HouseRow.id, HouseRow.unit_id, HouseRow.floor).where(
        HouseRow.id.in_(set(house_ids)), HouseRow.floor.is_not(None)
    )
    return {house_id: (unit_id, floor) for house_id, unit_id, floor in db.execute(query) if floor is not None}
