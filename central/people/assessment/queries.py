"""Reads of impact assessments. None of them asks who is asking: routes and pages do."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.people.assessment.rules import Signed, current
from central.people.assessment.tables import ImpactAssessmentRow
from central.people.community.finding import find


def assessments_of(db: Session, community_id: UUID) -> list[ImpactAssessmentRow]:
    """Every version, newest first."""
    query = select(ImpactAssessmentRow).where(ImpactAssessmentRow.community_id == community_id)
    return list(db.scalars(query.order_by(ImpactAssessmentRow.version.desc())))


def assessment(db: Session, assessment_id: UUID) -> ImpactAssessmentRow:
    """NotFound when there is none."""
    return find(db, ImpactAssessmentRow, assessment_id, "assessment.none")


def newest_version(db: Session, community_id: UUID) -> int:
    query = select(func.max(ImpactAssessmentRow.version)).where(ImpactAssessmentRow.community_id == community_id)
    return db.scalar(query) or 0


def current_of(db: Session, community_id: UUID, now: datetime) -> Signed | None:
    """The version that counts, or None: none was signed, or the newest has to be gone over again."""
    query = select(ImpactAssessmentRow.version, ImpactAssessmentRow.signed_at, ImpactAssessmentRow.review_by)
    rows = db.execute(query.where(ImpactAssessmentRow.community_id == community_id))
    return current((Signed(*row) for row in rows), now)
