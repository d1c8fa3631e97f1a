"""What the car park needs a guard for right now: who waits at an exit, and whose debt somebody denies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.web.render import redirect
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues.arrears import denied_in
from central.gates.parking.permissions import CORRECT_STAYS, LET_OFF, READ_STAYS
from central.gates.visits.permissions import READ_VISITS
from central.gates.visits.queries import visit
from central.gates.visits.waits_at_exit import at_exits, stay_asked_at
from central.oversight.console.forms import Sent, kept, text_of
from central.oversight.console.frame import communities_for, fragment, place_names
from central.oversight.console.pages.parking import exits_mark, stay_deed
from central.people.community.queries import CommunityView, community_of
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)


@pages.get("/parking/exits")
def exits(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_STAYS)], community: UUID | None = None,
    seen: Annotated[Printable, Query(max_length=2_000)] = "",
) -> Response:  # fmt: skip
    """Who waits at the exits, in place of who did; nothing where it is the same still. Who opens it by itself is led to
    the page that it is the head of."""
    if community is None:
        return redirect(request, "/parking")
    now = clock.now()
    waiting = at_exits(db, actor, community, now)
    if exits_mark(waiting) == seen:
        return Response(status_code=204)
    return fragment(
        request, "console/parking_exits.html", now=now, community=community_of(db, community), exits=waiting,
        exits_mark=exits_mark(waiting),
    )  # fmt: skip


@pages.get("/visit/{visit_id}/bill")
def bill(request: Request, visit_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_STAYS)]) -> Response:
    """From who asked to leave to the bill of its stay; to the list of cars where nobody knows which stay is meant."""
    found = visit(db, visit_id)
    if found is None or not actor.may(READ_STAYS, found.community_id):
        raise NotFound("console.no_visit")
    stay = stay_asked_at(db, found.community_id, visit_id, found.plate)
    return redirect(request, f"/parking/stays/{stay}#stay-bill" if stay else f"/parking?community={found.community_id}")


@pages.get("/desk/denied")
def denied(request: Request, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> Response:
    """The desk's cards of debts that wait for a person, asked again by itself."""
    places = communities_for(db, actor, READ_VISITS)
    return fragment(
        request, "console/desk_denied.html", now=clock.now(), place_names=place_names(places),
        denied=denied_by_place(db, actor, places),
    )  # fmt: skip


@pages.post("/parking/stays/{stay_id}/not-theirs")
def not_theirs(
    request: Request, stay_id: UUID, db: Db, actor: Annotated[Actor, requires(LET_OFF)], sent: Sent
) -> Response:
    reason = text_of(sent, "reason")
    return stay_deed(
        request, db, actor, stay_id, kept("not-theirs", sent),
        lambda: stay_till.not_theirs(db, actor, stay_id, reason, clock.now()),
    )  # fmt: skip


def denied_by_place(
    db: Session, actor: Actor, places: Sequence[CommunityView]
) -> list[tuple[CommunityView, int, datetime]]:
    """(where, how many, since when the oldest waits), of the communities where any do and this reader may look."""
    found = []
    for place in places:
        if actor.may(READ_STAYS, place.community_id) and actor.may(CORRECT_STAYS, place.community_id):
            waiting = denied_in(db, actor, place.community_id)
            found += [(place, len(waiting), waiting[0].said_at)] if waiting else []
    return found
