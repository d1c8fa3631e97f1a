"""Tests of the liveness proof at one lane: what was signed, and signing another."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid, NotFound
from central.base.web.render import redirect
from central.gates.visits.permissions import READ_VISITS
from central.oversight.console.forms import (
    Filled,
    Sent,
    kept,
    lines_of,
    one_at_a_time,
    refused,
    text_of,
    whole_of,
)
from central.oversight.console.frame import page, words_of
from central.oversight.privacy import attack_tests
from central.oversight.privacy.attack_rules import NOTE_MAX, SERIES, Count, Told
from central.oversight.privacy.permissions import SIGN_ATTACK_TESTS
from central.people.community.queries import community_of, lane_of

pages = APIRouter(include_in_schema=False)
FORM = "attack"


@pages.get("/face-figures/{lane_id}/attack-tests")
def show(request: Request, lane_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> Response:
    return _page(request, db, actor, lane_id, Filled(FORM))


@pages.post("/face-figures/{lane_id}/attack-tests")
def sign(
    request: Request, lane_id: UUID, db: Db, actor: Annotated[Actor, requires(SIGN_ATTACK_TESTS)], sent: Sent
) -> Response:
    """What was signed stands; a second sending is a second test, and the same."""
    actor.demand(SIGN_ATTACK_TESTS, lane_of(db, lane_id).community_id)
    form = kept(FORM, sent)
    one_at_a_time(db, FORM, lane_id)
    try:
        with db.begin_nested():
            attack_tests.sign(db, actor, lane_id, _told(sent), now=clock.now())
    except Invalid as problem:
        return _page(request, db, actor, lane_id, refused(words_of(request), form, problem, "signed_by"))
    return redirect(request, f"/face-figures/{lane_id}/attack-tests")


def _told(sent: FormData) -> Told:
    """What cannot be read is told along with what is missing, all at once."""
    return Told(
        liveness=text_of(sent, "liveness_other") or text_of(sent, "liveness"), model=text_of(sent, "model").lower(),
        tested_by=text_of(sent, "tested_by"), tested_on=_day(text_of(sent, "tested_on")),
        signed_by=text_of(sent, "signed_by"), note=lines_of(sent, "note", NOTE_MAX),
        counts={key: _count(sent, key) for key in SERIES},
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _count(sent: FormData, key: str) -> Count:
    """Both left empty: not tried. One alone says nothing, as words do: a count that nobody can sign."""
    if not text_of(sent, f"{key}_trials") and not text_of(sent, f"{key}_wrong"):
        return Count(0, 0)
    try:
        return Count(whole_of(sent, f"{key}_trials"), whole_of(sent, f"{key}_wrong"))
    except Invalid:
        return Count(-1, -1)


def _page(request: Request, db: Session, actor: Actor, lane_id: UUID, form: Filled) -> Response:
    now, lane = clock.now(), lane_of(db, lane_id)
    if not actor.may(READ_VISITS, lane.community_id):
        raise NotFound
    tests = attack_tests.tests_of(db, lane_id)
    return page(
        request, "console/attack_tests.html", status_code=form.status, now=now,
        places=[community_of(db, lane.community_id)], lane=lane, tests=tests, series=SERIES, form=form,
        rates={one.id: attack_tests.rates_of(one.counts) for one in tests},
        named=attack_tests.named_at(db, lane_id, now), model=attack_tests.model_at(db, lane_id),
    )  # fmt: skip
