"""The register over HTTP: on which floor a house lies, and up which stairs a lift goes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.people.community import queries, service
from central.people.community.permissions import EDIT_HOUSES, READ_HOUSES
from central.people.community.queries_floors import lift_of, lifts_of
from central.people.community.schemas import FloorIn, HouseOut, LiftIn, LiftOut, LiftUnitOut
from central.people.community.views import LiftView

router = APIRouter(prefix="/api/v1", tags=["people"])
Reader = Annotated[Actor, requires(READ_HOUSES)]
Editor = Annotated[Actor, requires(EDIT_HOUSES)]


@router.put("/houses/{house_id}/floor", summary="Say on which floor a house lies",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def put_floor(house_id: UUID, body: FloorIn, db: Db, actor: Editor) -> HouseOut:
    community_id = queries.house_of(db, house_id).community_id
    actor.demand(EDIT_HOUSES, community_id)
    service.set_floors(db, actor, community_id, {house_id: body.floor})
    return HouseOut.model_validate(queries.house_of(db, house_id))


@router.get("/lifts", summary="The lanes of a community, with the units that each is the lift of",
            responses=problems(401, 403, 404))  # fmt: skip
def get_lifts(community_id: UUID, db: Db, actor: Reader) -> list[LiftOut]:
    queries.community_of(db, community_id)
    actor.demand(READ_HOUSES, community_id)
    return [_lift(view) for view in lifts_of(db, community_id)]


@router.put("/lifts/{lane_id}", summary="Say up which stairs a lift goes, all of them",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def put_lift(lane_id: UUID, body: LiftIn, db: Db, actor: Editor) -> LiftOut:
    service.set_lift(db, actor, lane_id, body.units)
    return _lift(lift_of(db, lane_id))


def _lift(view: LiftView) -> LiftOut:
    return LiftOut(
        lane_id=view.lane_id, community_id=view.community_id, lane_name=view.lane, gate_name=view.gate,
        units=[LiftUnitOut(unit_id=unit_id, label=label) for unit_id, label in view.units],
    )  # fmt: skip
