"""Data map, processing log and impact assessments over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.bounds import BODY_PROSE_MAX, takes
from central.base.web.problems import problems
from central.oversight.privacy import data_map, draft, processing_log
from central.oversight.privacy.schemas import (
    AssessmentOut,
    AssessmentsOut,
    DataMapOut,
    DeleteIn,
    EntryOut,
    LogOut,
    SignIn,
)
from central.people.assessment import queries, service
from central.people.assessment.permissions import READ_ASSESSMENTS, SIGN_ASSESSMENTS
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1", tags=["privacy"])
Reader = Annotated[Actor, requires(READ_ASSESSMENTS)]
Signer = Annotated[Actor, requires(SIGN_ASSESSMENTS)]


@router.get("/data-map", summary="Which data of people is kept, where, for whom, for how long",
            responses=problems(401, 403, 404))  # fmt: skip
def get_data_map(community_id: UUID, db: Db, actor: Reader) -> DataMapOut:
    """From tables, roles and settings as they are now."""
    community_of(db, community_id)
    actor.demand(READ_ASSESSMENTS, community_id)
    return DataMapOut(items=[EntryOut.model_validate(one) for one in data_map.data_map(db, community_id)])


@router.get("/processing-log", summary="What was done with people's data", responses=problems(401, 403, 404, 422))
def get_processing_log(
    community_id: UUID, db: Db, actor: Reader, days: Annotated[int, Query(ge=1, le=1100)] = 90
) -> LogOut:
    """Counts by kind over so many days, and the newest lines, out of the audit."""
    community_of(db, community_id)
    actor.demand(READ_ASSESSMENTS, community_id)
    since = clock.now() - timedelta(days=days)
    return LogOut.model_validate(processing_log.processing_log(db, community_id, since))


@router.get("/impact-assessments", summary="Impact assessments, newest first", responses=problems(401, 403, 404))
def get_assessments(community_id: UUID, db: Db, actor: Reader) -> AssessmentsOut:
    community_of(db, community_id)
    actor.demand(READ_ASSESSMENTS, community_id)
    now = queries.current_of(db, community_id, clock.now())
    items = [AssessmentOut.of(row) for row in queries.assessments_of(db, community_id)]
    return AssessmentsOut(current=now.version if now else None, items=items)


@router.post("/impact-assessments", status_code=201, summary="Sign an impact assessment",
             dependencies=[takes(BODY_PROSE_MAX)], responses=problems(401, 403, 404, 409, 413, 422))  # fmt: skip
def post_assessment(body: SignIn, db: Db, actor: Signer) -> AssessmentOut:
    """Every question is to be answered. What was signed stands; a change is a further version."""
    community_of(db, body.community_id)
    actor.demand(SIGN_ASSESSMENTS, body.community_id)
    now = clock.now()
    facts = draft.facts_now(db, body.community_id, now)
    return AssessmentOut.of(service.sign(db, actor, body.community_id, body.signed_by, body.answers, facts, now=now))


@router.get("/impact-assessments/{assessment_id}", summary="One impact assessment", responses=problems(401, 403, 404))
def get_assessment(assessment_id: UUID, db: Db, actor: Reader) -> AssessmentOut:
    row = queries.assessment(db, assessment_id)
    actor.demand(READ_ASSESSMENTS, row.community_id)
    return AssessmentOut.of(row)


@router.post("/impact-assessments/{assessment_id}/delete", status_code=204, summary="Delete one whose years are over",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_delete(assessment_id: UUID, body: DeleteIn, db: Db, actor: Signer) -> None:
    """409 before: an assessment is kept for three years after it stopped counting."""
    service.delete(db, actor, assessment_id, body.reason, now=clock.now())
