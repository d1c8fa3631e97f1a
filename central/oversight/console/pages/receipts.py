"""Receipts at the desk, and requests for e-invoices: what a guard prints for a driver, what finance has to make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.render import redirect
from central.gates.parking.dues.receipted import OF_STAYS, bought
from central.gates.parking.permissions import READ_STAYS
from central.gates.parking.stays.reads import stays_by_id
from central.money.payments.permissions import READ_PAYMENTS
from central.money.payments.queries import OrderView, order_of
from central.money.receipts.ask_invoice import ask_invoice, community_of_request, made, refuse
from central.money.receipts.invoicers import invoicer_of
from central.money.receipts.issue import issue, printed
from central.money.receipts.permissions import ISSUE_INVOICES
from central.money.receipts.queries import ReceiptView, receipted, receipts_of, request_of, requests_in
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.receipt_said import paper_said
from central.oversight.console.setup.place import place_of
from central.people.community.queries import community_of

pages = APIRouter(include_in_schema=False)
Cashier = Annotated[Actor, requires(READ_PAYMENTS)]
Finance = Annotated[Actor, requires(ISSUE_INVOICES)]
LOOKED_BACK = timedelta(days=30)


@pages.get("/parking/receipts/{order_id}")
def receipt(request: Request, order_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_STAYS)]) -> Response:
    """Of one payment for a stay: what was paid, and the receipt once one was asked for."""
    return _receipt(request, db, actor, _order(db, actor, order_id, READ_STAYS))


@pages.post("/parking/receipts/{order_id}")
def give(request: Request, order_id: UUID, db: Db, actor: Cashier) -> Response:
    order = _order(db, actor, order_id, READ_PAYMENTS)
    issue(db, actor, order_id, bought(db, order), clock.now())
    return redirect(request, f"/parking/receipts/{order_id}")


@pages.post("/parking/receipts/{order_id}/print")
def give_print(request: Request, order_id: UUID, db: Db, actor: Cashier, sent: Sent) -> Response:
    """One of them to print, or the first; written down, so that each later one says that it is a copy."""
    order = _order(db, actor, order_id, READ_PAYMENTS)
    _, paid = receipted(db, order_id)
    given = receipts_of(db, paid.payment_id)
    chosen = next((one for one in given if str(one.receipt_id) == text_of(sent, "receipt_id")), None) or next(
        iter(given), None
    )
    if chosen is None:
        return redirect(request, f"/parking/receipts/{order_id}")
    printing = printed(db, actor, paid.payment_id, chosen.receipt_id, clock.now())
    return _receipt(request, db, actor, order, papers=[printing])


@pages.post("/parking/receipts/{order_id}/invoice")
def want_invoice(request: Request, order_id: UUID, db: Db, actor: Cashier, sent: Sent) -> Response:
    order, form = _order(db, actor, order_id, READ_PAYMENTS), kept("invoice", sent)
    try:
        with db.begin_nested():
            ask_invoice(
                db, actor, order_id, text_of(sent, "title"), text_of(sent, "tax_number"), text_of(sent, "contact"),
                clock.now(),
            )  # fmt: skip
    except (Conflict, Invalid) as problem:
        return _receipt(request, db, actor, order, refused(words_of(request), form, problem, "title"))
    return redirect(request, f"/parking/receipts/{order_id}")


@pages.get("/parking/invoices")
def invoices(request: Request, db: Db, actor: Finance, community: UUID | None = None) -> Response:
    chosen = place_of(request, db, actor, ISSUE_INVOICES, community)
    return _invoices(request, db, actor, chosen.community_id if chosen is not None else None)


@pages.post("/parking/invoices/{request_id}/made")
def invoice_made(request: Request, request_id: UUID, db: Db, actor: Finance, sent: Sent) -> Response:
    number, link = text_of(sent, "number"), text_of(sent, "link", 1_000)
    return _deed(
        request, db, actor, request_id, kept(f"made-{request_id}", sent), "number",
        lambda: made(db, actor, request_id, number, link, clock.now()),
    )  # fmt: skip


@pages.post("/parking/invoices/{request_id}/refuse")
def invoice_refused(request: Request, request_id: UUID, db: Db, actor: Finance, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return _deed(
        request, db, actor, request_id, kept(f"refuse-{request_id}", sent), "reason",
        lambda: refuse(db, actor, request_id, reason, clock.now()),
    )  # fmt: skip


def _order(db: Session, actor: Actor, order_id: UUID, right: str) -> OrderView:
    order = order_of(db, order_id)
    actor.demand(right, order.community_id)
    if order.subject_kind not in OF_STAYS:
        raise NotFound("payments.no_order")
    return order


def _receipt(
    request: Request, db: Session, actor: Actor, order: OrderView, form: Filled | None = None, *,
    papers: list[tuple[ReceiptView, int]] | None = None,
) -> Response:  # fmt: skip
    t, place = words_of(request), community_of(db, order.community_id)
    _, paid = receipted(db, order.order_id)
    given = papers if papers is not None else [(one, None) for one in receipts_of(db, paid.payment_id)]
    return page(
        request, "console/receipt.html", status_code=form.status if form is not None else 200, now=clock.now(),
        places=[place], order=order, paid=paid, stay=next(iter(stays_by_id(db, [order.subject_id])), None),
        community=place, own=sum(one.fen for one in order.parts if one.subject_id == order.subject_id),
        papers=[paper_said(t, one, one.plate, nth) for one, nth in given], printing=papers is not None,
        may=actor.may(READ_PAYMENTS, order.community_id), invoice=request_of(db, paid.payment_id),
        provider=invoicer_of(db), form=form or Filled("invoice"),
    )  # fmt: skip


def _deed(
    request: Request, db: Session, actor: Actor, request_id: UUID, form: Filled, beside: str,
    deed: Callable[[], UUID],
) -> Response:  # fmt: skip
    place = community_of_request(db, request_id)
    actor.demand(ISSUE_INVOICES, place)
    try:
        with db.begin_nested():
            deed()
    except (Conflict, Invalid) as problem:
        return _invoices(request, db, actor, place, refused(words_of(request), form, problem, beside))
    return redirect(request, f"/parking/invoices?community={place}")


def _invoices(
    request: Request, db: Session, actor: Actor, community_id: UUID | None, form: Filled | None = None
) -> Response:
    now, chosen = clock.now(), community_of(db, community_id) if community_id is not None else None
    waiting, answered = requests_in(db, actor, community_id, now - LOOKED_BACK) if community_id else ([], [])
    return page(
        request, "console/invoices.html", status_code=form.status if form is not None else 200, now=now,
        places=[chosen] if chosen is not None else [], others=communities_for(db, actor, ISSUE_INVOICES),
        community=chosen, waiting=waiting, answered=answered, provider=invoicer_of(db),
        mine=lambda key: form if form is not None and form.key == key else Filled(key),
    )  # fmt: skip
