"""A person says that a face was somebody else's: appended beside the visit, which stays as it was (ACC-13).

The pair of that face and the named person is a comparison of strangers whose answer is known. It enters the threshold
report, and the visit's node hears of it with its next rules: there it is no longer counted as a holder's own score.
Templates are made of enrolment photos alone, so that no visit has contributed to one and none has to be taken out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.session import tenant_of
from central.gates.access import snapshot
from central.gates.visits.live import mark, publish
from central.gates.visits.permissions import CORRECT_VISITS
from central.gates.visits.rules import is_a_pair
from central.gates.visits.tables import VisitCorrectionRow, VisitRow
from central.gates.visits.views import CorrectionView
from models.access.decision import Outcome

GUARD, RESIDENT = "guard", "resident"
REASON_MAX = 200
TOLD_FOR, TOLD_MAX = timedelta(days=366), 5_000
"""A node's journal does not reach further back than that, and its rules stay small."""


def correct(db: Session, actor: Actor, visit_id: UUID, reason: str, now: datetime) -> CorrectionView:
    """The guard `actor` saw that it was not the person named. NotFound, Forbidden, Invalid (no reason), or Conflict:
    no face was compared with anybody, or somebody has corrected it already."""
    row = db.scalar(select(VisitRow).where(VisitRow.visit_id == visit_id))
    if row is None:
        raise NotFound("visits.no_visit")
    actor.demand(CORRECT_VISITS, row.community_id)
    return _keep(db, actor, row, GUARD, actor.name, reason, now)


def correct_own(db: Session, cardholder_id: UUID, visit_id: UUID, reason: str, now: datetime) -> CorrectionView:
    """The person named says "this was not me". Raises as `correct`; somebody else's visit is NotFound."""
    row = db.scalar(select(VisitRow).where(VisitRow.visit_id == visit_id, VisitRow.cardholder_id == cardholder_id))
    if row is None:
        raise NotFound("visits.no_visit")
    return _keep(db, system(tenant_of(db), "phone"), row, RESIDENT, "", reason, now)


def _keep(
    db: Session, actor: Actor, row: VisitRow, by_whom: str, name: str, reason: str, now: datetime
) -> CorrectionView:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid("visits.correction_reason", fields={"reason": "visits.correction_reason"})
    if not is_a_pair(row.score, row.cardholder_id, row.outcome, row.lane_id):
        raise Conflict("visits.no_face_compared")
    values = {
        "community_id": row.community_id, "node_id": row.node_id, "lane_id": row.lane_id,
        "happened_at": row.happened_at, "at": now, "by_whom": by_whom,
        "account_id": actor.id if by_whom == GUARD else None, "name": name, "reason": reason,
        "cardholder_id": row.cardholder_id, "outcome": row.outcome, "kind": row.kind, "score": row.score,
        "threshold": row.threshold,
    }  # fmt: skip
    made = insert(VisitCorrectionRow).values(tenant_id=tenant_of(db), visit_id=row.visit_id, **values)
    if db.execute(made.on_conflict_do_nothing().returning(VisitCorrectionRow.visit_id)).first() is None:
        raise Conflict("visits.corrected_already")
    record(
        db, actor, "visit.correct", "visit", row.visit_id, reason=reason, community_id=row.community_id,
        before={"cardholder_id": str(row.cardholder_id), "outcome": row.outcome, "score": row.score},
        after={"cardholder_id": None, "by": by_whom},
    )  # fmt: skip
    snapshot.changed(db, row.community_id)
    mark(db, "visit", row.visit_id, row.community_id)
    publish(db)
    return corrections(db, [row.visit_id])[row.visit_id]


def corrections(db: Session, visit_ids: Collection[UUID]) -> dict[UUID, CorrectionView]:
    """What persons said of these visits, by visit."""
    return {one.visit_id: one for one in _views(db, VisitCorrectionRow.visit_id.in_(visit_ids))} if visit_ids else {}


def reported(db: Session, lane_ids: Collection[UUID], since: datetime) -> dict[UUID, list[CorrectionView]]:
    """The pairs of these lanes that persons reported, of visits since then, the newest first; by lane."""
    found: dict[UUID, list[CorrectionView]] = {}
    there = VisitCorrectionRow.lane_id.in_(lane_ids) & (VisitCorrectionRow.happened_at >= since)
    for one in _views(db, there):
        found.setdefault(one.lane_id, []).append(one)
    return found


def told_to(db: Session, node_id: UUID, now: datetime) -> frozenset[UUID]:
    """The visits that this node is told of, the newest where there are very many."""
    query = select(VisitCorrectionRow.visit_id).where(
        VisitCorrectionRow.node_id == node_id, VisitCorrectionRow.at > now - TOLD_FOR
    )
    return frozenset(db.scalars(query.order_by(VisitCorrectionRow.at.desc()).limit(TOLD_MAX)))


def faces_of(db: Session, cardholder_id: UUID, since: datetime, limit: int) -> Sequence[VisitRow]:
    """The visits for which this person's face was compared, newest first."""
    query = select(VisitRow).where(
        VisitRow.cardholder_id == cardholder_id, VisitRow.score.is_not(None), VisitRow.happened_at >= since
    )
    return db.scalars(query.order_by(VisitRow.happened_at.desc()).limit(limit)).all()


def _views(db: Session, which: ColumnElement[bool]) -> list[CorrectionView]:
    query = select(VisitCorrectionRow).where(which).order_by(VisitCorrectionRow.happened_at.desc())
    return [
        CorrectionView(
            visit_id=row.visit_id, lane_id=row.lane_id, happened_at=row.happened_at, at=row.at, by_whom=row.by_whom,
            name=row.name, reason=row.reason, accepted=row.outcome == Outcome.GRANT.value, score=row.score,
            threshold=row.threshold,
        )
        for row in db.scalars(query)
    ]  # fmt: skip
