"""The test of error rates by group over HTTP: taking part, the figures, closing a finding."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.nodes.permissions import CALIBRATE_FACES
from central.oversight.privacy import group_rates
from central.oversight.privacy.group_schemas import CloseIn, FindingOut, GroupRatesOut, GroupTestIn, TakesPartOut
from central.oversight.privacy.permissions import CLOSE_FINDINGS
from central.people.community.queries import community_of, resident_of
from central.people.consent.permissions import READ_CONSENTS, RECORD_CONSENTS
from central.people.group_test import service

router = APIRouter(prefix="/api/v1", tags=["privacy"])
Recorder = Annotated[Actor, requires(RECORD_CONSENTS)]


@router.get("/residents/{resident_id}/group-test", summary="Whether somebody is counted in the test of error rates",
            responses=problems(401, 403, 404))  # fmt: skip
def get_group_test(resident_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_CONSENTS)]) -> TakesPartOut:
    resident = resident_of(db, resident_id)
    actor.demand(READ_CONSENTS, resident.community_id)
    return TakesPartOut(since=service.takes_part(db, resident.community_id, resident.person_id))


@router.put("/residents/{resident_id}/group-test", summary="The person agrees to be counted",
            responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def put_group_test(resident_id: UUID, body: GroupTestIn, db: Db, actor: Recorder) -> TakesPartOut:
    """A consent of its own: nothing hangs on it. Attempts count from now on."""
    now = clock.now()
    service.agree(db, actor, resident_id, body.model_dump(), now=now)
    return TakesPartOut(since=now)


@router.delete("/residents/{resident_id}/group-test", summary="Take it back; what was said is deleted",
               responses=problems(401, 403, 404))  # fmt: skip
def delete_group_test(resident_id: UUID, db: Db, actor: Recorder) -> TakesPartOut:
    service.withdraw(db, actor, resident_id)
    return TakesPartOut(since=None)


@router.get("/group-rates", summary="Failures by age band, sex and skin tone of those who agreed",
            responses=problems(401, 403, 404))  # fmt: skip
def get_group_rates(community_id: UUID, db: Db, actor: Annotated[Actor, requires(CALIBRATE_FACES)]) -> GroupRatesOut:
    community_of(db, community_id)
    actor.demand(CALIBRATE_FACES, community_id)
    return GroupRatesOut.of(group_rates.report_of(db, community_id), group_rates.findings_of(db, community_id))


@router.post("/group-findings/{finding_id}/close", summary="Somebody looked into a finding",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_close(
    finding_id: UUID, body: CloseIn, db: Db, actor: Annotated[Actor, requires(CLOSE_FINDINGS)]
) -> FindingOut:
    return FindingOut.of(group_rates.close_finding(db, actor, finding_id, body.reason, clock.now()))
