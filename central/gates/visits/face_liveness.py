"""What visits say of the liveness proof at a lane: whether a face alone opens there, and by what it was proved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from central.gates.visits.tables import VisitRow
from models.access.credential import Kind
from models.access.decision import Outcome


@dataclass(frozen=True, slots=True)
class LaneLiveness:
    """`opens_alone`: by its own word or by having done so; the site file lies at the node, and central cannot ask it.
    `proved_by`: what measured last, with its version; None while it told of none."""

    opens_alone: bool = False
    proved_by: str | None = None


def proofs_of(db: Session, lane_id: UUID, since: datetime) -> list[str]:
    """What measured the liveness at this lane since then, by the names that the records give, the last one first."""
    by = VisitRow.detail["proved_by"].astext
    query = select(by).where(VisitRow.lane_id == lane_id, VisitRow.happened_at >= since, by.is_not(None))
    return list(db.scalars(query.group_by(by).order_by(func.max(VisitRow.happened_at).desc(), by)))


def liveness_of(db: Session, lane_ids: Collection[UUID], since: datetime) -> dict[UUID, LaneLiveness]:
    """By lane, out of the visits since then. A lane that is not here showed neither."""
    let_in = and_(VisitRow.kind == Kind.FACE.value, VisitRow.outcome == Outcome.GRANT.value)
    alone = func.bool_or(or_(func.coalesce(VisitRow.inputs["face_opens"].astext, "") != "", let_in))
    here = (VisitRow.lane_id.in_(lane_ids), VisitRow.happened_at >= since)
    query = select(VisitRow.lane_id, alone).where(*here).group_by(VisitRow.lane_id)
    opens: dict[UUID | None, bool | None] = dict(db.execute(query).all())
    by = VisitRow.detail["proved_by"].astext
    newest = select(VisitRow.lane_id, by).where(*here, by.is_not(None)).ext(distinct_on(VisitRow.lane_id))
    newest = newest.order_by(VisitRow.lane_id, VisitRow.happened_at.desc())
    proved: dict[UUID | None, str] = dict(db.execute(newest).all())
    return {
        lane_id: LaneLiveness(bool(opens.get(lane_id)), proved.get(lane_id)) for lane_id in opens if lane_id is not None
    }
