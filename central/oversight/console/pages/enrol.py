"""The page behind an enrolment's link: consent in its own words, then three pictures, or taking it all back.

No account is needed: the link is the key. What it opens is this one person's own consent and enrolment, for a day.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.errors import Problem
from central.base.kernel.i18n import Words
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import redirect, render
from central.gates.face_enrolment import own_visits, service
from central.gates.face_enrolment.routes import BY_LINK
from central.gates.face_enrolment.rules import EnrolmentState
from central.oversight.console.frame import DEMO_MARK, parts_of
from central.people.consent.rules import PHOTOS_VERSION, Channel
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)

PROBLEMS = (
    "no_face", "several_faces", "too_small", "turned_away", "too_dark", "too_bright", "too_blurred", "eyes_covered",
    "mouth_covered", "file_too_large", "heif", "not_a_picture", "too_many_pixels", "different_people",
    "not_straight", "not_turned", "same_side", "too_few_photos", "not_for_this_node", "no_search", "late",
)  # fmt: skip


@pages.get("/enrol/{token}", dependencies=[public(BY_LINK)])
def enrol(token: str, request: Request, db: OpenDb) -> Response:
    return _page(request, db, token)


@pages.post("/enrol/{token}/consent", dependencies=[public(BY_LINK)])
def agree(
    token: str, request: Request, db: OpenDb, text_id: Annotated[UUID, Form()],
    guardian_id: Annotated[UUID | None, Form()] = None, keep_photos: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """A consent to the text that was shown, and to no other; for a child that of the guardian who is named. Beside it,
    in words of its own and off until it is ticked, that photos stay."""
    try:
        with db.begin_nested():
            service.agree(db, token[:100], text_id, clock.now(), guardian_id, keep_photos=keep_photos)
    except Problem as problem:
        return _page(request, db, token, problem)
    return redirect(request, f"/enrol/{token}")


@pages.post("/enrol/{token}/keep-photos", dependencies=[public(BY_LINK)])
def keep_photos(token: str, request: Request, db: OpenDb, keep: Annotated[bool, Form()]) -> Response:
    """The choice by itself: made later, or taken back while the consent stands."""
    try:
        with db.begin_nested():
            service.photos_choice(db, token[:100], keep, clock.now())
    except Problem as problem:
        return _page(request, db, token, problem)
    return redirect(request, f"/enrol/{token}")


@pages.post("/enrol/{token}/withdraw", dependencies=[public(BY_LINK)])
def withdraw(token: str, request: Request, db: OpenDb) -> Response:
    try:
        with db.begin_nested():
            service.withdraw(db, token[:100], clock.now())
    except Problem as problem:
        return _page(request, db, token, problem)
    return redirect(request, f"/enrol/{token}")


@pages.post("/enrol/{token}/finish", dependencies=[public(BY_LINK)])
def finish(token: str, request: Request, db: OpenDb) -> Response:
    """At the desk: the screen goes back to whoever works there, who signs in anew."""
    with suppress(Problem):  # over by itself: then there is nothing to end
        service.finish(db, token[:100], clock.now())
    return redirect(request, "/login")


@pages.post("/enrol/{token}/not-me", dependencies=[public(BY_LINK)])
def not_me(
    token: str, request: Request, db: OpenDb, visit_id: Annotated[UUID, Form()],
    reason: Annotated[Printable, Form(max_length=400)] = "",
) -> Response:  # fmt: skip
    """Of a visit under this person's name: somebody else's face."""
    try:
        with db.begin_nested():
            own_visits.not_me(db, token[:100], visit_id, reason, clock.now())
    except Problem as problem:
        return _page(request, db, token, problem)
    return redirect(request, f"/enrol/{token}")


def _enrolled(t: Words, shown: service.ConsentPage) -> str:
    """That it is done, and what the face opens: to be known is not yet to be let in."""
    if not shown.both:
        return t("enrol.enrolled")
    lanes = t("enrol.every_lane") if shown.every_lane else t("enrol.lanes", lanes=t("enrol.and").join(shown.both))
    return t("enrol.enrolled_both", lanes=lanes)


def _page(request: Request, db: Session, token: str, problem: Problem | None = None) -> Response:
    t, now = context_of(request).words, clock.now()
    tries, source = parts_of(request).link_tries, context_of(request).source_address
    shown = tries.found(source, now, partial(service.consent_page, db, token[:100], now))
    said = t(problem.key, **problem.params) if problem is not None else None
    step = "photos"
    if not shown.agrees:
        step = "consent" if shown.text is not None else "closed"
        said = said or (None if shown.text is not None else t("enrol.no_text"))
    elif shown.state is EnrolmentState.ENROLLED:
        step = "done"
    words = shown.text and (shown.text.zh if t.language == "zh_CN" else shown.text.en)
    return render(
        request, "console/enrol.html", status_code=problem.status if problem else 200, token=token[:100], step=step,
        enrolled=_enrolled(t, shown), community=shown.community, shown=shown, at_desk=shown.channel is Channel.DESK,
        text=shown.text, words=words, said=said, withdraw=shown.agrees, photos_version=PHOTOS_VERSION,
        visits=own_visits.own_visits(db, token[:100], now), problems=[(code, t(f"photo.{code}")) for code in PROBLEMS],
        demo=(parts_of(request).data / DEMO_MARK).is_file(),
    )  # fmt: skip
