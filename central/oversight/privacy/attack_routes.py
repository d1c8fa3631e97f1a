"""Tests of the liveness proof over HTTP: sign one, read those of a lane."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.visits.permissions import READ_VISITS
from central.oversight.privacy import attack_tests
from central.oversight.privacy.attack_schemas import AttackTestIn, AttackTestOut, AttackTestsOut
from central.oversight.privacy.permissions import SIGN_ATTACK_TESTS
from central.people.community.queries import lane_of

router = APIRouter(prefix="/api/v1", tags=["privacy"])


@router.get("/lanes/{lane_id}/attack-tests", summary="Tests of the liveness proof at a lane",
            responses=problems(401, 403, 404))  # fmt: skip
def get_attack_tests(lane_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> AttackTestsOut:
    actor.demand(READ_VISITS, lane_of(db, lane_id).community_id)
    return AttackTestsOut(items=[AttackTestOut.of(row) for row in attack_tests.tests_of(db, lane_id)])


@router.post("/lanes/{lane_id}/attack-tests", status_code=201, summary="Sign a test of the liveness proof",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_attack_test(
    lane_id: UUID, body: AttackTestIn, db: Db, actor: Annotated[Actor, requires(SIGN_ATTACK_TESTS)]
) -> AttackTestOut:
    """What was signed stands; a change is a further test, and the newest one counts."""
    return AttackTestOut.of(attack_tests.sign(db, actor, lane_id, body.told(), now=clock.now()))
