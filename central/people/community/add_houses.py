"""Many houses at once: first what a list would make, line by line, then the deed (ADMIN-01)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.base.kernel.outbox import announce
from central.people.community.finding import find
from central.people.community.house_list import LINES_MAX, HouseLine, HouseName, bare_of_zeros, label_of
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.set_floors import set_floors
from central.people.community.tables import BuildingRow, CommunityRow, HouseRow, UnitRow


class Fate(StrEnum):
    """What becomes of a line: a new house; one that is there and gets the floor that the line says; one that is there
    already; said twice in this list; not understood."""

    NEW = "new"
    FLOOR = "floor"
    THERE = "there"
    TWICE = "twice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """`new_building`, `new_unit`: this line is the first that needs them, so they are made with it. `twin`: what is
    there, or in the list before it, and differs from what this line makes by zeros in front alone: ("8",) for 08."""

    line: HouseLine
    fate: Fate
    label: str = ""
    new_building: bool = False
    new_unit: bool = False
    twin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HousePlan:
    lines: tuple[PlannedLine, ...]

    def count(self, fate: Fate) -> int:
        return sum(planned.fate is fate for planned in self.lines)

    @property
    def buildings(self) -> int:
        return sum(planned.new_building for planned in self.lines)

    @property
    def units(self) -> int:
        return sum(planned.new_unit for planned in self.lines)

    @property
    def twins(self) -> int:
        return sum(bool(planned.twin) for planned in self.lines)

    @property
    def houses(self) -> list[HouseName]:
        return [one.line.house for one in self.lines if one.fate is Fate.NEW and one.line.house is not None]

    @property
    def floors(self) -> dict[str, str]:
        """House label -> floor, of the new houses and of those that get one."""
        lines = (one for one in self.lines if one.fate in (Fate.NEW, Fate.FLOOR))
        return {one.label: one.line.floor for one in lines if one.line.floor is not None}


def plan_houses(db: Session, community_id: UUID, lines: Sequence[HouseLine]) -> HousePlan:
    """What `add_houses` would make of these lines. Changes nothing."""
    if len(lines) > LINES_MAX:
        raise Invalid("community.list_too_long", fields={"lines": "community.list_too_long"}, most=LINES_MAX)
    there = dict(db.execute(select(HouseRow.label, HouseRow.floor).where(HouseRow.community_id == community_id)).all())
    buildings = set(db.scalars(select(BuildingRow.label).where(BuildingRow.community_id == community_id)))
    units = set(_units(db, community_id))
    known = _Known([*((one,) for one in buildings), *units, *(tuple(label.split("-")) for label in there)])
    planned, listed = [], set[str]()
    for line in lines:
        if line.house is None:
            planned.append(PlannedLine(line, Fate.WRONG))
            continue
        label, (building, unit, _) = label_of(line.house), line.house
        if label in listed:
            planned.append(PlannedLine(line, Fate.TWICE, label))
            continue
        listed.add(label)
        if label in there:
            told = line.floor is not None and line.floor != there[label]
            planned.append(PlannedLine(line, Fate.FLOOR if told else Fate.THERE, label))
            continue
        new_building, new_unit = building not in buildings, (building, unit) not in units
        planned.append(PlannedLine(line, Fate.NEW, label, new_building, new_unit, known.twin_of(line.house)))
        buildings.add(building)
        units.add((building, unit))
    return HousePlan(tuple(planned))


class _Known:
    """Buildings, units and houses by their parts, to find another that differs by zeros in front alone."""

    def __init__(self, there: Iterable[tuple[str, ...]]) -> None:
        self._there: set[tuple[str, ...]] = set()
        self._bare: dict[tuple[str, ...], tuple[str, ...]] = {}
        for one in there:
            self._note(one)

    def twin_of(self, house: HouseName) -> tuple[str, ...]:
        """The twin of the first part of this house that is new; () when there is none. Then the house is known too."""
        found: tuple[str, ...] = ()
        for one in (house[:1], house[:2], house):
            if one not in self._there:
                found = found or self._bare.get(self._key(one), ())
                self._note(one)
        return found

    def _note(self, one: tuple[str, ...]) -> None:
        self._there.add(one)
        self._bare.setdefault(self._key(one), one)

    def _key(self, one: tuple[str, ...]) -> tuple[str, ...]:
        """Of parts that belong to one building and unit: 8-1-0101 is no twin of 7-1-101."""
        return (*one[:-1], bare_of_zeros(one[-1]))


def add_houses(
    db: Session, actor: Actor, community_id: UUID, houses: Sequence[HouseName], floors: Mapping[str, str] | None = None
) -> int:
    """Make these houses, with the buildings and units they need. Returns how many are new.

    What is there already stays as it is, so that sending a list twice is harmless. One row of the audit for the list.
    `floors`: label -> floor, of houses of this list or of those that are there; audited in a row of their own.
    """
    community = find(db, CommunityRow, community_id, "community.not_found", lock=True)  # two lists: one after the other
    actor.demand(EDIT_HOUSES, community.id)
    wanted = dict.fromkeys(houses)
    buildings = _ensure_buildings(db, community.id, [building for building, _, _ in wanted])
    units = _ensure_units(db, community.id, buildings, [(building, unit) for building, unit, _ in wanted])
    rows = [
        {"community_id": community.id, "unit_id": units[building, unit], "number": number,
         "label": label_of((building, unit, number))}
        for building, unit, number in wanted
    ]  # fmt: skip
    query = insert(HouseRow).on_conflict_do_nothing().returning(HouseRow.label)
    made = list(db.scalars(query, rows)) if rows else []
    if made:
        record(
            db, actor, "houses.add", "community", community.id, after={"count": len(made), "houses": made},
            community_id=community.id,
        )  # fmt: skip
        announce(db, "houses.added", {"community_id": str(community.id)}, correlation_id=actor.correlation_id)
    if floors:
        here = select(HouseRow.label, HouseRow.id).where(HouseRow.community_id == community.id)
        found = db.execute(here.where(HouseRow.label.in_(floors)))
        set_floors(db, actor, community.id, {house_id: floors[label] for label, house_id in found})
    return len(made)


def _ensure_buildings(db: Session, community_id: UUID, labels: Iterable[str]) -> dict[str, UUID]:
    rows = [{"community_id": community_id, "label": label} for label in dict.fromkeys(labels)]
    if rows:
        db.execute(insert(BuildingRow).on_conflict_do_nothing(), rows)
    query = select(BuildingRow.label, BuildingRow.id).where(BuildingRow.community_id == community_id)
    return dict(db.execute(query).all())


def _ensure_units(
    db: Session, community_id: UUID, buildings: dict[str, UUID], units: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    rows = [{"building_id": buildings[building], "label": unit} for building, unit in dict.fromkeys(units)]
    if rows:
        db.execute(insert(UnitRow).on_conflict_do_nothing(), rows)
    return _units(db, community_id)


def _units(db: Session, community_id: UUID) -> dict[tuple[str, str], UUID]:
    query = (
        select(BuildingRow.label, UnitRow.label, UnitRow.id)
        .join(UnitRow, UnitRow.building_id == BuildingRow.id)
        .where(BuildingRow.community_id == community_id)
    )
    return {(building, unit): unit_id for building, unit, unit_id in db.execute(query)}
