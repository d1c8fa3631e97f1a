"""The car park: who is inside, who has left, what a person should look at; one stay with its history, its bill and what
can be put right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.paging import PageAsk, Paging
from central.base.web.render import redirect
from central.gates.parking import stay_deeds, stays
from central.gates.parking.permissions import CORRECT_STAYS, READ_STAYS
from central.gates.parking.stay_bill import priced, prices_for, to_look_at
from central.gates.parking.stays import StayView
from central.gates.parking.words import class_said, line_said
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView, community_of
from models.parking.stays import State
from models.values.text import Printable
from models.values.time import site_time

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_STAYS)]
Corrector = Annotated[Actor, requires(CORRECT_STAYS)]

TABS = ("inside", "left", "look")
SHORT = "%m-%d %H:%M"
OVER = (State.VOID, State.MERGED, State.BACKED_OUT)
"""Nothing of these can be put right any more."""


@pages.get("/parking")
def car_park(
    request: Request, db: Db, actor: Reader, paging: Paging, community: UUID | None = None, tab: Printable = ""
) -> Response:
    chosen = place_of(request, db, actor, READ_STAYS, community)
    return _page(request, db, actor, chosen, tab if tab in TABS else TABS[0], paging, Filled("find"))


@pages.post("/parking")
def find(request: Request, db: Db, actor: Reader, sent: Sent) -> Response:
    """A plate is looked for by a form that is sent: it names somebody, and stands in no address and no log."""
    chosen, form = place_sent(db, actor, READ_STAYS, sent), kept("find", sent)
    try:
        found = stays.find_plate(db, actor, chosen.community_id, text_of(sent, "plate"))
    except Invalid as problem:
        form = refused(words_of(request), form, problem, "plate")
        return _page(request, db, actor, chosen, TABS[0], PageAsk(), form)
    return _page(request, db, actor, chosen, "", PageAsk(), form, found=found)


@pages.get("/parking/stays/{stay_id}")
def stay(request: Request, stay_id: UUID, db: Db, actor: Reader) -> Response:
    return _stay(request, db, actor, stay_id)


@pages.post("/parking/stays/{stay_id}/plate")
def correct(request: Request, stay_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    plate, reason = text_of(sent, "plate"), text_of(sent, "reason")
    return _deed(
        request, db, actor, stay_id, kept("plate", sent),
        lambda: stay_deeds.correct_plate(db, actor, stay_id, plate, reason, clock.now()),
    )  # fmt: skip


@pages.post("/parking/stays/{stay_id}/void")
def void(request: Request, stay_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return _deed(
        request, db, actor, stay_id, kept("void", sent),
        lambda: stay_deeds.void_stay(db, actor, stay_id, reason, clock.now()),
    )  # fmt: skip


@pages.post("/parking/stays/{exit_id}/join")
def join(request: Request, exit_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    """A lone exit was the end of the stay that is chosen."""
    reason = text_of(sent, "reason")

    def deed() -> None:
        stays.stay_of(db, actor, exit_id)
        stay_deeds.join_exit(db, actor, exit_id, _chosen(text_of(sent, "stay")), reason, clock.now())

    return _deed(request, db, actor, exit_id, kept("join", sent), deed)


def _chosen(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise Invalid(fields={"stay": "stays.choose"}) from error


def _deed(
    request: Request, db: Session, actor: Actor, stay_id: UUID, form: Filled, deed: Callable[[], None]
) -> Response:
    """Do it and show the stay; what is refused is said at its form, with what was typed."""
    try:
        with db.begin_nested():
            deed()
    except (Conflict, Invalid) as problem:
        return _stay(request, db, actor, stay_id, refused(words_of(request), form, problem, "reason"))
    return redirect(request, f"/parking/stays/{stay_id}")


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, tab: str, ask: PageAsk, form: Filled, *,
    found: list[StayView] | None = None,
) -> Response:  # fmt: skip
    t, now = words_of(request), clock.now()
    shown: Sequence[StayView] = found or ()
    following, look, counts = None, None, {}
    if chosen is not None:
        place = chosen.community_id
        look = to_look_at(db, actor, place, now)
        counts = stays.inside_by_class(db, place)
        if tab in TABS[:2]:
            shown, following = (stays.inside if tab == "inside" else stays.left)(db, actor, place, ask)
    everyone = [*shown, *(look.long if look is not None else ())]
    prices = prices_for(db, chosen.community_id, everyone, now) if chosen is not None else None
    fees = {one.stay_id: priced(prices, one, now) for one in everyone} if prices is not None else {}
    return page(
        request, "console/parking.html", status_code=form.status, now=now, places=[chosen] if chosen else [],
        others=communities_for(db, actor, READ_STAYS), community=chosen, tab=tab, form=form, found=found, rows=shown,
        next=following, fees=fees, look=look, inside=sum(counts.values()), abandoned=now - stays.ABANDONED,
        waiting=sum(map(len, (look.long, look.exits, look.unseen, look.odd))) if look is not None else 0,
        counts=[(class_said(t, name), count) for name, count in sorted(counts.items())],
        class_said=lambda name: class_said(t, name),
    )  # fmt: skip


def _stay(request: Request, db: Session, actor: Actor, stay_id: UUID, form: Filled | None = None) -> Response:
    t, now = words_of(request), clock.now()
    found = stays.stay_of(db, actor, stay_id)
    bill = priced(prices_for(db, found.community_id, [found], now), found, now)
    may = actor.may(CORRECT_STAYS, found.community_id) and found.state not in OVER
    entered = found.entered_at
    return page(
        request, "console/stay.html", status_code=form.status if form is not None else 200, now=now,
        places=[community_of(db, found.community_id)], stay=found, history=stays.history_of(db, found), bill=bill,
        lines=[line_said(t, one, entered) for one in bill.bill.lines] if bill is not None and entered else [],
        mine=lambda key: form if form is not None and form.key == key else Filled(key),
        short=lambda at: site_time(at).strftime(SHORT), vehicle_class=class_said(t, found.vehicle_class), may=may,
        form=form or Filled(""), suggested=stay_deeds.suggested(db, found, now) if may else [],
        entries=[_called(t.date(one.entered_at or one.began_at), one) for one in stays.may_be_its_entry(db, found)]
        if may and found.lone_exit else [],
    )  # fmt: skip


def _called(since: str, one: StayView) -> tuple[str, str]:
    """(id, words) of a car inside that a lone exit may have been."""
    return str(one.stay_id), " · ".join(part for part in (str(one.plate or "—"), since, one.entry_gate) if part)
