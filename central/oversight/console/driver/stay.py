"""One stay on a driver's phone: what it costs line by line, ways to pay, what became of the payment.

Whoever holds the ticket may pay, for somebody else's car too. What is asked is said with the press: a fee that has
grown since is shown again, and a press that is repeated finds the order that the first has made (PARK-12).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.errors import Conflict, Gone, NotFound, Problem
from central.base.kernel.session import tenant_of
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import redirect, render
from central.gates.parking.driver import stay as driver_stay
from central.gates.parking.driver.signs import token_of
from central.gates.parking.driver.stay import DriverStay, shown, to_finder
from central.gates.parking.driver.tickets import BY_TICKET, Ticket, new_phone, of_order, read_ticket, written
from central.gates.parking.dues.pay_stay import SUBJECT, ask_to_pay
from central.gates.parking.stays.exit_meant import lane_of_sign, note_asked
from central.gates.parking.stays.reads import stays_by_id
from central.gates.parking.storms.storm import running
from central.gates.parking.tariffs.words import line_said
from central.gates.visits.at_lane import car_at
from central.money.payments.channels import channels_of
from central.money.payments.queries import OrderView, open_order_of, order_of
from central.money.payments.rules import OrderState
from central.oversight.console.driver.alone import ALONE, InLanguage, driver_page, found, over, unchanged
from central.oversight.console.driver.limits import UnderWay, limits_of
from central.oversight.console.frame import words_of
from central.people.community.queries import community_of
from models.values.plate import Plate
from models.values.text import Printable
from models.wire.plates import masked

pages = APIRouter(include_in_schema=False)

WATCHED = timedelta(hours=1)
"""For so long after its order, once that is paid, a payer sees whether the car may leave; then the receipt alone."""
IN_WECHAT = "micromessenger"
CHANNELS = ("wechat", "alipay", "test")
"""In the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class Shown:
    """`order`: of this ticket, `standing`: the one that is asked just now, perhaps from another phone. `stay` is None
    once the time to look is over, or the payer's to watch."""

    ticket: Ticket
    order: OrderView | None
    standing: OrderView | None
    stay: DriverStay | None
    now: datetime
    unread: bool = False
    """The lane of its sign has a car whose plate was not read: no payment raises the arm for that."""

    @property
    def step(self) -> str:
        """waiting: not heard of yet. late: its time is over and nothing was heard. void: another took its place."""
        if self.order is None:
            return "stay"
        if self.order.state is OrderState.OPEN:
            return "waiting" if self.order.expires_at > self.now else "late"
        return {OrderState.PAID: "paid", OrderState.EXPIRED: "late"}.get(self.order.state, "void")

    @property
    def mark(self) -> str:
        """Differs when the page must say something else."""
        stay = self.stay
        told = (stay.says.value, stay.owed.asked_fen, len(stay.owed.frozen)) if stay is not None else ()
        other = self.standing.order_id.hex[-6:] if self.standing is not None else ""
        return "-".join(map(str, (self.step, *told, other, *(["unread"] if self.unread else []))))

    @property
    def own(self) -> bool:
        """Whether no other phone asked for its order, or its payer was proved: else it may be another's payment."""
        if self.order is None:
            return False
        return self.order.pressed == (self.ticket.phone,) or self.ticket.proved

    @property
    def typed(self) -> bool:
        """Whether who looks said the plate themselves: the address of a shared order may be in other hands."""
        return self.ticket.typed and (self.order is None or self.own)

    @property
    def pays(self) -> bool:
        """Whether ways to pay are offered: not while a payment of this very phone may still be heard of."""
        return self.stay is not None and self.stay.owed.asked_fen > 0 and self.step != "waiting"


@pages.get("/stay/{ticket}", dependencies=[public(BY_TICKET)])
def stay(ticket: Printable, request: Request, db: OpenDb, _: InLanguage, go: bool = False) -> Response:
    """`go`: the order was made this moment, and the page leads on to its channel."""
    try:
        return _page(request, db, ticket, looked_up(request, db, ticket), go=go)
    except Gone as problem:
        return over(request, problem)


