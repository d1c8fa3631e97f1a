"""Why a pass may, or may not, pass a lane: the policy of gates/access on the entries counted here (ACC-05)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import and_, func, not_, select
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.moments import Moment
from central.base.web.problems import problems
from central.gates.access import service as access
from central.gates.access.permissions import READ_PASSES
from central.gates.access.queries import pass_view
from central.gates.access.schemas import ExplanationOut
from central.gates.visits.presence import node_of_lane
from central.gates.visits.tables import VisitRow
from central.people.community.queries import lane_of
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.site.topology import Direction

CLOCKS_MAY_BE_OFF = timedelta(days=1)
GIVEN_BACK = ("timeout", "not_released")
"""How a grant ends when nobody came in: the lane gives the use back."""

router = APIRouter(prefix="/api/v1", tags=["access"])


def uses_before(db: Session, pass_id: UUID, lane_id: UUID, at: datetime, not_before: datetime) -> int | None:
    """Entries with a pass before `at`, as the lane's node counts them; None when no node drives the lane.

    Each node counts alone: an entry through another one's gate is no use here. What has not arrived is not counted.
    """
    node_id = node_of_lane(db, lane_id)
    if node_id is None:
        return None
    query = select(func.count()).where(
        VisitRow.credential_id == pass_id,
        VisitRow.node_id == node_id,
        VisitRow.outcome == Outcome.GRANT.value,
        VisitRow.kind == Kind.PASS.value,
        VisitRow.reason != Reason.FIRE.value,
        func.coalesce(VisitRow.inputs["direction"].astext, "") != Direction.OUT.value,  # a use is an entry
        VisitRow.happened_at < at,
        VisitRow.happened_at > not_before - CLOCKS_MAY_BE_OFF,  # its index is by time
        not_(and_(VisitRow.passed.is_(False), VisitRow.passage_why.in_(GIVEN_BACK)).is_(True)),
    )
    return db.scalar(query) or 0


@router.get("/explain", summary="Why may, or may not, this pass through this lane at that time?",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def get_explanation(
    pass_id: UUID, lane_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_PASSES)], at: Moment | None = None
) -> ExplanationOut:
    now = clock.now()
    at = at or now
    view = pass_view(db, pass_id, now)
    actor.demand(READ_PASSES, view.community_id)
    actor.demand(READ_PASSES, lane_of(db, lane_id).community_id)
    counted = uses_before(db, pass_id, lane_id, at, view.not_before)
    return ExplanationOut.model_validate(access.explain_pass(db, pass_id, lane_id, at, uses_before=counted))
