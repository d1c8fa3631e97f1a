"""The floor plans of a car park: a file is looked at first, and counts when a person has seen it drawn (PARK-21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict
from central.base.kernel.session import tenant_of
from central.gates.parking.lot.tables import LotPlanRow
from central.gates.parking.permissions import KEEP_LOT
from central.people.community.finding import add_unless_taken, find
from central.people.community.queries import community_of, lanes_of
from models.parking.plan import Plan
from models.parking.plan_check import Problem, Wrong
from models.parking.plan_file import VERSION, read_plan, written

PLANS_MAX = 200


@dataclass(frozen=True, slots=True)
class PlanView:
    plan_id: UUID
    community_id: UUID
    version: int
    plan: Plan
    uploaded_at: datetime
    uploaded_by: str
    counts_at: datetime | None
    counts_by: str | None


class BadPlan(Exception):
    """What is wrong with a file, one by one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def upload_plan(db: Session, actor: Actor, community_id: UUID, content: bytes, now: datetime) -> UUID:
    """Keep a file's plan, for somebody to look at. It counts for nothing yet. Raises Forbidden, BadPlan."""
    actor.demand(KEEP_LOT, community_id)
    community_of(db, community_id)
    plan = read_plan(content)
    if not isinstance(plan, Plan):
        raise BadPlan(plan)
    known = {view.lane.code for view in lanes_of(db, community_id)}
    unknown = tuple(Problem(Wrong.NO_LANE, one.lane) for one in plan.lanes if one.lane not in known)
    if unknown:
        raise BadPlan(unknown)
    last = db.scalar(select(func.max(LotPlanRow.version)).where(LotPlanRow.community_id == community_id)) or 0
    if last >= PLANS_MAX:
        raise Conflict("lot.plans_full", most=PLANS_MAX)
    row = LotPlanRow(
        community_id=community_id, version=last + 1, value=written(plan), uploaded_at=now, uploaded_by=actor.name
    )
    add_unless_taken(db, row, Conflict("lot.plan_taken"))
    record(
        db, actor, "lot.plan_upload", "lot_plan", row.id, community_id=community_id,
        after={"version": row.version, "bays": len(plan.bays)},
    )  # fmt: skip
    return row.id


def use_plan(db: Session, actor: Actor, plan_id: UUID, now: datetime) -> LotPlanRow:
    """From now on this one counts; also one of before. A second time changes nothing."""
    row = find(db, LotPlanRow, plan_id, "lot.no_plan", lock=True)
    actor.demand(KEEP_LOT, row.community_id)
    if row.id == _current_id(db, row.community_id):
        return row
    row.counts_at, row.counts_by = now, actor.name
    db.flush()
    record(db, actor, "lot.plan_use", "lot_plan", row.id, community_id=row.community_id, after={"version": row.version})
    return row


def plan_of(db: Session, actor: Actor, plan_id: UUID) -> PlanView:
    row = find(db, LotPlanRow, plan_id, "lot.no_plan")
    actor.demand(KEEP_LOT, row.community_id)
    return _view(db, row)


def plans_of(db: Session, actor: Actor, community_id: UUID, most: int = 10) -> list[PlanView]:
    """The newest first."""
    actor.demand(KEEP_LOT, community_id)
    query = select(LotPlanRow).where(LotPlanRow.community_id == community_id)
    return [_view(db, row) for row in db.scalars(query.order_by(LotPlanRow.version.desc()).limit(most))]


def plan_in_force(db: Session, community_id: UUID) -> PlanView | None:
    """The plan that counts. Asks nobody's right."""
    plan_id = _current_id(db, community_id)
    return _view(db, db.get_one(LotPlanRow, plan_id)) if plan_id is not None else None


def _current_id(db: Session, community_id: UUID) -> UUID | None:
    query = select(LotPlanRow.id).where(LotPlanRow.community_id == community_id, LotPlanRow.counts_at.is_not(None))
    return db.scalar(query.order_by(LotPlanRow.counts_at.desc(), LotPlanRow.version.desc()).limit(1))


def _view(db: Session, row: LotPlanRow) -> PlanView:
    key = (tenant_of(db), row.id)
    plan = _kept(key)
    if not plan:
        plan.append(Plan.model_validate({name: part for name, part in row.value.items() if name != VERSION}))
    return PlanView(
        row.id, row.community_id, row.version, plan[0], row.uploaded_at, row.uploaded_by, row.counts_at, row.counts_by
    )


@lru_cache(maxsize=64)
def _kept(key: tuple[UUID, UUID]) -> list[Plan]:
    """A plan is never changed: it is read from its row once in a while. One of a thousand bays takes 15 ms."""
    return []
