"""The receipt of a payment on a driver's phone, and the request for an e-invoice: by the payment's own address, for as
long as it is good. Where another phone has pressed for the same order it is not known whose payment it is: either sees
that it is paid, the plate masked. The receipt and the invoice are for who names the channel's number of the payment, or
the desk's to give."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.company import company_name
from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.actor import Actor, system
from central.base.kernel.errors import Conflict, Gone, Invalid, NotFound, Problem, TooMany
from central.base.kernel.session import tenant_of
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import redirect
from central.gates.parking.driver.stay import BY_DRIVER
from central.gates.parking.driver.tickets import BY_TICKET, written
from central.gates.parking.dues.receipted import bought, paid_before
from central.gates.parking.stays.reads import stays_by_id
from central.gates.parking.stays.settle import bill_at
from central.gates.parking.tariffs.words import line_said
from central.money.payments.queries import OrderView, PaymentView
from central.money.payments.rules import CASH, OrderState
from central.money.receipts.ask_invoice import ask_invoice
from central.money.receipts.invoicers import invoicer_of
from central.money.receipts.issue import issue, printed
from central.money.receipts.queries import ReceiptView, receipted, receipts_of, request_of
from central.oversight.console.driver.alone import InLanguage, driver_page, over
from central.oversight.console.driver.limits import limits_of
from central.oversight.console.driver.stay import Shown, looked_up, plate_said
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import words_of
from central.oversight.console.receipt_said import paper_said
from central.people.community.queries import community_of
from models.values.plate import normalised
from models.values.text import Printable
from models.wire.plates import masked

pages = APIRouter(include_in_schema=False)


@pages.get("/stay/{ticket}/receipt", dependencies=[public(BY_TICKET)])
def receipt(ticket: Printable, request: Request, db: OpenDb, _: InLanguage) -> Response:
    """Of one payment, for whoever made it."""
    try:
        it, order = _paid(request, db, ticket)
    except Gone as problem:
        return over(request, problem)
    return _page(request, db, ticket, it, order) if order is not None else redirect(request, f"/stay/{ticket}")


@pages.post("/stay/{ticket}/receipt", dependencies=[public(BY_TICKET)])
def give(ticket: Printable, request: Request, db: OpenDb) -> Response:
    """At once, under a number of its own; the same one when it is asked for again."""
    found = _payers(request, db, ticket)
    if isinstance(found, Response):
        return found
    _, order = found
    issue(db, _driver(db), order.order_id, bought(db, order), clock.now())
    return redirect(request, f"/stay/{ticket}/receipt")


@pages.post("/stay/{ticket}/receipt/print", dependencies=[public(BY_TICKET)])
def give_print(
    ticket: Printable, request: Request, db: OpenDb, receipt_id: Annotated[UUID | None, Form()] = None
) -> Response:
    """A page to print, written down as printed: the first is the original, each later one says that it is a copy."""
    found = _payers(request, db, ticket)
    if isinstance(found, Response):
        return found
    it, order = found
    if receipt_id is None:
        return redirect(request, f"/stay/{ticket}/receipt")
    _, paid = receipted(db, order.order_id)
    try:
        one, nth = printed(db, _driver(db), paid.payment_id, receipt_id, clock.now())
    except NotFound:
        return redirect(request, f"/stay/{ticket}/receipt")
    return _page(request, db, ticket, it, order, papers=[(one, nth)])


@pages.post("/stay/{ticket}/invoice", dependencies=[public(BY_TICKET)])
def invoice(ticket: Printable, request: Request, db: OpenDb, sent: Sent) -> Response:
    found = _payers(request, db, ticket)
    if isinstance(found, Response):
        return found
    it, order = found
    form = kept("invoice", sent)
    try:
        with db.begin_nested():
            ask_invoice(
                db, _driver(db), order.order_id, text_of(sent, "title"), text_of(sent, "tax_number"),
                text_of(sent, "contact"), clock.now(),
            )  # fmt: skip
    except (Conflict, Invalid) as problem:
        return _page(request, db, ticket, it, order, refused(words_of(request), form, problem, "title"))
    return redirect(request, f"/stay/{ticket}/receipt")


@pages.post("/stay/{ticket}/receipt/prove", dependencies=[public(BY_TICKET)])
def prove(ticket: Printable, request: Request, db: OpenDb, sent: Sent) -> Response:
    """Who paid has the channel's own number of the payment in their wallet, and nobody else was told it."""
    try:
        it, order = _paid(request, db, ticket)
    except Gone as problem:
        return over(request, problem)
    if order is None or it.own:
        return redirect(request, f"/stay/{ticket}/receipt")
    _, paid = receipted(db, order.order_id)
    named = text_of(sent, "number").replace(" ", "")
    try:
        limits_of(request).proofs.count(context_of(request).source_address, order.order_id, it.now)
    except TooMany as problem:
        return _paid_only(request, db, ticket, it, order, paid, problem)
    if paid.channel == CASH or not hmac.compare_digest(named.encode(), paid.number.encode()):
        return _paid_only(request, db, ticket, it, order, paid, Invalid("driver.not_that_number"))
    return redirect(request, f"/stay/{written(db, replace(it.ticket, proved=True))}/receipt")


