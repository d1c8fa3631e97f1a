"""The register over HTTP: gates and lanes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.people.community import queries, service
from central.people.community.permissions import EDIT_HOUSES, READ_HOUSES
from central.people.community.schemas import GateIn, GateOut, LaneIn, LaneNameIn, LaneOut
from central.people.community.views import LaneView

router = APIRouter(prefix="/api/v1", tags=["people"])
Reader = Annotated[Actor, requires(READ_HOUSES)]
Editor = Annotated[Actor, requires(EDIT_HOUSES)]


@router.get("/gates", summary="The gates of a community (64 at most)", responses=problems(401, 403, 404))
def get_gates(community_id: UUID, db: Db, actor: Reader) -> list[GateOut]:
    queries.community_of(db, community_id)
    actor.demand(READ_HOUSES, community_id)
    return [GateOut.model_validate(view) for view in queries.gates_of(db, community_id)]


@router.post("/gates", status_code=201, summary="Add a gate", responses=problems(401, 403, 404, 409, 422))
def post_gate(body: GateIn, db: Db, actor: Editor) -> GateOut:
    row = service.add_gate(db, actor, body.community_id, body.name, body.number)
    return GateOut.model_validate(queries.gate_of(db, row.id))


@router.get("/lanes", summary="The lanes of a community", responses=problems(401, 403, 404))
def get_lanes(community_id: UUID, db: Db, actor: Reader) -> list[LaneOut]:
    queries.community_of(db, community_id)
    actor.demand(READ_HOUSES, community_id)
    return [_lane(view) for view in queries.lanes_of(db, community_id)]


@router.post("/lanes", status_code=201, summary="Add a lane to a gate", responses=problems(401, 403, 404, 409, 422))
def post_lane(body: LaneIn, db: Db, actor: Editor) -> LaneOut:
    row = service.add_lane(db, actor, body.gate_id, body.code, body.name, body.direction)
    return _lane(queries.lane_of(db, row.id))


@router.post("/lanes/{lane_id}/name", summary="Give a lane another name", responses=problems(401, 403, 404, 422))
def post_lane_name(lane_id: UUID, body: LaneNameIn, db: Db, actor: Editor) -> LaneOut:
    service.rename_lane(db, actor, lane_id, body.name)
    return _lane(queries.lane_of(db, lane_id))


def _lane(view: LaneView) -> LaneOut:
    lane = view.lane
    return LaneOut(
        lane_id=lane.lane_id, community_id=view.community_id, gate_id=lane.gate_id, gate_name=view.gate_name,
        gate_number=lane.gate_number, code=lane.code, name=lane.name, direction=lane.direction,
    )  # fmt: skip