@pages.get("/stay/{ticket}/now", dependencies=[public(BY_TICKET)])
def stay_now(
    ticket: Printable, request: Request, db: OpenDb, seen: Annotated[Printable, Query(max_length=120)] = ""
) -> Response:
    """What is so now, in place of what stood there; nothing where it is the same still."""
    it = looked_up(request, db, ticket)
    if it.mark == seen:
        return unchanged()
    return render(request, "console/driver_now.html", headers=ALONE, **_said(request, db, ticket, it))


@pages.post("/stay/{ticket}/pay", dependencies=[public(BY_TICKET)])
def pay(
    ticket: Printable, request: Request, db: OpenDb, channel: Annotated[Printable, Form(max_length=20)],
    amount_fen: Annotated[int, Form(ge=0, le=100_000_000)],
) -> Response:  # fmt: skip
    try:
        it = looked_up(request, db, ticket)
    except Gone as problem:
        return over(request, problem)
    source = context_of(request).source_address
    try:
        with limits_of(request).presses.place(source, tenant_of(db), it.ticket.stay_id, it.now), db.begin_nested():
            return redirect(request, f"{_ordered(request, db, it, channel, amount_fen)}?go=1")
    except UnderWay:
        return redirect(request, f"/stay/{ticket}")
    except Problem as problem:
        return _page(request, db, ticket, looked_up(request, db, ticket), problem)


