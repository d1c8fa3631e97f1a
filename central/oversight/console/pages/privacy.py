"""Privacy, for who answers for it: assessments, the text that residents consent to, how many faces are stored, pictures
and what holds them, the data map, the processing log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.bounds import BODY_PROSE_MAX, takes
from central.base.web.render import redirect
from central.gates.access.service import settings_of
from central.gates.face_enrolment.ask_again import to_ask
from central.gates.ingest import picture_holds
from central.gates.ingest.permissions import HOLD_PICTURES, RELEASE_PICTURES
from central.gates.ingest.queries import pictures_kept
from central.gates.nodes.faces.queries import newest_count
from central.gates.visits import queries as visits
from central.oversight.console.audit_words import actor_said
from central.oversight.console.forms import Filled, Sent, kept, lines_of, one_at_a_time, refused, text_of, whole_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.oversight.privacy import data_map, draft
from central.oversight.privacy.processing_log import processing_log
from central.people.assessment import queries, service
from central.people.assessment.permissions import READ_ASSESSMENTS, SIGN_ASSESSMENTS
from central.people.assessment.rules import ANSWER_MAX, QUESTIONS
from central.people.community.queries import CommunityView, community_of
from central.people.consent.permissions import READ_CONSENTS
from central.people.consent.queries import agreed, text_views
from central.people.consent.rules import LASTS_DAYS_MAX, TEXT_MAX

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_ASSESSMENTS)]
Signer = Annotated[Actor, requires(SIGN_ASSESSMENTS)]

LOG_OVER = timedelta(days=90)
HOLD_DAYS = 30
LASTS_DAYS = 730
"""What is offered for how long a consent to the first text lasts; after that, what the last one said."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to be consented to, before it is published. `old_until`: the end of earlier consents; None for a first."""

    version: int
    zh: str
    en: str
    lasts_days: int
    old_until: datetime | None


@pages.get("/privacy")
def privacy(request: Request, db: Db, actor: Reader, community: UUID | None = None) -> Response:
    return privacy_page(request, db, actor, place_of(request, db, actor, READ_ASSESSMENTS, community))


@pages.post("/privacy/assessments", dependencies=[takes(BODY_PROSE_MAX)])
def sign(request: Request, db: Db, actor: Signer, sent: Sent) -> Response:
    """Signed with the facts as they are at this moment, which the page showed."""
    chosen, form = place_sent(db, actor, SIGN_ASSESSMENTS, sent), kept("assessment", sent)
    answers = {question: lines_of(sent, question, ANSWER_MAX + 1) for question in QUESTIONS}
    one_at_a_time(db, "assessment", chosen.community_id)
    now = clock.now()
    facts = draft.facts_now(db, chosen.community_id, now)
    try:
        with db.begin_nested():
            row = service.sign(db, actor, chosen.community_id, text_of(sent, "signed_by"), answers, facts, now=now)
    except (Invalid, Conflict) as problem:
        return privacy_page(request, db, actor, chosen, form=refused(words_of(request), form, problem, "signed_by"))
    return redirect(request, f"/privacy/assessments/{row.id}")


@pages.get("/privacy/assessments/{assessment_id}")
def assessment(request: Request, assessment_id: UUID, db: Db, actor: Reader) -> Response:
    """One signed version, as a browser prints it."""
    row, now = queries.assessment(db, assessment_id), clock.now()
    actor.demand(READ_ASSESSMENTS, row.community_id)
    counts = queries.current_of(db, row.community_id, now)
    return page(
        request, "console/assessment.html", now=now, places=[community_of(db, row.community_id)], row=row,
        questions=QUESTIONS, counts=counts is not None and counts.version == row.version,
    )  # fmt: skip


@pages.post("/privacy/holds/{hold_id}/release")
def release(
    request: Request, hold_id: UUID, db: Db, actor: Annotated[Actor, requires(RELEASE_PICTURES)], sent: Sent
) -> Response:
    chosen, now = place_sent(db, actor, RELEASE_PICTURES, sent), clock.now()
    try:
        with db.begin_nested():
            picture_holds.release(db, actor, hold_id, text_of(sent, "reason"), now)
    except (Invalid, Conflict) as problem:
        return privacy_page(request, db, actor, chosen, told=words_of(request)(problem.key, **problem.params))
    return redirect(request, f"/privacy?community={chosen.community_id}#pictures")


@pages.post("/visit/{visit_id}/hold")
def hold(
    request: Request, visit_id: UUID, db: Db, actor: Annotated[Actor, requires(HOLD_PICTURES)], sent: Sent
) -> Response:
    """Keep a visit's picture for an incident; the visit's page says the rest."""
    view = visits.visit(db, visit_id)
    if view is None or not actor.may(HOLD_PICTURES, view.community_id):
        raise NotFound("visits.no_visit")
    if view.picture_id is not None:
        days = whole_of(sent, "days") if "days" in sent else HOLD_DAYS
        picture_holds.hold(db, actor, view.picture_id, text_of(sent, "reason"), days, clock.now())
    return redirect(request, f"/visit/{visit_id}")


def privacy_page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, *, form: Filled | None = None,
    told: str | None = None, text: Filled | None = None, draft: Draft | None = None,
) -> Response:  # fmt: skip
    """`text`: the form of the text to consent to; `draft`: what was written there, to be looked over."""
    now, form, text = clock.now(), form or Filled("assessment"), text or Filled("text")
    others = communities_for(db, actor, READ_ASSESSMENTS)
    if chosen is None:
        return page(request, "console/privacy.html", now=now, places=[], others=others, community=None)
    here = chosen.community_id
    versions, texts = queries.assessments_of(db, here), text_views(db, here)
    return page(
        request, "console/privacy.html", now=now, places=[chosen], others=others, community=chosen, form=form,
        status_code=409 if told else max(form.status, text.status), told=told, pictures=pictures_kept(db, here, now),
        settings=settings_of(db, here), holds=picture_holds.standing_holds(db, [here], now), versions=versions,
        current=queries.current_of(db, here, now), questions=QUESTIONS, data=data_map.data_map(db, here),
        log=processing_log(db, here, now - LOG_OVER), count=newest_count(db),
        sees_count=actor.may(READ_CONSENTS, None),  # a number of the whole company
        answers=dict(versions[0].answers) if versions else {}, texts=texts, text=text, draft=draft,
        text_max=TEXT_MAX, lasts_days=texts[0].lasts_days if texts else LASTS_DAYS,
        concerned=_concerned(db, here, draft.version if draft else None, now),
        without_face=_without_face(db, here, draft.version, now) if draft else 0,
        lasts_max=LASTS_DAYS_MAX, actor_said=partial(actor_said, words_of(request)),
    )  # fmt: skip


def _concerned(db: Session, community_id: UUID, version: int | None, now: datetime) -> int:
    """Whose face stops opening unless they agree to the newest text, or to `version`, which is not published yet: those
    whom the page of people to ask lists, before and after."""
    return sum(one.text for one in to_ask(db, community_id, now, version))


def _without_face(db: Session, community_id: UUID, version: int, now: datetime) -> int:
    """Who agreed to an earlier text and has no face at any gate: nobody needs a link for it."""
    return len(agreed(db, community_id, now)) - sum(
        one.text and one.agreed_until is not None for one in to_ask(db, community_id, now, version)
    )
