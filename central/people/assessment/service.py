"""What can be done with impact assessments: sign one, ask for a current one, delete one whose years are over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.people.assessment import queries
from central.people.assessment.permissions import SIGN_ASSESSMENTS
from central.people.assessment.rules import (
    ANSWER_MAX,
    ANSWER_MIN,
    QUESTIONS,
    REVIEW_AFTER,
    kept_until,
    problems_of,
)
from central.people.assessment.tables import ImpactAssessmentRow
from central.people.community.finding import add_unless_taken, find
from central.people.community.queries import community_of


def sign(
    db: Session, actor: Actor, community_id: UUID, signed_by: str, answers: Mapping[str, str],
    facts: Mapping[str, Any], *, now: datetime,
) -> ImpactAssessmentRow:  # fmt: skip
    """The next version, finished. `signed_by`: who answers for it, by name. Invalid while a question is unanswered."""
    community_of(db, community_id)
    actor.demand(SIGN_ASSESSMENTS, community_id)
    wrong = problems_of(signed_by, answers)
    if wrong:
        raise Invalid(fields=wrong, least=ANSWER_MIN, most=ANSWER_MAX)
    told = {question: answers[question].strip() for question in QUESTIONS}
    version, review_by = queries.newest_version(db, community_id) + 1, now + REVIEW_AFTER
    row = ImpactAssessmentRow(
        community_id=community_id, version=version, signed_by=signed_by.strip(), recorded_by=actor.name,
        signed_at=now, review_by=review_by, kept_until=kept_until(review_by), answers=told, facts=dict(facts),
        digest=digest_of(version, signed_by.strip(), now, told, facts),
    )  # fmt: skip
    add_unless_taken(db, row, Conflict("assessment.just_signed"))
    record(
        db, actor, "assessment.sign", "impact_assessment", row.id, community_id=community_id,
        after={"version": version, "signed_by": row.signed_by, "review_by": review_by.isoformat(),
               "digest": row.digest},
    )  # fmt: skip
    return row


def demand_current(db: Session, community_id: UUID, now: datetime) -> None:
    """Faces may be compared here: Conflict, with the way to the page, where no assessment counts."""
    if queries.current_of(db, community_id, now) is None:
        raise Conflict("assessment.needed")


def delete(db: Session, actor: Actor, assessment_id: UUID, reason: str, *, now: datetime) -> None:
    """Conflict before its years are over; the database refuses it then too."""
    row = find(db, ImpactAssessmentRow, assessment_id, "assessment.none")
    actor.demand(SIGN_ASSESSMENTS, row.community_id)
    if not reason.strip():
        raise Invalid(fields={"reason": "assessment.reason_needed"})
    if now < row.kept_until:
        raise Conflict("assessment.kept", until=row.kept_until.date().isoformat())
    record(
        db, actor, "assessment.delete", "impact_assessment", row.id, reason=reason.strip(),
        community_id=row.community_id, before={"version": row.version, "digest": row.digest},
    )  # fmt: skip
    db.delete(row)
    db.flush()


def digest_of(
    version: int, signed_by: str, signed_at: datetime, answers: Mapping[str, str], facts: Mapping[str, Any]
) -> str:
    """SHA-256 (hex) over what was signed, as JSON with sorted keys: whoever has the exported file can compare."""
    signed = {"version": version, "signed_by": signed_by, "signed_at": signed_at.timestamp(), "answers": dict(answers),
              "facts": dict(facts)}  # fmt: skip
    return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
