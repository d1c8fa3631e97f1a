"""Bays that their owners offer for hours: what is offered and what it has brought, a form for one more, and the price
(PARK-10). Hours of them are booked on the page of bookings, as those of any bay."""

from __future__ import annotations

from datetime import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.render import redirect
from central.gates.parking.bookings import offers as service
from central.gates.parking.permissions import KEEP_BOOKINGS, KEEP_LOT
from central.oversight.console.forms import Filled, Sent, day_of, kept, one_at_a_time, refused, text_of, whole_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.oversight.console.tariff_form import fen_of
from central.people.community.queries import CommunityView
from models.parking.tariff import DAY_MIN

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(KEEP_BOOKINGS)]
LotKeeper = Annotated[Actor, requires(KEEP_LOT)]
STAND = ("counts", "later")


@pages.get("/parking/shared")
def shared(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    return _page(request, db, actor, place_of(request, db, actor, KEEP_BOOKINGS, community), Filled("offer"))


@pages.post("/parking/shared")
def offer(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_BOOKINGS, sent), kept("offer", sent)
    one_at_a_time(db, "offer", chosen.community_id)
    try:
        with db.begin_nested():
            end = _minute(text_of(sent, "end"), "end")
            service.offer_bay(
                db, actor, chosen.community_id, entry_id=_permit(text_of(sent, "entry")),
                first_day=day_of(text_of(sent, "first_day"), "first_day"),
                last_day=day_of(text_of(sent, "last_day"), "last_day"),
                start_minute=_minute(text_of(sent, "start"), "start"), end_minute=end or DAY_MIN, now=clock.now(),
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "entry"))
    return redirect(request, f"/parking/shared?community={chosen.community_id}")


@pages.post("/parking/shared/terms")
def terms(request: Request, db: Db, actor: LotKeeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_LOT, sent), kept("terms", sent)
    try:
        with db.begin_nested():
            fen = fen_of(text_of(sent, "price"))
            if fen is None:
                raise Invalid(fields={"price": "offers.price_range"}, yuan=service.FEN_MAX // 100)
            service.set_terms(
                db, actor, chosen.community_id, whole_of(sent, "minutes"), fen, whole_of(sent, "percent")
            )  # fmt: skip
    except Invalid as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "price"))
    return redirect(request, f"/parking/shared?community={chosen.community_id}")


@pages.post("/parking/shared/{offer_id}/end")
def end(request: Request, offer_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen = place_sent(db, actor, KEEP_BOOKINGS, sent)
    try:
        with db.begin_nested():
            row = service.take_back(db, actor, offer_id, text_of(sent, "reason"), clock.now())
            if row.community_id != chosen.community_id:
                raise NotFound("offers.none_such")
    except (Invalid, Conflict) as problem:
        form = refused(words_of(request), Filled(f"end-{offer_id}"), problem, "reason")
        return _page(request, db, actor, chosen, form)
    return redirect(request, f"/parking/shared?community={chosen.community_id}")


def _page(request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled) -> Response:
    now = clock.now()
    place = chosen.community_id if chosen is not None else None
    views = service.offers_of(db, actor, place, now) if place is not None else []
    return page(
        request, "console/lot/shared.html", status_code=form.status, now=now, places=[chosen] if chosen else [],
        others=communities_for(db, actor, KEEP_BOOKINGS), community=chosen,
        mine=lambda key: form if form.key == key else Filled(key), form=form,
        standing=[one for one in views if one.state in STAND], past=[one for one in views if one.state not in STAND],
        terms=service.terms_of(db, place) if place is not None else service.SharedTerms(),
        permits=service.permits_with_bay(db, actor, place, now) if place is not None else [],
        may_price=place is not None and actor.may(KEEP_LOT, place),
    )  # fmt: skip


def _permit(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise Invalid(fields={"entry": "offers.no_permit"}) from error


def _minute(said: str, field: str) -> int:
    """Of the day, as a `time` field sends it: 08:00."""
    try:
        at = time.fromisoformat(said)
    except ValueError as error:
        raise Invalid(fields={field: "offers.hours_range"}) from error
    return at.hour * 60 + at.minute
