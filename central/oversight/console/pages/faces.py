"""One person's face at the gates, as the desk sees it: consent, where a template lies, who has yet to destroy one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.cookies import clear_cookie
from central.base.identity.guard import CurrentSession, Db, requires
from central.base.identity.sessions import end_session
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.gates.access.queries import holder_id_of
from central.gates.face_enrolment import service as enrolment
from central.gates.face_enrolment.permissions import INVITE_FACES
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.face_enrolment.views import LastTry
from central.gates.nodes.faces.maker import contact_of_maker
from central.gates.nodes.faces.routes import get_face
from central.gates.nodes.faces.schemas import ErasedOut, FaceOut
from central.oversight.console.children import children_said
from central.oversight.console.forms import (
    Filled,
    Sent,
    day_of,
    kept,
    one_at_a_time,
    refused,
    sent_again,
    text_of,
    used_up,
)
from central.oversight.console.frame import AGAIN, fragment, page, words_of
from central.oversight.console.link_code import base_for_others, base_for_phones, link_code
from central.people.assessment.queries import current_of
from central.people.community.queries import community_of, household_of, resident_of
from central.people.community.rules import Tie
from central.people.community.views import ResidentView
from central.people.consent.facts import ages_of
from central.people.consent.guardians import children_of, guardians_for
from central.people.consent.permissions import READ_CONSENTS, RECORD_CONSENTS
from central.people.consent.queries import standing_of, text_views
from central.people.consent.rules import PHOTOS_VERSION, AgeBand, Channel, Standing
from central.people.consent.service import choose_photos, note_age, withdraw_consent
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_CONSENTS)]
Recorder = Annotated[Actor, requires(RECORD_CONSENTS)]

ASKED = {"person_desk": (Channel.DESK, False), "person_paper": (Channel.PAPER, False)}
ASKED_OF_CHILD = {
    "guardian_desk": (Channel.DESK, True), "guardian_paper": (Channel.PAPER, True), "child_desk": (Channel.DESK, False),
}  # fmt: skip
"""Who may have asked at the desk that it be taken back, and how: of anybody, and of a child."""


FORMS = ("age", "invite", "here", "withdraw")


@pages.get("/people/homes/{resident_id}/face")
def face(request: Request, resident_id: UUID, db: Db, actor: Reader) -> Response:
    return _page(request, db, actor, resident_of(db, resident_id))


@pages.get("/people/homes/{resident_id}/face/now")
def face_now(
    request: Request, resident_id: UUID, db: Db, actor: Reader, seen: Annotated[Printable, Query(max_length=64)] = "",
    standing: Annotated[Printable, Query(max_length=20)] = "",
) -> Response:  # fmt: skip
    """What the gates have and have destroyed by now, in place of what stood there; nothing where it is the same still.
    Where the consent stands otherwise than the page says (`standing`), that too. Asked again for as long as the page is
    open, oftener while something is under way."""
    now = clock.now()
    said = _now(request, db, get_face(resident_id, db, actor), now)
    if said["mark"] == seen:
        return Response(status_code=204)
    return fragment(
        request,
        "console/face_now.html",
        now=now,
        **(said | {"alone": True, "agreed_anew": bool(standing) and standing != said["face"].consent.standing}),
    )


@pages.post("/people/homes/{resident_id}/face/age")
def age(request: Request, resident_id: UUID, db: Db, actor: Recorder, sent: Sent) -> Response:
    """Whether a guardian is needed hangs on it; of an adult no day of birth is kept."""
    here, form = resident_of(db, resident_id), kept("age", sent)
    actor.demand(RECORD_CONSENTS, here.community_id)
    try:
        with db.begin_nested():
            note_age(db, actor, resident_id, day_of(text_of(sent, "born_on"), "born_on"), now=clock.now())
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, here, wrong=refused(words_of(request), form, problem, "born_on"))
    return redirect(request, f"/people/homes/{resident_id}/face")


@pages.post("/people/homes/{resident_id}/face/invite")
def invite(
    request: Request, resident_id: UUID, db: Db, actor: Annotated[Actor, requires(INVITE_FACES)], sent: Sent
) -> Response:
    """A link for the person's own phone, or for a child that of the guardian who is chosen here, by somebody who knows
    them. It is shown once, as text and as a code to photograph."""
    here, form = resident_of(db, resident_id), kept("invite", sent)
    actor.demand(INVITE_FACES, here.community_id)
    holder_id = holder_id_of(db, here.community_id, here.person_id)
    if holder_id is None:
        return redirect(request, f"/people/homes/{resident_id}/face")
    one_at_a_time(db, "invite", resident_id)
    if sent_again(request, sent):
        return redirect(request, f"/people/homes/{resident_id}/face?said={AGAIN}")
    guardian_id = _guardian_of(sent)
    try:
        with db.begin_nested():
            token, _ = enrolment.invite(db, actor, holder_id, clock.now(), guardian_id=guardian_id)
    except Conflict as problem:
        return _unnamed(request, db, actor, here, form, problem)
    used_up(request, sent)
    link = f"{base_for_others(request)}/enrol/{token}"
    return _page(request, db, actor, here, link=link, speaks=resident_of(db, guardian_id) if guardian_id else None)


@pages.post("/people/homes/{resident_id}/face/here")
def capture_here(
    request: Request,
    resident_id: UUID,
    db: Db,
    session: CurrentSession,
    actor: Annotated[Actor, requires(INVITE_FACES)],
    sent: Sent,
) -> Response:
    """The person's own page on this screen. Whoever works here is signed out first: neither the address bar nor the
    way back opens anything of theirs to the person who now sits here."""
    here, form = resident_of(db, resident_id), kept("here", sent)
    actor.demand(INVITE_FACES, here.community_id)
    holder_id = holder_id_of(db, here.community_id, here.person_id)
    if holder_id is None:
        return redirect(request, f"/people/homes/{resident_id}/face")
    try:
        with db.begin_nested():
            token, _ = enrolment.invite(db, actor, holder_id, clock.now(), Channel.DESK, _guardian_of(sent))
    except Conflict as problem:
        return _unnamed(request, db, actor, here, form, problem)
    end_session(db, session.session_id)
    record(db, actor, "session.close", "account", actor.id)
    response = redirect(request, f"/enrol/{token}")
    clear_cookie(response)
    return response


def _unnamed(
    request: Request, db: Session, actor: Actor, here: ResidentView, form: Filled, problem: Conflict
) -> Response:
    """No link: said beside the field where the guardian is named, where it is about that and there is one; else as any
    other problem."""
    if not problem.key.startswith("consent.guardian") or not _speakers(db, here, clock.now()):
        raise problem
    return _page(request, db, actor, here, wrong=refused(words_of(request), form, problem, "guardian_id"))


def _speakers(db: Session, here: ResidentView, now: datetime) -> tuple[ResidentView, ...] | None:
    """For a child, who at home may agree for them; None for everybody else."""
    child = standing_of(db, here.community_id, here.person_id, now).age is AgeBand.UNDER_14
    return guardians_for(db, here.resident_id, now) if child else None


def _guardian_of(sent: FormData) -> UUID | None:
    """Whom the desk names; what is no resident's id names nobody, and the service says that somebody is needed."""
    try:
        return UUID(text_of(sent, "guardian_id"))
    except ValueError:
        return None


