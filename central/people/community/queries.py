"""Reads for other domains and for pages. None of them asks who is asking: routes and pages do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from central.base.kernel.errors import NotFound
from central.people.community.finding import find
from central.people.community.house_list import label_said
from central.people.community.rules import (
    Alike,
    alike,
    by_sound,
    counted,
    is_meant,
    mask,
    mask_phone,
    overlap,
    told_apart,
)
from central.people.community.tables import (
    BuildingRow,
    CommunityRow,
    GateRow,
    HouseRow,
    LaneRow,
    PersonRow,
    ResidentRow,
    UnitRow,
)
from central.people.community.views import (
    CommunityView,
    Counts,
    GateView,
    HouseView,
    LaneView,
    PersonBrief,
    ResidentView,
    UnitHouses,
)
from models.site.topology import Between, Direction, Lane

__all__ = [
    "CommunityView",
    "Counts",
    "GateView",
    "HouseView",
    "LaneView",
    "PersonBrief",
    "ResidentView",
    "UnitHouses",
    "alike_at_home",
    "buildings_of",
    "by_name",
    "communities",
    "community_of",
    "counts_of",
    "demand_home_in",
    "gate_of",
    "gates_of",
    "homes_among",
    "homes_of",
    "homes_of_households",
    "homes_of_people",
    "house_label",
    "house_labels",
    "house_of",
    "household_of",
    "houses_of",
    "lane_of",
    "lanes_of",
    "mask",
    "mask_phone",
    "name_at_home",
    "person_briefs",
    "resident_of",
    "resident_views",
    "residents_of",
    "stays_of",
    "tree_of",
    "unit_labels",
    "units_of",
    "unsettled_stays",
]

Stay = tuple[datetime, datetime | None]


def naturally(label: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    """A label to sort by: its numbers by their size, 5-2-201 before 5-10-101. Each gets eight digits."""
    padded = func.regexp_replace(label, r"(\d+)", r"00000000\1", "g")
    return func.regexp_replace(padded, r"\d*(\d{8})(?!\d)", r"\1", "g")


def communities(db: Session, ids: frozenset[UUID] | None = None) -> list[CommunityView]:
    """By name, as people look it up. `ids` None: all of the tenant's (what `Actor.communities` answers fits here)."""
    query = select(CommunityRow)
    if ids is not None:
        query = query.where(CommunityRow.id.in_(ids))
    found = [_community(row) for row in db.scalars(query)]
    return sorted(found, key=lambda one: by_sound(one.name))


def community_of(db: Session, community_id: UUID) -> CommunityView:
    return _community(find(db, CommunityRow, community_id, "community.not_found"))


def _community(row: CommunityRow) -> CommunityView:
    return CommunityView(row.id, row.name, row.kind, row.day_begins_minute, row.desk_phone)


def gates_of(db: Session, community_id: UUID) -> list[GateView]:
    query = select(GateRow).where(GateRow.community_id == community_id).order_by(GateRow.number)
    return [_gate(row) for row in db.scalars(query)]


def gate_of(db: Session, gate_id: UUID) -> GateView:
    return _gate(find(db, GateRow, gate_id, "community.no_gate"))


def lanes_of(db: Session, community_id: UUID) -> list[LaneView]:
    """By gate number, then code."""
    query = _lanes().where(LaneRow.community_id == community_id).order_by(GateRow.number, LaneRow.code)
    return [_lane(lane, gate) for lane, gate in db.execute(query)]


def lane_of(db: Session, lane_id: UUID) -> LaneView:
    found = db.execute(_lanes().where(LaneRow.id == lane_id)).one_or_none()
    if found is None:
        raise NotFound("community.no_lane")
    lane, gate = found
    return _lane(lane, gate)


def house_of(db: Session, house_id: UUID) -> HouseView:
    return _house(find(db, HouseRow, house_id, "community.no_house"))


def house_label(db: Session, house_id: UUID) -> str:
    """5-2-1102."""
    return house_of(db, house_id).label


