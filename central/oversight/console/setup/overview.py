"""The communities of a company, and how far each is set up."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import communities_for, page, pick, words_of
from central.oversight.console.setup.place import place_sent
from central.oversight.console.setup.steps import first_steps
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.queries import counts_of
from central.people.community.rules import NAME_MAX, CommunityKind, tidy_name
from central.people.community.service import add_community, set_day_begins, set_desk_phone

pages = APIRouter(include_in_schema=False)
NO_DAY, NO_PHONE = Filled("day"), Filled("phone")
Editor = Annotated[Actor, requires(EDIT_HOUSES)]


@pages.get("/setup")
def overview(request: Request, db: Db, actor: Editor, community: UUID | None = None) -> Response:
    return _page(request, db, actor, community, Filled("community"))


@pages.post("/setup")
def add(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """A new community. Sent twice, the second finds that there is one of that name, and says so."""
    form, name, kind = kept("community", sent), tidy_name(text_of(sent, "name")), text_of(sent, "kind")
    try:
        if not name or len(name) > NAME_MAX:
            raise Invalid(fields={"name": "form.name_needed"}, most=NAME_MAX)
        if kind not in set(CommunityKind):
            raise Invalid(fields={"kind": "problem.invalid.choice"})
        with db.begin_nested():
            made = add_community(db, actor, name, CommunityKind(kind))
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, None, refused(words_of(request), form, problem, "name"))
    return redirect(request, f"/setup?community={made.id}")


@pages.post("/setup/day")
def set_day(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """From when on the chosen community counts a day."""
    chosen, form = place_sent(db, actor, EDIT_HOUSES, sent), kept("day", sent)
    try:
        set_day_begins(db, actor, chosen.community_id, text_of(sent, "begins"))
    except Invalid as problem:
        told = refused(words_of(request), form, problem, "begins")
        return _page(request, db, actor, chosen.community_id, Filled("community"), told)
    return redirect(request, f"/setup?community={chosen.community_id}")


@pages.post("/setup/phone")
def set_phone(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """Whom visitors ring: it stands on the page behind their link."""
    chosen, form = place_sent(db, actor, EDIT_HOUSES, sent), kept("phone", sent)
    try:
        set_desk_phone(db, actor, chosen.community_id, text_of(sent, "phone"))
    except Invalid as problem:
        told = refused(words_of(request), form, problem, "phone")
        return _page(request, db, actor, chosen.community_id, Filled("community"), phone=told)
    return redirect(request, f"/setup?community={chosen.community_id}")


def _page(
    request: Request, db: Session, actor: Actor, asked: UUID | None, form: Filled, day: Filled = NO_DAY,
    phone: Filled = NO_PHONE,
) -> Response:  # fmt: skip
    now, places = clock.now(), communities_for(db, actor, EDIT_HOUSES)
    chosen = pick(request, places, asked)
    return page(
        request, "console/setup/overview.html", status_code=max(form.status, day.status, phone.status),
        now=now, places=places, community=chosen, form=form, day=day, phone=phone,
        counts=counts_of(db, [place.community_id for place in places], now),
        kinds=list(CommunityKind), steps=first_steps(db, actor, [chosen.community_id] if chosen else [], now),
        may_add=actor.may(EDIT_HOUSES, None),
    )  # fmt: skip