@pages.post("/stay/{ticket}/not-mine", dependencies=[public(BY_TICKET)])
def not_mine(
    ticket: Printable, request: Request, db: OpenDb, debt: Annotated[UUID, Form()],
    sure: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Asked once, with what follows; then the debt is frozen until a person has looked (PARK-15). For who knows the
    whole plate and may look at the stay still: by a lane's masked car one may pay, and deny nothing."""
    try:
        it = looked_up(request, db, ticket)
        if it.stay is None:
            raise Gone("driver.over")
    except Gone as problem:
        return over(request, problem)
    try:
        if not it.typed:
            raise Conflict("driver.type_to_deny")
        asked = None if sure else next((one for one in it.stay.owed.before if one.stay_id == debt), None)
        if asked is not None and not asked.stands:
            return _ask_if_sure(request, db, ticket, it, debt)
        with db.begin_nested():
            driver_stay.not_mine(db, it.ticket.stay_id, debt, it.now)
    except Problem as problem:
        return _page(request, db, ticket, it, problem)
    return redirect(request, f"/stay/{ticket}")


def looked_up(request: Request, db: Session, ticket: str) -> Shown:
    """Raises Gone; its NoSuchLink counts against whoever tries."""
    now = clock.now()
    read = found(request, partial(read_ticket, db, ticket, now))
    order = order_of(db, read.order_id) if read.order_id is not None else None
    paid = order is not None and order.state is OrderState.PAID
    watched = read.look_until > now or (paid and order is not None and order.opened_at + WATCHED > now)
    try:
        seen = shown(db, read.stay_id, now) if watched else None
    except NotFound as error:
        raise Gone("driver.over") from error
    if seen is not None and not paid and read.sign_id is not None:
        seen = to_finder(seen)
    standing = open_order_of(db, SUBJECT, read.stay_id, now) if watched else None
    mine = standing is not None and standing.order_id == read.order_id
    lane_id = lane_of_sign(db, read.sign_id) if paid else None
    car = car_at(db, lane_id, now) if lane_id is not None else None
    unread = car is not None and not car.plate and not car.released
    return Shown(read, order, None if mine else standing, seen, now, unread)


def _ordered(request: Request, db: Session, it: Shown, channel: str, amount_fen: int) -> str:
    """The address of the order's page, whichever press made the order. By the company's channels alone: cash is taken
    at the desk. One order stands for a stay: what somebody else opened this moment is not taken from under them."""
    if channel not in channels_of(db):
        raise Conflict("payments.no_channel")
    if it.stay is None or not it.stay.owed.asked_fen:
        raise Conflict("parking.nothing_due")
    if it.stay.owed.asked_fen != amount_fen:
        raise Conflict("driver.fee_grew")
    base, source = str(request.base_url).rstrip("/"), context_of(request).source_address or ""
    presses = limits_of(request).presses
    other = it.standing if it.standing is not None and it.standing.channel != channel else None
    if other is not None and presses.holds(other.order_id, other.opened_at, source, it.now):
        raise Conflict("driver.other_pays")

    shared = it.order is not None and it.order.pressed != (it.ticket.phone,)
    phone = new_phone() if shared else it.ticket.phone  # others may hold the address of that order

    def back(order_id: UUID) -> str:
        return f"/stay/{written(db, of_order(replace(it.ticket, typed=it.typed), order_id, phone))}"

    order = ask_to_pay(
        db, it.ticket.stay_id, channel, base=base, back=back, payer_address=source, now=it.now, phone=phone
    )  # fmt: skip
    presses.opened(order.order_id, source, it.now)
    note_asked(db, it.ticket.sign_id, order.order_id, it.ticket.stay_id, it.now)
    return back(order.order_id)


def _ask_if_sure(request: Request, db: Session, ticket: str, it: Shown, debt_id: UUID) -> Response:
    said = _said(request, db, ticket, it)
    debt, left_at, here = next(one for one in said["debts"] if one[0].stay_id == debt_id)
    return driver_page(request, "console/driver_sure.html", debt=debt, left_at=left_at, here=here, **said)


def _page(
    request: Request, db: Session, ticket: str, it: Shown, problem: Problem | None = None, *, go: bool = False
) -> Response:
    said = words_of(request)(problem.key, **problem.params) if problem is not None else ""
    return driver_page(
        request, "console/driver_stay.html", status_code=problem.status if problem is not None else 200, problem=said,
        go=go and it.step == "waiting", **_said(request, db, ticket, it),
    )  # fmt: skip


def _said(request: Request, db: Session, ticket: str, it: Shown) -> dict[str, Any]:
    t, owed = words_of(request), it.stay.owed if it.stay is not None else None
    entered = owed.stay.entered_at if owed is not None else None
    plate = owed.stay.plate.text if owed is not None and owed.stay.plate is not None else ""
    place = owed.stay.community_id if owed is not None else it.order.community_id if it.order is not None else None
    bill = owed.bill if owed is not None else None
    offered = channels_of(db)
    sign = token_of(db, it.ticket.sign_id)
    return {
        "ticket": ticket, "it": it, "owed": owed, "bill": bill, "plate": plate_said(plate, typed=it.typed),
        "community": community_of(db, place) if place is not None else None,
        "lines": [line_said(t, one, entered, bill.version.tariff) for one in bill.bill.lines]
        if bill is not None and entered else [],
        "channels": [one for one in CHANNELS if one in offered], "sign": f"/park/{sign}" if sign else "",
        "in_wechat": IN_WECHAT in request.headers.get("user-agent", "").lower(),
        "debts": _debts(db, it),
        "storm": owed is not None and owed.stay.inside and running(db, owed.stay.community_id, clock.now()) is not None,
    }  # fmt: skip


def _debts(db: Session, it: Shown) -> list[tuple[Any, datetime | None, bool]]:
    """(debt, when its car left, whether it was in this very lot); where else is nobody's business here."""
    if it.stay is None:
        return []
    owed = it.stay.owed
    debts = (*owed.before, *owed.frozen)
    left = {one.stay_id: one.left_at for one in stays_by_id(db, [one.stay_id for one in debts])}
    return [(one, left.get(one.stay_id), one.account.community_id == owed.stay.community_id) for one in debts]


def plate_said(text: str, *, typed: bool) -> str:
    """As painted for who typed it; masked for who only stood at the lane."""
    if not text:
        return ""
    return str(Plate(text=text)) if typed else masked(text)
