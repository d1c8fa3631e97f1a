"""Who is at home where, masked; one name in full for a reason."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.kernel.paging import Paging
from central.oversight.console.frame import communities_for, dialog, page, pick, words_of
from central.people.community.permissions import READ_PEOPLE, UNMASK_PEOPLE
from central.people.community.queries import houses_of
from central.people.community.routes_people import get_residents
from central.people.community.service import PersonFacts, demand_unmask, unmask_person
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Unmasker = Annotated[Actor, requires(UNMASK_PEOPLE)]

HOUSES_AT_ONCE = 10


@pages.get("/people")
def people(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_PEOPLE)], paging: Paging,
    community: UUID | None = None, house: Printable = "",
) -> Response:  # fmt: skip
    """All residents page by page, or those of the first houses whose number begins as typed."""
    places = communities_for(db, actor, READ_PEOPLE)
    chosen, like = pick(places, community), house.strip()
    if chosen is None:
        found, following = [], None
    elif like:
        houses = houses_of(db, chosen.community_id, like, HOUSES_AT_ONCE)
        lists = [get_residents(chosen.community_id, db, actor, paging, one.house_id) for one in houses]
        found, following = [one for listed in lists for one in listed.items], None
    else:
        listed = get_residents(chosen.community_id, db, actor, paging)
        found, following = listed.items, listed.next
    return page(
        request, "console/people.html", now=clock.now(), places=places, community=chosen, people=found, house=like,
        next=following,
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
