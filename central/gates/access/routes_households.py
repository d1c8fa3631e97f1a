"""Blocks of whole households over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.access import queries_households as queries
from central.gates.access import service
from central.gates.access.schemas import HouseholdBlockIn, HouseholdBlockOut, ReasonIn
from central.people.community.permissions import EDIT_PEOPLE, READ_PEOPLE
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1/household-blocks", tags=["access"])
Reader = Annotated[Actor, requires(READ_PEOPLE)]
Editor = Annotated[Actor, requires(EDIT_PEOPLE)]


@router.get("", summary="The last blocks of households in a community", responses=problems(401, 403, 404))
def get_household_blocks(community_id: UUID, db: Db, actor: Reader) -> list[HouseholdBlockOut]:
    community_of(db, community_id)
    actor.demand(READ_PEOPLE, community_id)
    return [HouseholdBlockOut.model_validate(one) for one in queries.household_blocks(db, community_id, clock.now())]


@router.post("", status_code=201, summary="Nobody of this house comes in until an hour; everybody may leave",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_household_block(body: HouseholdBlockIn, db: Db, actor: Editor) -> HouseholdBlockOut:
    now = clock.now()
    row = service.block_household(db, actor, body.house_id, body.until, body.reason, now=now)
    return HouseholdBlockOut.model_validate(queries.block_view(db, row, now))


@router.post("/{block_id}/end", summary="End the block of a household before its hour",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_end(block_id: UUID, body: ReasonIn, db: Db, actor: Editor) -> HouseholdBlockOut:
    now = clock.now()
    row = service.end_household_block(db, actor, block_id, body.reason, now=now)
    return HouseholdBlockOut.model_validate(queries.block_view(db, row, now))