@pages.post("/people/homes/{resident_id}/face/withdraw")
def withdraw(request: Request, resident_id: UUID, db: Db, actor: Recorder, sent: Sent) -> Response:
    """No reason is asked, as none was for agreeing. But it is somebody else's face, and gone for good: the desk says
    who asked, and presses twice. The person's own link takes one step."""
    here, form = resident_of(db, resident_id), kept("withdraw", sent)
    actor.demand(RECORD_CONSENTS, here.community_id)
    try:
        with db.begin_nested():
            channel, by_guardian = _asked(db, here, sent)
            withdraw_consent(db, actor, resident_id, channel, now=clock.now(), by_guardian=by_guardian)
    except Invalid as problem:
        return _page(request, db, actor, here, wrong=refused(words_of(request), form, problem, "asked"))
    except Conflict as problem:  # pressed twice: there is nothing left to take back, and no form to say it in
        return _page(request, db, actor, here, said=words_of(request)(problem.key, **problem.params))
    return redirect(request, f"/people/homes/{resident_id}/face")


def _asked(db: Session, here: ResidentView, sent: FormData) -> tuple[Channel, bool]:
    age = standing_of(db, here.community_id, here.person_id, clock.now()).age
    found = _askers(age).get(text_of(sent, "asked"))
    if found is None:
        raise Invalid(fields={"asked": "face.withdraw_who_needed"})
    return found


def _askers(age: AgeBand) -> dict[str, tuple[Channel, bool]]:
    return ASKED_OF_CHILD if age is AgeBand.UNDER_14 else ASKED


@pages.post("/people/homes/{resident_id}/face/photos")
def photos(request: Request, resident_id: UUID, db: Db, actor: Recorder, keep: Annotated[bool, Form()]) -> Response:
    """The person's choice that photos stay, as they made it at the desk, or took it back."""
    here = resident_of(db, resident_id)
    actor.demand(RECORD_CONSENTS, here.community_id)
    try:
        with db.begin_nested():
            choose_photos(db, actor, resident_id, keep, Channel.DESK, now=clock.now())
    except Conflict as problem:
        return _page(request, db, actor, here, said=words_of(request)(problem.key, **problem.params))
    return redirect(request, f"/people/homes/{resident_id}/face")


def _mark(told: FaceOut, last: LastTry | None, away: bool) -> str:
    """Differs when the page must say something else: a node that is heard of again and owes as before is no news.
    `away`: the enrolment node, of which the last try speaks."""
    each = {"__all__": {"heard_at"}}
    said = told.model_dump_json(exclude={"awaited": each, "coming": each, "order": {"owing": each}})
    return sha256(f"{said} {last} {away}".encode()).hexdigest()[:16]


