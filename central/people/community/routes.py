"""The register over HTTP: the tree of a community."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select

from central.base.identity.guard import Db, requires
from central.base.kernel.actor import Actor
from central.base.kernel.paging import Page, Paging, page, to_page
from central.base.web.problems import problems
from central.people.community import queries, service
from central.people.community.finding import find
from central.people.community.house_list import label_said
from central.people.community.permissions import EDIT_HOUSES, READ_HOUSES
from central.people.community.schemas import (
    BuildingIn,
    BuildingOut,
    CommunityIn,
    CommunityOut,
    DayIn,
    HouseIn,
    HouseOut,
    UnitIn,
    UnitOut,
)
from central.people.community.tables import BuildingRow, CommunityRow, HouseRow, UnitRow
from models.values.text import Printable

router = APIRouter(prefix="/api/v1", tags=["people"])
Reader = Annotated[Actor, requires(READ_HOUSES)]
Editor = Annotated[Actor, requires(EDIT_HOUSES)]


@router.get("/communities", summary="The communities you may see", responses=problems(401, 403))
def get_communities(db: Db, actor: Reader) -> list[CommunityOut]:
    return [CommunityOut.model_validate(view) for view in queries.communities(db, actor.communities(READ_HOUSES))]


@router.post("/communities", status_code=201, summary="Add a community", responses=problems(401, 403, 409, 422))
def post_community(body: CommunityIn, db: Db, actor: Editor) -> CommunityOut:
    row = service.add_community(db, actor, body.name, body.kind)
    return CommunityOut.model_validate(queries.community_of(db, row.id))


@router.get("/communities/{community_id}", summary="One community", responses=problems(401, 403, 404))
def get_community(community_id: UUID, db: Db, actor: Reader) -> CommunityOut:
    view = queries.community_of(db, community_id)
    actor.demand(READ_HOUSES, community_id)
    return CommunityOut.model_validate(view)


@router.put("/communities/{community_id}/day", summary="Set when the day by which a community counts begins",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def put_day(community_id: UUID, body: DayIn, db: Db, actor: Editor) -> CommunityOut:
    service.set_day_begins(db, actor, community_id, body.begins)
    return CommunityOut.model_validate(queries.community_of(db, community_id))


@router.get("/buildings", summary="The buildings of a community", responses=problems(401, 403, 404))
def get_buildings(community_id: UUID, db: Db, actor: Reader, paging: Paging) -> Page[BuildingOut]:
    find(db, CommunityRow, community_id, "community.not_found")
    actor.demand(READ_HOUSES, community_id)
    query = select(BuildingRow).where(BuildingRow.community_id == community_id)
    rows, following = page(db, query, [BuildingRow.label, BuildingRow.id], paging)
    return to_page(rows, following, _building)


@router.post("/buildings", status_code=201, summary="Add a building", responses=problems(401, 403, 404, 409, 422))
def post_building(body: BuildingIn, db: Db, actor: Editor) -> BuildingOut:
    return _building(service.add_building(db, actor, body.community_id, body.label))


@router.get("/units", summary="The units of a building", responses=problems(401, 403, 404))
def get_units(building_id: UUID, db: Db, actor: Reader, paging: Paging) -> Page[UnitOut]:
    building = find(db, BuildingRow, building_id, "community.no_building")
    actor.demand(READ_HOUSES, building.community_id)
    query = select(UnitRow).where(UnitRow.building_id == building_id)
    rows, following = page(db, query, [UnitRow.label, UnitRow.id], paging)
    return to_page(rows, following, lambda row: _unit(row, building))


@router.post("/units", status_code=201, summary="Add a unit", responses=problems(401, 403, 404, 409, 422))
def post_unit(body: UnitIn, db: Db, actor: Editor) -> UnitOut:
    row = service.add_unit(db, actor, body.building_id, body.label)
    return _unit(row, find(db, BuildingRow, row.building_id, "community.no_building"))


@router.get("/houses", summary="Houses of a community, found by the start of their label",
            responses=problems(401, 403, 404))  # fmt: skip
def get_houses(
    community_id: UUID, db: Db, actor: Reader, paging: Paging,
    label: Annotated[Printable, Query(max_length=40, description="The start of the label.", examples=["5-2-"])] = "",
) -> Page[HouseOut]:  # fmt: skip
    find(db, CommunityRow, community_id, "community.not_found")
    actor.demand(READ_HOUSES, community_id)
    query = select(HouseRow).where(
        HouseRow.community_id == community_id, HouseRow.label.startswith(label_said(label), autoescape=True)
    )
    rows, following = page(db, query, [HouseRow.label, HouseRow.id], paging)
    return to_page(rows, following, _house)


@router.post("/houses", status_code=201, summary="Add a house", responses=problems(401, 403, 404, 409, 422))
def post_house(body: HouseIn, db: Db, actor: Editor) -> HouseOut:
    return _house(service.add_house(db, actor, body.unit_id, body.number, body.floor))


@router.get("/houses/{house_id}", summary="One house", responses=problems(401, 403, 404))
def get_house(house_id: UUID, db: Db, actor: Reader) -> HouseOut:
    view = queries.house_of(db, house_id)
    actor.demand(READ_HOUSES, view.community_id)
    return HouseOut.model_validate(view)


def _building(row: BuildingRow) -> BuildingOut:
    return BuildingOut(building_id=row.id, community_id=row.community_id, label=row.label)


def _unit(row: UnitRow, building: BuildingRow) -> UnitOut:
    return UnitOut(unit_id=row.id, building_id=building.id, community_id=building.community_id, label=row.label)


def _house(row: HouseRow) -> HouseOut:
    return HouseOut(house_id=row.id, community_id=row.community_id, label=row.label, floor=row.floor)
