"""Who is at home where, masked; one name in full for a reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.kernel.paging import Paging
from central.base.web.render import redirect
from central.oversight.console.frame import communities_for, dialog, page, parts_of, pick, session_of, words_of
from central.people.community.permissions import READ_PEOPLE, UNMASK_PEOPLE
from central.people.community.queries import CommunityView, ResidentView, residents_at, residents_meant
from central.people.community.routes_people import get_residents
from central.people.community.schemas import ResidentOut
from central.people.community.service import PersonFacts, demand_unmask, unmask_person
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Unmasker = Annotated[Actor, requires(UNMASK_PEOPLE)]

FOUND_MAX = 50


@pages.get("/people")
def people(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_PEOPLE)], paging: Paging,
    community: UUID | None = None, house: Printable = "", found: Printable = "",
) -> Response:  # fmt: skip
    """All residents page by page, or those of the first houses whose number begins as the address says. `found`: what
    was searched for a moment ago; a search that is forgotten shows everybody."""
    chosen, like = pick(request, communities_for(db, actor, READ_PEOPLE), community), house.strip()
    said = parts_of(request).asked.words(session_of(request), found, clock.now()) if found else None
    if chosen is not None and said is not None:
        at_home = residents_at(db, chosen.community_id, said, FOUND_MAX + 1)
        meant = residents_meant(db, chosen.community_id, said, FOUND_MAX + 1)
        return _page(request, db, actor, chosen, list(dict.fromkeys([*at_home, *meant])), said)
    if chosen is None or like:
        there = residents_at(db, chosen.community_id, like, FOUND_MAX + 1) if chosen else []
        return _page(request, db, actor, chosen, there, like)
    listed = get_residents(chosen.community_id, db, actor, paging)
    return _page(request, db, actor, chosen, listed.items, following=listed.next)


@pages.post("/people")
def look_up(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_PEOPLE)],
    community: Annotated[UUID | None, Form()] = None, who: Annotated[Printable, Form(max_length=80)] = "",
) -> Response:  # fmt: skip
    """By house, name or the end of a phone, asked in the body: a name in an address would stay in histories and logs.
    Whoever is found is masked as in every list. The answer has an address of its own, so that one can go back to it."""
    chosen, said = pick(request, communities_for(db, actor, READ_PEOPLE), community), who.strip()
    if chosen is None:
        return _page(request, db, actor, None, [], said)
    if not said:
        return redirect(request, f"/people?community={chosen.community_id}")
    token = parts_of(request).asked.keep(session_of(request), said, clock.now())
    return redirect(request, f"/people?found={token}&community={chosen.community_id}")


def _page(
    request: Request, db: Db, actor: Actor, chosen: CommunityView | None,
    found: Sequence[ResidentView | ResidentOut], who: str = "", following: str | None = None,
) -> Response:  # fmt: skip
    more = bool(who) and len(found) > FOUND_MAX
    return page(
        request, "console/people.html", now=clock.now(), places=communities_for(db, actor, READ_PEOPLE),
        community=chosen, people=found[:FOUND_MAX] if who else found, who=who, more=more, next=following,
        house=who if re.fullmatch(r"[0-9A-Za-z-]+", who) else "",
    )  # fmt: skip


@pages.get("/people/{person_id}/unmask")
def ask_why(request: Request, person_id: UUID, db: Db, actor: Unmasker) -> Response:
    demand_unmask(db, actor, person_id)
    return _dialog(request, person_id, None, {})


@pages.post("/people/{person_id}/unmask")
def unmask(
    request: Request, person_id: UUID, db: Db, actor: Unmasker, reason: Annotated[Printable, Form(max_length=400)] = ""
) -> Response:
    t = words_of(request)
    try:
        facts, fields = unmask_person(db, actor, person_id, reason), {}
    except Invalid as problem:
        facts, fields = None, {name: t(key) for name, key in problem.fields.items()}
    return _dialog(request, person_id, facts, fields)


def _dialog(request: Request, person_id: UUID, facts: PersonFacts | None, fields: dict[str, str]) -> Response:
    return dialog(
        request, "console/unmask.html", now=clock.now(), back="/people", person_id=person_id, facts=facts, fields=fields
    )
