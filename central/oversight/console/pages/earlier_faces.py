"""After a change of the face model, or a newer text: whom the gates know no more or soon will not, and one deed to ask
them all again."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict
from central.gates.face_enrolment.ask_again import ASKED_AT_ONCE, Asked, ask_again, other_models, to_ask
from central.gates.face_enrolment.permissions import INVITE_FACES
from central.gates.nodes.faces.earlier import made_anew
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.permissions import CALIBRATE_FACES
from central.oversight.console.children import children_said
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.link_code import base_for_others, base_for_phones, link_code
from central.oversight.console.pages.nodes import has_faces
from central.people.community.queries import community_of

pages = APIRouter(include_in_schema=False)
Asker = Annotated[Actor, requires(CALIBRATE_FACES)]

SHOWN_MAX = 100


@pages.get("/faces/earlier")
def earlier(request: Request, db: Db, actor: Asker) -> Response:
    return _page(request, db, actor)


@pages.post("/faces/earlier/ask")
def ask(request: Request, db: Db, actor: Asker, community: Annotated[UUID, Form()]) -> Response:
    """A link each for the next twenty, shown once, to be handed out today."""
    actor.demand(CALIBRATE_FACES, community_of(db, community).community_id)
    actor.demand(INVITE_FACES, community)
    try:
        with db.begin_nested():
            asked = ask_again(db, actor, community, clock.now())
    except Conflict as problem:
        return _page(request, db, actor, said=words_of(request)(problem.key, **problem.params))
    return _page(request, db, actor, asked=asked)


def _page(
    request: Request, db: Session, actor: Actor, *, asked: list[Asked] | None = None, said: str | None = None
) -> Response:
    now, start = clock.now(), f"{base_for_others(request)}/enrol/"
    phones, t = bool(base_for_phones(request)), words_of(request)
    told = [replace(one, home=children_said(t, db, [one.home], now)[0]) for one in asked or ()]
    places = communities_for(db, actor, CALIBRATE_FACES)
    left = [
        (place, to_ask(db, place.community_id, now), other_models(db, place.community_id)) for place in places
    ]  # fmt: skip
    return page(
        request, "console/earlier_faces.html", status_code=409 if said else 200, now=now, places=places, said=said,
        without_maker=[one for one in places if has_faces(db, one, now) and maker_of(db, one.community_id) is None],
        left=[one for one in left if one[1]], at_once=ASKED_AT_ONCE, most=SHOWN_MAX,
        anew=[(place, n) for place in places if (n := made_anew(db, place.community_id))],
        slips=[(one, start + one.token, link_code(start + one.token) if phones else "") for one in told],
        phones=phones,
    )  # fmt: skip
