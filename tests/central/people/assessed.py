"""A community that has what faces ask for: its impact assessment, and a text to consent to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.session import tenant_of
from central.oversight.privacy.draft import facts_now
from central.people.assessment import service
from central.people.assessment.permissions import SIGN_ASSESSMENTS
from central.people.assessment.rules import QUESTIONS
from central.people.consent.permissions import PUBLISH_TEXTS
from central.people.consent.service import publish_text

ANSWERS = dict.fromkeys(QUESTIONS, "样例回答：只用于住户本人进出，不作他用。")


def assess(db: Session, community_id: UUID, now: datetime | None = None) -> UUID:
    """Sign one for a test. Its id."""
    actor, now = system(tenant_of(db), "test", [SIGN_ASSESSMENTS]), now or clock.now()
    return service.sign(db, actor, community_id, "李经理", ANSWERS, facts_now(db, community_id, now), now=now).id


def publish(db: Session, community_id: UUID, now: datetime | None = None) -> UUID:
    """Publish a text to consent to, for a test. Its id."""
    actor, now = system(tenant_of(db), "test", [PUBLISH_TEXTS]), now or clock.now()
    return publish_text(db, actor, community_id, "同意", "I agree", old_until=now, lasts_days=730, now=now).id
