"""The end of a shift: what the till should hold, what was counted, who signs (PARK-19)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.web.render import redirect
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.gates.visits.close_shift import close_shift, shift_now
from central.money.payments import close_till
from central.money.payments.permissions import CLOSE_TILL
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.oversight.console.tariff_form import fen_of
from central.people.community.queries import CommunityView, community_of
from models.values.text import Printable
from models.values.time import EPOCH, micros

pages = APIRouter(include_in_schema=False)
Closer = Annotated[Actor, requires(CLOSE_TILL)]


@pages.get("/parking/shift")
def shift(request: Request, db: Db, actor: Closer, community: UUID | None = None, till: Printable = "") -> Response:
    return _page(request, db, actor, place_of(request, db, actor, CLOSE_TILL, community), till)


@pages.post("/parking/shift")
def close(request: Request, db: Db, actor: Closer, sent: Sent) -> Response:
    chosen, form, till = place_sent(db, actor, CLOSE_TILL, sent), kept("shift", sent), text_of(sent, "till")

    def deed() -> None:
        counted = fen_of(text_of(sent, "counted"))
        if counted is None:
            raise Invalid(fields={"counted": "payments.count_needed"})
        close_shift(
            db, actor, chosen.community_id, till, seen_at=_seen_at(sent), counted_fen=counted,
            note=text_of(sent, "note"), now=clock.now(),
        )  # fmt: skip

    return _deed(request, db, actor, chosen, till, form, deed)


@pages.post("/parking/shift/{close_id}/sign")
def sign(request: Request, close_id: UUID, db: Db, actor: Closer, sent: Sent) -> Response:
    found = close_till.close_of(db, close_id)
    chosen = community_of(db, found.community_id)
    return _deed(
        request, db, actor, chosen, found.till, kept("sign", sent),
        lambda: close_till.sign_till(db, actor, close_id, clock.now(), note=text_of(sent, "note")),
    )  # fmt: skip


@pages.post("/parking/shift/{close_id}/withdraw")
def withdraw(request: Request, close_id: UUID, db: Db, actor: Closer, sent: Sent) -> Response:
    found = close_till.close_of(db, close_id)
    chosen = community_of(db, found.community_id)
    return _deed(
        request, db, actor, chosen, found.till, Filled("sign"),
        lambda: close_till.withdraw_close(db, actor, close_id, clock.now()),
    )  # fmt: skip


def _seen_at(sent: Sent) -> datetime:
    """When the page was made that asked for the count. Raises Conflict for what no page says: look at it again."""
    try:
        return EPOCH + timedelta(microseconds=int(text_of(sent, "seen_us", 20)))
    except (ValueError, OverflowError) as error:
        raise Conflict("payments.till_moved") from error


def _deed(
    request: Request, db: Session, actor: Actor, chosen: CommunityView, till: str, form: Filled,
    deed: Callable[[], object],
) -> Response:  # fmt: skip
    actor.demand(CLOSE_TILL, chosen.community_id)
    try:
        with db.begin_nested():
            deed()
    except (Conflict, Invalid) as problem:
        return _page(request, db, actor, chosen, till, refused(words_of(request), form, problem, "counted"))
    except Forbidden as problem:  # of who counted it: anybody else may sign
        told = Filled(form.key, {}, {"counted": words_of(request)(problem.key)}, problem.status)
        return _page(request, db, actor, chosen, till, told)
    return redirect(request, f"/parking/shift?community={chosen.community_id}&till={till}")


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, till: str, form: Filled | None = None
) -> Response:
    t, now, found, closed, tills = words_of(request), clock.now(), None, [], {}
    if chosen is not None:
        lanes = vehicle_lanes(db, chosen.community_id)
        tills = {"": t("money.till_desk")} | {str(one.lane.lane_id): one.lane.name for one in lanes}
        till = till if till in tills else ""
        found = shift_now(db, actor, chosen.community_id, till, now)
        closed = close_till.closed_tills(db, actor, chosen.community_id)
    return page(
        request, "console/shift.html", status_code=form.status if form is not None else 200, now=now,
        places=[chosen] if chosen is not None else [], others=communities_for(db, actor, CLOSE_TILL), community=chosen,
        shift=found, closed=closed, tills=tills, till=till, seen_us=micros(now), me=actor.id,
        form=form or Filled("shift"),
    )  # fmt: skip
