"""The text that residents consent to: written in both languages, looked over as a phone shows it, then published.

What it says is the company's own: nothing is written for them here but what such a text has to speak of.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.bounds import BODY_PROSE_MAX, takes
from central.base.web.render import redirect
from central.oversight.console.forms import (
    Sent,
    instant_of,
    kept,
    lines_of,
    one_at_a_time,
    refused,
    text_of,
    whole_of,
)
from central.oversight.console.frame import words_of
from central.oversight.console.pages.privacy import Draft, privacy_page
from central.oversight.console.setup.place import place_sent
from central.people.consent.permissions import PUBLISH_TEXTS
from central.people.consent.queries import text_views
from central.people.consent.rules import LASTS_DAYS_MAX, TEXT_MAX, Text, readable, text_problem
from central.people.consent.service import publish_text

pages = APIRouter(include_in_schema=False)
Publisher = Annotated[Actor, requires(PUBLISH_TEXTS)]


@pages.post("/privacy/consent-texts/check", dependencies=[takes(BODY_PROSE_MAX)])
def check(request: Request, db: Db, actor: Publisher, sent: Sent) -> Response:
    """As it will be read, under the number that it will have. Nothing is published yet."""
    chosen, form = place_sent(db, actor, PUBLISH_TEXTS, sent), kept("text", sent)
    try:
        draft = _draft(db, chosen.community_id, sent, clock.now())
    except Invalid as problem:
        return privacy_page(request, db, actor, chosen, text=refused(words_of(request), form, problem, "zh"))
    return privacy_page(request, db, actor, chosen, text=form, draft=draft)


@pages.post("/privacy/consent-texts", dependencies=[takes(BODY_PROSE_MAX)])
def publish(request: Request, db: Db, actor: Publisher, sent: Sent) -> Response:
    """The version that was looked over, under the number that was shown. Sent twice, or after a colleague's, it would
    be another one: the second is told that there is a newer text, and publishes nothing."""
    chosen, form, now = place_sent(db, actor, PUBLISH_TEXTS, sent), kept("text", sent), clock.now()
    one_at_a_time(db, "consent_text", chosen.community_id)
    try:
        with db.begin_nested():
            if text_of(sent, "version") != str(_next_version(db, chosen.community_id)):
                raise Conflict("consent.text_just_published")
            draft = _draft(db, chosen.community_id, sent, now)
            publish_text(
                db, actor, chosen.community_id, draft.zh, draft.en, old_until=draft.old_until or now,
                lasts_days=draft.lasts_days, now=now,
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return privacy_page(request, db, actor, chosen, text=refused(words_of(request), form, problem, "zh"))
    return redirect(request, f"/privacy?community={chosen.community_id}#texts")


def _draft(db: Session, community_id: UUID, sent: FormData, now: datetime) -> Draft:
    """What was written, by the rules that the service has. Raises Invalid, each problem beside its field."""
    wrong: dict[str, str] = {}
    texts = {name: readable(lines_of(sent, name, 2 * TEXT_MAX)) for name in ("zh", "en")}
    for name, text in texts.items():
        if not text or len(text) > TEXT_MAX:
            wrong[name] = "consent.text_too_long" if text else "consent.text_needed"
    if wrong:
        raise Invalid(fields=wrong, most=TEXT_MAX)
    lasts_days = whole_of(sent, "lasts_days")
    if not 1 <= lasts_days <= LASTS_DAYS_MAX:
        raise Invalid(fields={"lasts_days": "consent.lasts_from_to"}, most=LASTS_DAYS_MAX)
    return Draft(
        _next_version(db, community_id), texts["zh"], texts["en"], lasts_days, _old_until(db, community_id, sent, now)
    )


def _old_until(db: Session, community_id: UUID, sent: FormData, now: datetime) -> datetime | None:
    """Until when earlier consents count; None for a first text, before which there are none."""
    views = text_views(db, community_id)
    if not views:
        return None
    until, last = instant_of(text_of(sent, "old_until"), "old_until"), views[0]
    problem = text_problem(Text(last.version, last.published_at, last.old_until), until, now)
    if problem is not None:
        raise Invalid(fields={"old_until": problem})
    return until


def _next_version(db: Session, community_id: UUID) -> int:
    views = text_views(db, community_id)
    return views[0].version + 1 if views else 1