def _newest(erased: Sequence[ErasedOut]) -> list[tuple[ErasedOut, int]]:
    """Of what each gate said of one order the newest, and how many there are besides: a gate is told again when its
    disk was put back, and one in wrong hands writes as many as it likes."""
    said: dict[tuple[UUID, UUID | None, bool], list[ErasedOut]] = {}
    for one in erased:  # newest first
        said.setdefault((one.node_id, one.order_id, one.earlier), []).append(one)
    return [(mine[0], len(mine) - 1) for mine in said.values()]


UNDER_WAY_S, LINK_OPEN_S, SETTLED_S = 3, 10, 60
"""How often the page asks what is new: while something is under way, while a link waits for its person, and else."""


def _now(request: Request, db: Session, told: FaceOut, now: datetime) -> dict[str, Any]:
    """For `face_now.html`, by itself or in the page."""
    community_id = resident_of(db, told.resident_id).community_id
    last, maker = _last_try(db, told, now), contact_of_maker(db, community_id, now)
    unsaid = maker if maker is not None and _is_unsaid(told, last, maker.node_id) else None
    waits = last is not None and last.state is EnrolmentState.WAITING
    owing = told.order.owing if told.order is not None else []
    renews = (
        UNDER_WAY_S
        if told.under_way or told.coming or unsaid or waits
        else LINK_OPEN_S
        if _is_open(last)
        else SETTLED_S
    )
    return {
        "face": told, "erased": _newest(told.erased), "resident_id": told.resident_id, "community_id": community_id,
        "mark": _mark(told, last, maker is not None and maker.away), "askers": list(_askers(told.consent.age)),
        "language": words_of(request).language, "renews": renews, "last": last, "maker": maker, "unsaid": unsaid,
        "refusing": any(one.disputed and maker is not None and one.node_id == maker.node_id for one in owing),
        "alone": False, "withdrawal": Filled("withdraw"),
    }  # fmt: skip


def _is_open(last: LastTry | None) -> bool:
    """Whether photos may come by the last link still."""
    return last is not None and not (last.over or last.used_up or last.state is EnrolmentState.ENROLLED)


def _is_unsaid(told: FaceOut, last: LastTry | None, maker_id: UUID) -> bool:
    """Whether the enrolment node answered that a template is made, and its journal has not told yet that it holds it,
    or has destroyed it since."""
    if last is None or last.state is not EnrolmentState.ENROLLED or told.consent.standing != Standing.IN_FORCE:
        return False
    gone = any(one.node_id == maker_id and one.received_at >= last.at for one in told.erased)
    return not gone and not any(at.node_id == maker_id for at in told.stored)


def _page(
    request: Request, db: Session, actor: Actor, here: ResidentView, *, wrong: Filled | None = None,
    link: str | None = None, speaks: ResidentView | None = None, said: str | None = None,
) -> Response:  # fmt: skip
    told, place = get_face(here.resident_id, db, actor), community_of(db, here.community_id)
    now = clock.now()
    guardians, own = _speakers(db, here, now), {"withdrawal": wrong} if wrong and wrong.key == "withdraw" else {}
    here = children_said(words_of(request), db, [here], now)[0]
    return page(
        request, "console/face.html", status_code=wrong.status if wrong else 200, now=now, places=[place],
        community=place, one=here, said=said, **(_now(request, db, told, now) | own),
        forms={key: wrong if wrong and wrong.key == key else Filled(key) for key in FORMS},
        guardians=guardians,
        ageless=_ageless(db, here, now) if guardians == () else [],
        children=children_said(words_of(request), db, children_of(db, here.resident_id, now), now),
        age_unknown=told.consent.age == AgeBand.UNKNOWN, photos_version=PHOTOS_VERSION,
        assessed=current_of(db, here.community_id, now) is not None, link=link,
        newest=next(iter(text_views(db, here.community_id)), None),
        speaks=speaks, code=link_code(link) if link and base_for_phones(request) else None,
    )  # fmt: skip


def _last_try(db: Session, told: FaceOut, now: datetime) -> LastTry | None:
    """None, too, where all of it was before a withdrawal: what was made then is destroyed."""
    last = enrolment.last_try(db, told.cardholder_id, now) if told.cardholder_id else None
    withdrawn_at = told.consent.last.withdrawn_at if told.consent.last else None
    return None if last is not None and withdrawn_at is not None and last.at <= withdrawn_at else last


def _ageless(db: Session, here: ResidentView, now: datetime) -> list[ResidentView]:
    """Who of the same home might speak for this child, if only their age were noted."""
    home = [one for one in household_of(db, here.house_id, now) if one.tie != Tie.HELP]
    known = ages_of(db, [one.person_id for one in home])
    return [one for one in home if one.person_id not in known]
