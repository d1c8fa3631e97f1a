"""What a person sees of their own face at the gates, behind their link, and their word: "this was not me" (ACC-13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.face_enrolment.service import of_speaker, of_token, speaks
from central.gates.visits import corrections
from central.gates.visits.queries import views_of
from central.gates.visits.views import CorrectionView, VisitView

SHOWN_FOR, SHOWN_MAX = timedelta(days=7), 20


def own_visits(db: Session, token: str, now: datetime) -> list[VisitView]:
    """The visits for which this person's face was compared lately, newest first; none for a guardian who
    may no longer speak for the child. `db` is not bound yet; Gone when the link is unknown or over."""
    row = of_token(db, token, now)
    if not speaks(db, row, now):
        return []
    return views_of(db, corrections.faces_of(db, row.cardholder_id, now - SHOWN_FOR, SHOWN_MAX))


def not_me(db: Session, token: str, visit_id: UUID, reason: str, now: datetime) -> CorrectionView:
    """The person behind this link was not there. Raises what `corrections.correct_own` raises, or Gone."""
    row = of_speaker(db, token, now)
    return corrections.correct_own(db, row.cardholder_id, visit_id, reason, now)