def house_labels(db: Session, house_ids: Collection[UUID]) -> dict[UUID, str]:
    """For lists: one query. Houses that are not there are not in the answer."""
    query = select(HouseRow.id, HouseRow.label).where(HouseRow.id.in_(set(house_ids)))
    return dict(db.execute(query).all())


def houses_of(db: Session, community_id: UUID, like: str = "", limit: int = 50) -> list[HouseView]:
    """Houses whose label begins with `like`, however it is said, by label: for a field that finds them while one
    types."""
    query = select(HouseRow).where(
        HouseRow.community_id == community_id, HouseRow.label.startswith(label_said(like), autoescape=True)
    )
    return [_house(row) for row in db.scalars(query.order_by(naturally(HouseRow.label), HouseRow.label).limit(limit))]


def house_called(db: Session, community_id: UUID, said: str) -> HouseView | None:
    """The one house that a person means by its whole name: 5-2-1102, or 5栋2单元1102室."""
    label = label_said(said)
    query = select(HouseRow).where(HouseRow.community_id == community_id, HouseRow.label == label)
    row = db.scalar(query) if label else None
    return None if row is None else _house(row)


def buildings_of(db: Session, community_id: UUID) -> dict[str, UUID]:
    """Label -> id."""
    query = select(BuildingRow.label, BuildingRow.id).where(BuildingRow.community_id == community_id)
    return dict(db.execute(query).all())


def units_of(db: Session, building_id: UUID) -> dict[str, UUID]:
    """Label -> id."""
    return dict(db.execute(select(UnitRow.label, UnitRow.id).where(UnitRow.building_id == building_id)).all())


def unit_labels(db: Session, community_id: UUID) -> dict[UUID, str]:
    """Every unit of a community by its whole name, id -> "5-2", in the order in which people count."""
    query = (
        select(UnitRow.id, BuildingRow.label, UnitRow.label)
        .join(BuildingRow, BuildingRow.id == UnitRow.building_id)
        .where(BuildingRow.community_id == community_id)
    )
    found = {unit_id: f"{building}-{unit}" for unit_id, building, unit in db.execute(query)}
    return dict(sorted(found.items(), key=lambda one: counted(one[1])))


