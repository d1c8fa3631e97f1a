"""Which kinds of credential each lane takes, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.access import service
from central.gates.access.permissions import EDIT_RULES, READ_RULES
from central.gates.access.queries_credentials import kinds_of
from central.gates.access.schemas import LaneKindsIn, LaneKindsOut
from central.people.community.queries import community_of, lane_of

router = APIRouter(prefix="/api/v1/lane-kinds", tags=["access"])


@router.get("", summary="What each lane takes: faces, passes, cards, PINs", responses=problems(401, 403, 404))
def get_kinds(community_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_RULES)]) -> list[LaneKindsOut]:
    community_of(db, community_id)
    actor.demand(READ_RULES, community_id)
    return [LaneKindsOut.model_validate(view) for view in kinds_of(db, community_id)]


@router.put("/{lane_id}", summary="Say what a lane takes, all of it", responses=problems(401, 403, 404, 422))
def put_kinds(lane_id: UUID, body: LaneKindsIn, db: Db, actor: Annotated[Actor, requires(EDIT_RULES)]) -> LaneKindsOut:
    community_id = lane_of(db, lane_id).community_id
    actor.demand(EDIT_RULES, community_id)
    service.set_kinds(db, actor, community_id, lane_id, {one.kind: one.schedule for one in body.kinds})
    return LaneKindsOut.model_validate(next(one for one in kinds_of(db, community_id) if one.lane_id == lane_id))
