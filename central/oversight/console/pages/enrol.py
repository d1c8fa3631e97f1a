"""The page behind an enrolment's link: consent in its own words, then three pictures, or taking it all back.

No account is needed: the link is the key. What it opens is this one person's own consent and enrolment, for a day.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Annotated, Any
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
from central.gates.face_enrolment.own_gates import KEEPS, UNDER_WAY, Says
from central.gates.face_enrolment.routes import BY_LINK
from central.gates.face_enrolment.rules import TRIES_MAX, EnrolmentState, Step
from central.gates.face_enrolment.views import ConsentPage
from central.gates.nodes.faces.routes import held_in_words
from central.gates.nodes.rules import SNAPSHOT_LIFE
from central.oversight.console.children import child_said
from central.oversight.console.frame import DEMO_MARK, parts_of
from central.people.consent.rules import KEEPS_TEMPLATE, PHOTOS_VERSION, Channel, Standing
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)

PROBLEMS = (
    "no_face", "several_faces", "too_small", "turned_away", "not_upright", "too_dark", "too_bright", "too_blurred",
    "eyes_covered", "mouth_covered", "drawn", "file_too_large", "heif", "not_a_picture", "not_jpeg", "too_many_scans",
    "too_many_pixels", "different_people", "not_the_first", "not_straight", "not_turned", "same_side", "too_few_photos",
    "not_for_this_node", "no_search", "another_face", "used_before", "late", "maker_changed",
    "no_face_turned",
)  # fmt: skip

NOT_TAKEN = (EnrolmentState.REFUSED, EnrolmentState.DUPLICATE, EnrolmentState.NO_CONSENT, EnrolmentState.LATE)
ANOTHER = "another_face"


@pages.get("/enrol/{token}", dependencies=[public(BY_LINK)])
def enrol(token: str, request: Request, db: OpenDb, again: bool = False, anew: bool = False) -> Response:
    """`again`: somebody whom the gates know wants new photos nevertheless. `anew`: who has withdrawn behind this link
    wants to read the terms once more."""
    return _page(request, db, token, again=again, anew=anew)


@pages.get("/enrol/{token}/gates", dependencies=[public(BY_LINK)])
def gates(token: str, request: Request, db: OpenDb) -> Response:
    """What each gate says by now, in place of what stood there: asked again while something is under way."""
    shown = _shown(request, db, token)
    return render(request, "console/enrol_gates.html", **_gates(context_of(request).words, shown, token))


@pages.post("/enrol/{token}/consent", dependencies=[public(BY_LINK)])
def agree(
    token: str, request: Request, db: OpenDb, text_id: Annotated[UUID, Form()],
    keep_photos: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """A consent to the text that was shown, and to no other; for a child that of the guardian whom the link names, and
    whom nobody chooses here. Beside it, in words of its own and off until it is ticked, that photos stay."""
    try:
        with db.begin_nested():
            service.agree(db, token[:100], text_id, clock.now(), keep_photos=keep_photos)
    except Problem as problem:
        return _page(request, db, token, problem, anew=True)
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


def _enrolled(t: Words, shown: ConsentPage) -> str:
    """That it is done, and what the face opens: to be known is not yet to be let in."""
    of = "_child" if shown.child else ""
    if shown.state is not EnrolmentState.ENROLLED:
        return t(f"enrol.known{of}")
    if not shown.both:
        return t(f"enrol.enrolled{of}")
    lanes = t("enrol.every_lane") if shown.every_lane else t("enrol.lanes", lanes=t("enrol.and").join(shown.both))
    return t(f"enrol.enrolled_both{of}", lanes=lanes)


def _before(t: Words, shown: ConsentPage) -> tuple[list[str], str | None]:
    """What became of the photos sent last, a sentence for all that it is true of, and what to do: the page itself tells
    it as well, and forgets it, and the photos, when it is opened anew."""
    if shown.state not in NOT_TAKEN or (shown.records_wait and shown.state is EnrolmentState.NO_CONSENT):
        return [], None  # whose cause of now is told instead
    of = "_child" if shown.child else ""
    found: dict[str, list[int]] = {}
    for one in shown.problems:
        key = f"photo.{one['problem']}"
        photo = one["photo"] if isinstance(one["photo"], int) else None
        if photo is not None and photo > 1 and t.has(f"{key}_turned"):  # its head was to be turned
            key = f"{key}_turned"
        photos = found.setdefault(t(key) if t.has(key) else t("enrol.refused"), [])
        if photo is not None:
            photos.append(photo)
    own, at = f"enrol.{shown.state.value}", "_desk" if shown.channel is Channel.DESK else of
    found = found or {t(own + at if t.has(own + at) else own + of if t.has(own + of) else own): []}
    lines = [_of_photos(t, photos, why) if photos else why for why, photos in found.items()]
    elsewhere = shown.state is EnrolmentState.DUPLICATE or any(one["problem"] == ANOTHER for one in shown.problems)
    asks = shown.step is Step.PHOTOS and not elsewhere
    return lines, t("enrol.before_next" + of) if asks else None


def _of_photos(t: Words, photos: list[int], why: str) -> str:
    *others, last = map(str, photos)
    if not others:
        return t("enrol.photo_of", n=last, why=why)
    return t("enrol.photos_of", n=t("enrol.and").join(others) + t("enrol.photos_and") + last, why=why)


def _shown(request: Request, db: Session, token: str, *, again: bool = False) -> ConsentPage:
    tries, source, now = parts_of(request).link_tries, context_of(request).source_address, clock.now()
    return tries.found(source, now, partial(service.consent_page, db, token[:100], now, again=again))


def _step(shown: ConsentPage, *, anew: bool) -> str:
    """After a withdrawal the terms do not lie open under the thumb that pressed it: they are one step away. Of a face
    much like somebody else's no camera asks for more: it is for people to look at. Where nothing could open photos,
    nobody is asked for any, nor to agree to them; nor for any that would be answered with no consent."""
    if shown.step is Step.PHOTOS and shown.state is EnrolmentState.DUPLICATE:
        return Step.CLOSED.value
    if shown.no_maker and (shown.step is Step.PHOTOS or ((anew or not shown.withdrawn_here) and _would_begin(shown))):
        return "no_maker"
    if shown.records_wait and shown.step is Step.PHOTOS and shown.state is not EnrolmentState.WAITING:
        return "records_wait"
    return "withdrawn" if shown.withdrawn_here and shown.step is Step.CONSENT and not anew else shown.step.value


def _would_begin(shown: ConsentPage) -> bool:
    """Whether photos would follow the consent that is asked for: who agrees to a newer text may be known for long."""
    return shown.step is Step.CONSENT and shown.standing not in KEEPS_TEMPLATE


def _gates(t: Words, shown: ConsentPage, token: str) -> dict[str, Any]:
    """A withdrawal is under way until every gate has confirmed it, of which none may have heard yet."""
    withdrawn = shown.standing is Standing.WITHDRAWN
    under_way = any(one.says in UNDER_WAY for one in shown.gates) or (withdrawn and shown.settled is None)
    return {
        "gates": shown.gates, "withdrawn": withdrawn, "under_way": under_way, "settled": shown.settled,
        "central": shown.central.erased, "held": [held_in_words(t, one) for one in shown.central.held],
        "known_at": [one.gate for one in shown.gates if one.says in KEEPS],
        "examined": any(one.says is Says.ERASING_EXAMINED for one in shown.gates),
        "by_hand": any(one.says is Says.BY_HAND for one in shown.gates), "token": token[:100], "child": shown.child,
        "hours": int(SNAPSHOT_LIFE.total_seconds() // 3600),
    }  # fmt: skip


def _page(
    request: Request,
    db: Session,
    token: str,
    problem: Problem | None = None,
    *,
    again: bool = False,
    anew: bool = False,
) -> Response:
    t, now = context_of(request).words, clock.now()
    shown = _shown(request, db, token, again=again)
    said = t(problem.key, **problem.params) if problem is not None else None
    if shown.step is Step.CLOSED:
        said = said or (t("enrol.no_text") if shown.text is None else t("faces.tries_over", n=TRIES_MAX))
    before, before_next = _before(t, shown)
    here = shown.step is not Step.MOVED_OUT
    words = shown.text and (shown.text.zh if t.language == "zh_CN" else shown.text.en)
    return render(
        request, "console/enrol.html", status_code=problem.status if problem else 200, step=_step(shown, anew=anew),
        now=now,
        enrolled=_enrolled(t, shown), community=shown.community, shown=shown,
        name=child_said(t, shown.called), at_desk=shown.channel is Channel.DESK,
        text=shown.text, words=words, said=said, photos_version=PHOTOS_VERSION, standing=shown.standing.value,
        withdraw=here and shown.standing in KEEPS_TEMPLATE, agrees=here and shown.standing is Standing.IN_FORCE,
        lasts_until=now + timedelta(days=shown.text.lasts_days) if shown.text else None, **_gates(t, shown, token),
        visits=own_visits.own_visits(db, token[:100], now), visits_max=own_visits.SHOWN_MAX,
        problems=[(code, t(f"photo.{code}")) for code in PROBLEMS],
        before=before, before_next=before_next, demo=(parts_of(request).data / DEMO_MARK).is_file(),
    )  # fmt: skip