def tree_of(db: Session, community_id: UUID) -> list[UnitHouses]:
    """Every unit with its houses, buildings and numbers in the order in which people count."""
    query = (
        select(BuildingRow.label, UnitRow.label, HouseRow.number)
        .outerjoin(UnitRow, UnitRow.building_id == BuildingRow.id)
        .outerjoin(HouseRow, HouseRow.unit_id == UnitRow.id)
        .where(BuildingRow.community_id == community_id)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for building, unit, number in db.execute(query):
        numbers = found.setdefault((building, unit or ""), [])
        if number is not None:
            numbers.append(number)
    return [
        UnitHouses(building, unit, tuple(sorted(numbers, key=counted)))
        for (building, unit), numbers in sorted(found.items(), key=lambda one: (counted(one[0][0]), counted(one[0][1])))
    ]


def counts_of(db: Session, community_ids: Collection[UUID], at: datetime) -> dict[UUID, Counts]:
    """What each of these communities has so far; three questions, however many they are."""
    home = or_(ResidentRow.ends_at.is_(None), ResidentRow.ends_at > at)
    counted_by = [
        select(table.community_id, func.count()).where(table.community_id.in_(community_ids)).group_by(
            table.community_id
        )
        for table in (HouseRow, GateRow, ResidentRow)
    ]  # fmt: skip
    counted_by[2] = counted_by[2].where(home)
    houses, gates, people = (dict(db.execute(query).all()) for query in counted_by)
    return {one: Counts(houses.get(one, 0), gates.get(one, 0), people.get(one, 0)) for one in community_ids}


def residents_of(db: Session, community_id: UUID) -> list[ResidentView]:
    """Everybody at home there, once or now, masked, in the order in which they were registered."""
    query = select(ResidentRow).where(ResidentRow.community_id == community_id).order_by(ResidentRow.id)
    return resident_views(db, list(db.scalars(query)))


def resident_of(db: Session, resident_id: UUID) -> ResidentView:
    return resident_views(db, [find(db, ResidentRow, resident_id, "community.no_resident")])[0]


def homes_of(db: Session, person_id: UUID, community_id: UUID) -> list[ResidentView]:
    """Where a person is at home in a community, once or now, newest last."""
    query = select(ResidentRow).where(ResidentRow.person_id == person_id, ResidentRow.community_id == community_id)
    return resident_views(db, list(db.scalars(query.order_by(ResidentRow.starts_at, ResidentRow.id))))


def homes_among(db: Session, resident_ids: Collection[UUID], person_ids: Collection[UUID]) -> list[ResidentView]:
    """These homes, and those of these people, once or now, newest last."""
    query = select(ResidentRow).where(or_(ResidentRow.id.in_(resident_ids), ResidentRow.person_id.in_(person_ids)))
    return resident_views(db, list(db.scalars(query.order_by(ResidentRow.starts_at, ResidentRow.id))))


def by_name(db: Session, people: Mapping[UUID, UUID]) -> list[UUID]:
    """Ids of rows as a person looks for them: by the sound of their people's names, equal names oldest row first.

    `people`: row -> person.
    """
    wanted = any_(literal(list(set(people.values())), ARRAY(Uuid)))
    sounds = {
        person_id: by_sound(name)
        for person_id, name in db.execute(select(PersonRow.id, PersonRow.name).where(PersonRow.id == wanted))
    }
    return sorted(people, key=lambda row_id: (sounds[people[row_id]], row_id))


def residents_at(db: Session, community_id: UUID, like: str, most: int) -> list[ResidentView]:
    """Who is at home in the houses whose label begins with `like`, house by house, then by the sound of their names."""
    query = (
        select(ResidentRow)
        .join(HouseRow, HouseRow.id == ResidentRow.house_id)
        .where(ResidentRow.community_id == community_id, HouseRow.label.startswith(label_said(like), autoescape=True))
        .order_by(naturally(HouseRow.label), HouseRow.label)
    )
    rows = list(db.scalars(query.limit(most)))
    place = {house_id: at for at, house_id in enumerate(dict.fromkeys(row.house_id for row in rows))}
    heard = {row_id: at for at, row_id in enumerate(by_name(db, {row.id: row.person_id for row in rows}))}
    return resident_views(db, sorted(rows, key=lambda row: (place[row.house_id], heard[row.id])))


def residents_meant(db: Session, community_id: UUID, said: str, most: int) -> list[ResidentView]:
    """Who is meant by a name or the end of a phone (`rules.is_meant`), by the sound of their names. Compared here
    and not in the database: one rule says what may find somebody."""
    query = select(ResidentRow.id, PersonRow.id, PersonRow.name, PersonRow.phone).join(
        PersonRow, PersonRow.id == ResidentRow.person_id
    )
    told = db.execute(query.where(ResidentRow.community_id == community_id)).all()
    meant = {row_id: person_id for row_id, person_id, name, phone in told if is_meant(said, name, phone)}
    ids = by_name(db, meant)[:most]
    rows = {row.id: row for row in db.scalars(select(ResidentRow).where(ResidentRow.id.in_(ids)))}
    return resident_views(db, [rows[one] for one in ids])


def household_of(db: Session, house_id: UUID, at: datetime) -> list[ResidentView]:
    """Who is at home in a house at an instant, in the order in which they were registered."""
    query = select(ResidentRow).where(
        ResidentRow.house_id == house_id, ResidentRow.starts_at <= at,
        or_(ResidentRow.ends_at.is_(None), ResidentRow.ends_at > at),
    )  # fmt: skip
    return resident_views(db, list(db.scalars(query.order_by(ResidentRow.id))))


def homes_of_people(
    db: Session, community_id: UUID, people: Collection[UUID]
) -> list[tuple[UUID, UUID, datetime | None, str]]:
    """(person, house, until before when, tie) of every home that these people have or had here."""
    query = select(ResidentRow.person_id, ResidentRow.house_id, ResidentRow.ends_at, ResidentRow.tie).where(
        ResidentRow.community_id == community_id, ResidentRow.person_id.in_(people)
    )
    return [(person, house, ends, tie) for person, house, ends, tie in db.execute(query)]


def alike_at_home(
    db: Session, house_id: UUID, name: str, phone: str | None, starts_at: datetime, ends_at: datetime | None
) -> list[tuple[ResidentView, Alike]]:
    """Whose name or number somebody has who is to be at home in this house for this time (`rules.alike`)."""
    query = select(ResidentRow, PersonRow.name, PersonRow.phone).join(PersonRow, PersonRow.id == ResidentRow.person_id)
    found: dict[UUID, Alike] = {}
    rows: list[ResidentRow] = []
    for row, other_name, other_phone in db.execute(query.where(ResidentRow.house_id == house_id)):
        same = alike(name, phone, other_name, other_phone)
        if same is not None and overlap(starts_at, ends_at, (row.starts_at, row.ends_at)):
            found[row.id] = same
            rows.append(row)
    return [(view, found[view.resident_id]) for view in resident_views(db, rows)]


def resident_views(db: Session, residents: Sequence[ResidentRow]) -> list[ResidentView]:
    """Residents as lists show them, in the order given; two queries however long the list."""
    houses = house_labels(db, [row.house_id for row in residents])
    people = {
        row.id: row for row in db.scalars(select(PersonRow).where(PersonRow.id.in_({r.person_id for r in residents})))
    }
    return [_resident(row, people[row.person_id], houses[row.house_id]) for row in residents]


def person_briefs(
    db: Session, person_ids: Collection[UUID], community_id: UUID, at: datetime
) -> dict[UUID, PersonBrief]:
    """Masked names with the houses at `at` in this community, one query for a list."""
    query = (
        select(PersonRow.id, PersonRow.name, HouseRow.label)
        .outerjoin(
            ResidentRow,
            (ResidentRow.person_id == PersonRow.id)
            & (ResidentRow.community_id == community_id)
            & (ResidentRow.starts_at <= at)
            & or_(ResidentRow.ends_at.is_(None), ResidentRow.ends_at > at),
        )
        .outerjoin(HouseRow, HouseRow.id == ResidentRow.house_id)
        .where(PersonRow.id.in_(set(person_ids)))
        .order_by(naturally(HouseRow.label), HouseRow.label)
    )
    briefs: dict[UUID, PersonBrief] = {}
    for person_id, name, house in db.execute(query):
        known = briefs.get(person_id)
        houses = (*(known.houses if known else ()), *([house] if house else []))
        briefs[person_id] = PersonBrief(person_id, mask(name), houses)
    return briefs


def name_at_home(db: Session, person_id: UUID, community_id: UUID, at: datetime) -> str:
    """Masked, and told apart from those at home with this person: on their own page and on that which gives its link,
    so that whoever sees both reads no more than either says."""
    name = find(db, PersonRow, person_id, "community.no_person").name
    there = (
        (ResidentRow.community_id == community_id)
        & (ResidentRow.starts_at <= at)
        & or_(ResidentRow.ends_at.is_(None), ResidentRow.ends_at > at)
    )
    mine = select(ResidentRow.house_id).where(there, ResidentRow.person_id == person_id)
    others = (
        select(PersonRow.name)
        .join(ResidentRow, ResidentRow.person_id == PersonRow.id)
        .where(there, ResidentRow.house_id.in_(mine), PersonRow.id != person_id)
    )
    return told_apart(name, db.scalars(others))


def stays_of(db: Session, community_id: UUID, person_ids: Collection[UUID] | None = None) -> dict[UUID, list[Stay]]:
    """When each person is at home in the community, ended and future stays included; None asks for everybody."""
    query = select(ResidentRow.person_id, ResidentRow.starts_at, ResidentRow.ends_at).where(
        ResidentRow.community_id == community_id
    )
    if person_ids is not None:
        query = query.where(ResidentRow.person_id.in_(set(person_ids)))
    stays: dict[UUID, list[Stay]] = {}
    for person_id, starts_at, ends_at in db.execute(query):
        stays.setdefault(person_id, []).append((starts_at, ends_at))
    return stays


def unsettled_stays(db: Session, community_id: UUID, at: datetime) -> dict[UUID, list[Stay]]:
    """The same for those only whose time at home ended, will end, or begins after `at`: few among thousands."""
    moving = select(ResidentRow.person_id).where(
        ResidentRow.community_id == community_id, or_(ResidentRow.ends_at.is_not(None), ResidentRow.starts_at > at)
    )
    # Two questions, not one with a sub-query: on a table not yet analysed the planner loops it over itself.
    return stays_of(db, community_id, set(db.scalars(moving)))


def homes_of_households(
    db: Session, community_id: UUID, house_ids: Collection[UUID], at: datetime
) -> dict[UUID, list[tuple[UUID, datetime, datetime | None]]]:
    """Everybody at home in these houses at `at` or later, with all of their homes here: (house, start, end)."""
    query = select(ResidentRow.person_id, ResidentRow.house_id, ResidentRow.starts_at, ResidentRow.ends_at).where(
        ResidentRow.community_id == community_id, or_(ResidentRow.ends_at.is_(None), ResidentRow.ends_at > at)
    )
    people = set(db.scalars(query.with_only_columns(ResidentRow.person_id).where(ResidentRow.house_id.in_(house_ids))))
    homes: dict[UUID, list[tuple[UUID, datetime, datetime | None]]] = {}
    for person_id, house_id, start, end in db.execute(query.where(ResidentRow.person_id.in_(people))):
        homes.setdefault(person_id, []).append((house_id, start, end))
    return homes


def resident_at(db: Session, person_id: UUID, community_id: UUID, at: datetime) -> UUID:
    """One of the residences that the person has there at `at`, the oldest. `NotFound` when there is none."""
    query = select(ResidentRow.id).where(
        ResidentRow.person_id == person_id, ResidentRow.community_id == community_id, ResidentRow.starts_at <= at,
        or_(ResidentRow.ends_at.is_(None), ResidentRow.ends_at > at),
    )  # fmt: skip
    resident_id = db.scalar(query.order_by(ResidentRow.id).limit(1))
    if resident_id is None:
        raise NotFound("community.no_person")
    return resident_id


def demand_home_in(db: Session, person_id: UUID, community_id: UUID) -> None:
    """`NotFound` unless the person has, had or will have a home in this community."""
    query = select(ResidentRow.id).where(ResidentRow.person_id == person_id, ResidentRow.community_id == community_id)
    if db.scalar(query.limit(1)) is None:
        raise NotFound("community.no_person")


def _lanes() -> Select[LaneRow, GateRow]:
    return select(LaneRow, GateRow).join(GateRow, GateRow.id == LaneRow.gate_id)


def _lane(lane: LaneRow, gate: GateRow) -> LaneView:
    value = Lane(
        lane_id=lane.id, code=lane.code, name=lane.name, gate_id=gate.id, gate_number=gate.number,
        direction=Direction(lane.direction),
    )  # fmt: skip
    between = Between(lane.from_zone, lane.to_zone) if lane.from_zone and lane.to_zone else None
    return LaneView(value, lane.community_id, gate.name, lane.vehicles, between, lane.rings_at or "")


def _gate(row: GateRow) -> GateView:
    return GateView(row.id, row.community_id, row.number, row.name)


def _resident(row: ResidentRow, person: PersonRow, house: str) -> ResidentView:
    return ResidentView(
        row.id, person.id, row.community_id, row.house_id, house, mask(person.name),
        mask_phone(person.phone) if person.phone else None, row.tie, row.starts_at, row.ends_at,
    )  # fmt: skip


def _house(row: HouseRow) -> HouseView:
    return HouseView(row.id, row.community_id, row.label, row.floor)
