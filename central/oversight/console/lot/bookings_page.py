"""Places that are booked: who is expected when and where, what became of it, and a form for one more (PARK-25)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.render import redirect
from central.gates.parking.bookings import booked as service
from central.gates.parking.bookings.offers import is_offered
from central.gates.parking.bookings.tables import LotBookingRow
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.permissions import KEEP_BOOKINGS, READ_STAYS, WRITE_OFF
from central.oversight.console.forms import Filled, Sent, instant_of, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.oversight.console.tariff_form import fen_of
from central.people.community.queries import CommunityView
from models.parking.bookings import STANDING
from models.parking.plan import BayKind, Plan
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_STAYS)]
Keeper = Annotated[Actor, requires(KEEP_BOOKINGS)]
Striker = Annotated[Actor, requires(WRITE_OFF)]


@pages.get("/parking/bookings")
def bookings(
    request: Request, db: Db, actor: Reader, community: UUID | None = None,
    bay: Annotated[Printable, Query(max_length=20)] = "",
) -> Response:  # fmt: skip
    """`bay`: for which one is to be booked."""
    form = Filled("booking", {"bay": bay})
    return _page(request, db, actor, place_of(request, db, actor, READ_STAYS, community), form)


@pages.post("/parking/bookings")
def book(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_BOOKINGS, sent), kept("booking", sent)
    one_at_a_time(db, "booking", chosen.community_id)
    try:
        with db.begin_nested():
            fee = fen_of(text_of(sent, "fee") or "0")
            if fee is None:
                raise Invalid(fields={"fee": "bookings.fee_range"}, yuan=service.FEE_MAX // 100)
            service.book(
                db, actor, chosen.community_id, plate=text_of(sent, "plate"), note=text_of(sent, "note"),
                bay=text_of(sent, "bay"), zone=text_of(sent, "zone"), since=instant_of(text_of(sent, "since"), "since"),
                until=instant_of(text_of(sent, "until"), "until"), fee_fen=fee, now=clock.now(),
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        beside = "bay" if problem.key == "bookings.bay_there" else "plate"
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, beside))
    return redirect(request, f"/parking/bookings?community={chosen.community_id}")


@pages.post("/parking/bookings/{booking_id}/cancel")
def cancel(request: Request, booking_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    deed = partial(service.cancel, db, actor, booking_id)
    return _deed(request, db, actor, sent, KEEP_BOOKINGS, f"cancel-{booking_id}", deed)


@pages.post("/parking/bookings/{booking_id}/let-off")
def let_off(request: Request, booking_id: UUID, db: Db, actor: Striker, sent: Sent) -> Response:
    deed = partial(service.let_off, db, actor, booking_id)
    return _deed(request, db, actor, sent, WRITE_OFF, f"let-off-{booking_id}", deed)


def _deed(
    request: Request, db: Session, actor: Actor, sent: FormData, right: str, form: str,
    deed: Callable[[str, datetime], LotBookingRow],
) -> Response:  # fmt: skip
    """What is done to one booking of this community, with a reason."""
    chosen = place_sent(db, actor, right, sent)
    try:
        with db.begin_nested():
            if deed(text_of(sent, "reason"), clock.now()).community_id != chosen.community_id:
                raise NotFound("bookings.none_such")
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), Filled(form), problem, "reason"))
    return redirect(request, f"/parking/bookings?community={chosen.community_id}")


def _page(request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled) -> Response:
    now = clock.now()
    place = chosen.community_id if chosen is not None else None
    views = service.bookings_of(db, actor, place, now) if place is not None else []
    view = plan_in_force(db, place) if place is not None else None
    plan = view.plan if view is not None else None
    settings = settings_of(db, place) if place is not None else None
    return page(
        request, "console/lot/bookings.html", status_code=form.status, now=now, places=[chosen] if chosen else [],
        others=communities_for(db, actor, READ_STAYS), community=chosen, form=form, plan=plan,
        standing=[one for one in views if one.state in STANDING],
        past=[one for one in views if one.state not in STANDING], wait=settings.wait_minutes if settings else 0,
        counted=plan is not None or (settings is not None and settings.places is not None),
        zones=[("", ""), *_zones(plan)], offered=place is not None and is_offered(db, place, now),
        may_keep=place is not None and actor.may(KEEP_BOOKINGS, place),
        may_let_off=place is not None and actor.may(WRITE_OFF, place),
    )  # fmt: skip


def _zones(plan: Plan | None) -> list[tuple[str, str]]:
    """Those with places for anybody."""
    if plan is None:
        return []
    open_ = {bay.zone for _, bay in plan.bays.values() if bay.kind is BayKind.TEMPORARY}
    return [(code, zone.name) for code, (_, zone) in plan.zones.items() if code in open_]
