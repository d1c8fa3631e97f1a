"""Remote open, step by step: the dialog, a look, the live picture with its nonce, the deed, what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid, NotFound
from central.gates.nodes import queries, service
from central.gates.nodes.permissions import OPEN_LANES
from central.gates.nodes.rules import PICTURE_FRESH, CommandState
from central.gates.parking.dues.cash_at_exit import demand_amount, flat_fee, take_at_exit
from central.gates.parking.dues.pay_stay import Owed, owed_for
from central.gates.parking.permissions import READ_STAYS, TAKE_CASH
from central.gates.parking.stays.exit_meant import mean_exit
from central.gates.parking.tariffs.words import LineSaid, line_said
from central.gates.visits.presence import lane_in_contact
from central.gates.visits.queries import lane_now
from central.gates.visits.waits_at_exit import demand_there, waits_at
from central.oversight.console.frame import fragment, words_of
from central.oversight.console.phrases import AT_BARRIER, reason_said
from central.oversight.console.tariff_form import fen_of
from central.people.community.queries import LaneView
from models.site.topology import Direction
from models.values.text import Printable
from models.wire.commands import Action

pages = APIRouter(include_in_schema=False)
Opener = Annotated[Actor, requires(OPEN_LANES)]

REASONS = ("visitor", "resident", "delivery", "staff", "urgent")
AT_EXIT = ("paid_unread", "no_entry", "misread", "jam", "urgent")
"""Why an arm is opened for a car that wants out."""


@pages.get("/lanes/{lane_id}/open")
def open_dialog(request: Request, lane_id: UUID, db: Db, actor: Opener, stay: UUID | None = None) -> Response:
    """`stay`: whose car a guard takes it to be, where no plate was read and it was paid for at this exit."""
    lane, now = service.lane_to_open(db, actor, lane_id), clock.now()
    state = lane_now(db, lane_id, lane.community_id, now)
    leads = (state.leads if state is not None else None) or lane.lane.direction  # a tidal lane as it leads now
    out = bool(lane.vehicles) and leads is Direction.OUT
    waits = waits_at(db, lane, now) if out and actor.may(READ_STAYS, lane.community_id) else None
    joins = next((one for one in waits.paid if one.stay_id == stay), None) if waits is not None else None
    unknown = waits is not None and waits.stay is None and joins is None
    may_cash = unknown and actor.may(TAKE_CASH, lane.community_id)
    owed = owed_for(db, waits.stay.stay_id, now) if waits is not None and waits.stay is not None else None
    return fragment(
        request, "console/open_lane.html", owed=owed, fee=fee_lines(request, owed), now=now, lane=lane,
        online=state is not None and state.node_online,
        in_contact=state is not None and state.in_contact, lane_id=lane_id, again=False, vehicles=bool(lane.vehicles),
        limit_s=int(PICTURE_FRESH.total_seconds()), reasons=AT_EXIT if out else REASONS, waits=waits, joins=joins,
        may_cash=may_cash, flat=flat_fee(db, lane, waits.plate, now) if may_cash and waits is not None else 0,
    )  # fmt: skip


def fee_lines(request: Request, owed: Owed | None) -> list[LineSaid]:
    """What a guard says to the driver who asks what it is made of, line by line (PARK-05)."""
    if owed is None or owed.bill is None or owed.stay.entered_at is None:
        return []
    t, entered, bill = words_of(request), owed.stay.entered_at, owed.bill
    return [line_said(t, one, entered, bill.version.tariff) for one in bill.bill.lines]


@pages.post("/lanes/{lane_id}/look")
def look(lane_id: UUID, db: Db, actor: Opener) -> Response:
    """Ask the node for a picture. It arrives by itself in `live_picture`."""
    service.request_look(db, actor, lane_id)
    return Response(status_code=204)


@pages.get("/lanes/{lane_id}/live")
def live_picture(
    request: Request, lane_id: UUID, db: Db, actor: Opener, have: datetime | None = None, silent: bool = False
) -> Response:
    """The picture's frame when it is newer than the one the page has; nothing otherwise. Each gets its own nonce.

    While there is no contact the page is told so, once (`silent`: it says it). Afterwards it asks for a picture anew.
    """
    lane, now = service.lane_to_open(db, actor, lane_id), clock.now()
    if not lane_in_contact(db, lane_id, now):
        if silent:
            return Response(status_code=204)
        return fragment(
            request, "console/open_silent.html", now=now, lane_id=lane_id, vehicles=bool(lane.vehicles)
        )  # fmt: skip
    refused = _look_refused(db, lane_id, now)
    if refused is not None:
        said = reason_said(words_of(request), refused, {}, None, now, AT_BARRIER if lane.vehicles else None)
        return fragment(request, "console/open_refused.html", now=now, lane_id=lane_id, said=said)
    found = service.live_picture(db, lane_id, now)
    if found is None or now - found[1] > PICTURE_FRESH or (have is not None and found[1] <= have):
        if silent:
            return fragment(request, "console/open_asking.html", now=now, lane_id=lane_id, again=True)
        return Response(status_code=204)
    nonce = service.new_nonce(db, actor, lane_id, now, found[1])
    return fragment(
        request,
        "console/open_live.html",
        now=now,
        lane_id=lane_id,
        lane_name=lane.lane.name,
        taken_at=found[1],
        nonce=nonce,
    )


def _look_refused(db: Session, lane_id: UUID, now: datetime) -> str | None:
    """Why the node does not take the picture that was asked for last; None while it may come."""
    looks = [one for one in queries.commands_of_lane(db, lane_id, now) if one.action == Action.LOOK.value]
    if not looks or looks[0].state != CommandState.REFUSED.value or now - looks[0].issued_at > PICTURE_FRESH:
        return None
    return looks[0].result_reason


@pages.post("/lanes/{lane_id}/open")
def open_lane(
    request: Request, lane_id: UUID, db: Db, actor: Opener,
    reason: Annotated[Printable, Form(max_length=400)] = "", nonce: Annotated[Printable, Form(max_length=100)] = "",
    looked_at: Annotated[Printable, Form(max_length=64)] = "",
    stay: Annotated[UUID | None, Form()] = None, visit: Annotated[UUID | None, Form()] = None,
    amount: Annotated[Printable, Form(max_length=20)] = "",
) -> Response:  # fmt: skip
    """A second press of the same button finds its nonce used, and opens nothing. `stay`: whose exit it is; `amount`:
    cash of a car that nobody saw come in. Both are of the exit that this opening makes, and of the car whose
    `visit` the dialog showed: one that has driven out meanwhile makes no exit any more."""
    fen = demand_amount(fen_of(amount)) if amount.strip() else None
    lane, now = service.lane_to_open(db, actor, lane_id), clock.now()
    if visit is not None and (fen is not None or stay is not None):
        demand_there(db, lane, visit, now)
    waits = waits_at(db, lane, now) if fen else None
    correlation = service.open_lane(db, actor, lane_id, reason, nonce, _instant(looked_at))
    if stay is not None:
        mean_exit(db, actor, correlation, stay, now)
    if fen is not None:
        take_at_exit(db, actor, lane, correlation, waits.plate if waits is not None else None, fen, reason, now)
    return _result(request, service.lane_to_open(db, actor, lane_id), correlation, "waiting", None)


@pages.get("/lanes/{lane_id}/opens/{correlation}")
def open_result(request: Request, lane_id: UUID, correlation: UUID, db: Db, actor: Opener) -> Response:
    lane = service.lane_to_open(db, actor, lane_id)
    given = queries.commands_of_lane(db, lane_id, clock.now())
    command = next((one for one in given if one.correlation == correlation), None)
    if command is None:
        raise NotFound("nodes.no_command")
    return _result(request, lane, correlation, command.state, command.result_reason)


def _result(request: Request, lane: LaneView, correlation: UUID, state: str, reason: str | None) -> Response:
    now, vehicles = clock.now(), bool(lane.vehicles)
    kind = AT_BARRIER if vehicles else None
    said = reason_said(words_of(request), reason or "other", {}, None, now, kind) if state == "refused" else None
    return fragment(
        request, "console/open_result.html", now=now, lane_id=lane.lane.lane_id, correlation=correlation, state=state,
        said=said, vehicles=vehicles,
    )  # fmt: skip


def _instant(text: str) -> datetime | None:
    """None for nothing; Invalid for what is no instant with its zone."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(fields={"looked_at": "problem.invalid.choice"}) from error
    if at.tzinfo is None:
        raise Invalid(fields={"looked_at": "problem.invalid.choice"})
    return at