def _paid(request: Request, db: Session, ticket: str) -> tuple[Shown, OrderView | None]:
    """None while nothing is paid. Raises Gone."""
    it = looked_up(request, db, ticket)
    return it, it.order if it.order is not None and it.order.state is OrderState.PAID else None


def _payers(request: Request, db: Session, ticket: str) -> tuple[Shown, OrderView] | Response:
    """For whoever made the payment; else where whoever asks is sent."""
    try:
        it, order = _paid(request, db, ticket)
    except Gone as problem:
        return over(request, problem)
    if order is None:
        return redirect(request, f"/stay/{ticket}")
    return (it, order) if it.own else redirect(request, f"/stay/{ticket}/receipt")


def _driver(db: Session) -> Actor:
    return system(tenant_of(db), BY_DRIVER)


def _page(
    request: Request, db: Session, ticket: str, it: Shown, order: OrderView, form: Filled | None = None, *,
    papers: list[tuple[ReceiptView, int]] | None = None,
) -> Response:  # fmt: skip
    t = words_of(request)
    _, paid = receipted(db, order.order_id)
    if not it.own:
        return _paid_only(request, db, ticket, it, order, paid)
    view = next(iter(stays_by_id(db, [it.ticket.stay_id])), None)
    bill = bill_at(db, view, paid.paid_at) if view is not None else None
    given = papers if papers is not None else [(one, None) for one in receipts_of(db, paid.payment_id)]
    return driver_page(
        request, "console/driver_receipt.html", status_code=form.status if form is not None else 200, ticket=ticket,
        order=order, paid=paid, stay=view, printing=papers is not None,
        papers=[paper_said(t, one, plate_said(normalised(one.plate), typed=it.typed), nth) for one, nth in given],
        plate=plate_said(view.plate.text if view is not None and view.plate is not None else "", typed=it.typed),
        community=community_of(db, order.community_id), company=company_name(db),
        lines=[line_said(t, one, view.entered_at, bill.version.tariff) for one in bill.bill.lines]
        if bill is not None and view is not None and view.entered_at is not None else [],
        own=sum(one.fen for one in order.parts if one.subject_id == it.ticket.stay_id), bill=bill,
        before=paid_before(order, bill) if bill is not None else 0,
        invoice=request_of(db, paid.payment_id),
        provider=invoicer_of(db), form=form or Filled("invoice"),
    )  # fmt: skip


def _paid_only(
    request: Request, db: Session, ticket: str, it: Shown, order: OrderView, paid: PaymentView,
    problem: Problem | None = None,
) -> Response:  # fmt: skip
    """That it is paid and how much: nothing by which a payment is claimed, no more of the car than the lane shows."""
    view = next(iter(stays_by_id(db, [it.ticket.stay_id])), None)
    return driver_page(
        request, "console/driver_paid.html", status_code=problem.status if problem is not None else 200, ticket=ticket,
        order=order, paid=paid, wrong=words_of(request)(problem.key, **problem.params) if problem is not None else "",
        plate=masked(view.plate.text) if view is not None and view.plate is not None else "",
        community=community_of(db, order.community_id), company=company_name(db),
    )  # fmt: skip
