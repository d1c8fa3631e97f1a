"""The lists of plates. Added, approved by a second person where it needs one, and ended with a reason."""

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
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.render import redirect
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.plates import listed as service
from central.gates.parking.plates.permit_car import since_entry
from central.gates.parking.rules import Kept
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.oversight.console.forms import Filled, Sent, all_of, instant_of, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(KEEP_PLATES)]
STANDING = ("waiting", "counts", "later")


@pages.get("/plates")
def lists(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    return lists_page(request, db, actor, place_of(request, db, actor, KEEP_PLATES, community), Filled("plate"))


@pages.post("/plates")
def add(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_PLATES, sent), kept("plate", sent, several=("lanes",))
    one_at_a_time(db, "plate", chosen.community_id)
    try:
        with db.begin_nested():
            service.add_plate(
                db, actor, chosen.community_id, kind=_kind(text_of(sent, "kind")), plate=text_of(sent, "plate"),
                note=text_of(sent, "note"), lanes=_lanes(all_of(sent, "lanes")), bay=text_of(sent, "bay"),
                bay_cars=_cars(text_of(sent, "bay_cars")), now=clock.now(),
                since=_since(db, chosen, sent),
                until=instant_of(until, "until") if (until := text_of(sent, "until")) else None,
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return lists_page(request, db, actor, chosen, refused(words_of(request), form, problem, "plate"))
    return redirect(request, f"/plates?community={chosen.community_id}")


@pages.post("/plates/{entry_id}/approve")
def approve(request: Request, entry_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen = place_sent(db, actor, KEEP_PLATES, sent)
    try:
        with db.begin_nested():
            row = service.approve_plate(db, actor, entry_id, clock.now())
            if row.community_id != chosen.community_id:
                raise NotFound("plates.no_entry")
    except Conflict as problem:
        form = refused(words_of(request), Filled(f"approve-{entry_id}"), problem, "approve")
        return lists_page(request, db, actor, chosen, form)
    return redirect(request, f"/plates?community={chosen.community_id}")


@pages.post("/plates/{entry_id}/end")
def end(request: Request, entry_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen = place_sent(db, actor, KEEP_PLATES, sent)
    try:
        with db.begin_nested():
            row = service.end_plate(db, actor, entry_id, text_of(sent, "reason"), clock.now())
            if row.community_id != chosen.community_id:
                raise NotFound("plates.no_entry")
    except (Invalid, Conflict) as problem:
        form = refused(words_of(request), Filled(f"end-{entry_id}"), problem, "reason")
        return lists_page(request, db, actor, chosen, form)
    return redirect(request, f"/plates?community={chosen.community_id}")


def lists_page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled, *, link: str = "",
    linked: UUID | None = None, code: str = "",
) -> Response:  # fmt: skip
    """`link`, `code`: of the permit `linked`, shown this once."""
    now = clock.now()
    entries = service.plates_of(db, actor, chosen.community_id, now) if chosen else []
    lanes = vehicle_lanes(db, chosen.community_id) if chosen else ()
    return page(
        request, "console/plates.html", status_code=form.status, now=now, places=[chosen] if chosen else [],
        others=communities_for(db, actor, KEEP_PLATES), community=chosen, form=form,
        standing=[one for one in entries if one.state in STANDING],
        past=[one for one in entries if one.state not in STANDING],
        lanes=[(str(one.lane.lane_id), one.lane.name) for one in lanes], link=link, linked=linked, code=code,
    )  # fmt: skip


def _since(db: Session, chosen: CommunityView, sent: FormData) -> datetime | None:
    """None: from now on."""
    if text_of(sent, "begins") == "entry":
        return since_entry(db, chosen.community_id, text_of(sent, "plate"))
    return instant_of(since, "since") if (since := text_of(sent, "since")) else None


def _kind(text: str) -> Kept:
    return Kept(text) if text in set(Kept) else Kept.PERMIT


def _cars(text: str) -> int:
    """0 for what is no number of cars, which is refused with words."""
    return int(text) if len(text) <= 2 and text.isdecimal() else 0 if text.strip() else 1


def _lanes(sent: list[str]) -> list[UUID]:
    try:
        return [UUID(one) for one in sent]
    except ValueError as error:
        raise Invalid(fields={"lanes": "plates.no_lane"}) from error
