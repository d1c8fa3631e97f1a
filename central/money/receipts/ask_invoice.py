"""Ask for an e-invoice 开票申请, and how a request ends: finance makes it by hand, or its provider does.

A receipt is no tax invoice. What is asked for is frozen: one amount, one buyer, one request of a payment at a time.

handed over    written down in a turn before its provider is asked: what it may have heard nobody makes by hand, since
               two tax invoices would be in the world
left to finance  what was never handed over, or of which the provider itself says that it has none; and nine days after
               the company has no such provider any more, when nobody is left to say it
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import tenant_of
from central.money.payments.open_order import lock_subject
from central.money.payments.queries import id_of, payments_by_id
from central.money.payments.rules import pause
from central.money.receipts.invoicers import End, Invoicer, InvoicerAway, Looked, Wanted, Word, invoicer_of
from central.money.receipts.permissions import ISSUE_INVOICES
from central.money.receipts.queries import RequestView, about_buyer, invoiced, receipted, request_of
from central.money.receipts.rules import (
    BUYER_KEPT,
    LINK_MAX,
    NUMBER_MAX,
    REASON_MAX,
    RequestState,
    buyer_of,
    made_of,
    read_buyer,
    stored,
)
from central.money.receipts.tables import InvoiceRequestRow
from models.values.ids import new_id

INVOICE = "invoice_request"
AT_ONCE = 20
TRIES_MAX = 40
"""Some nine days of asking a provider. One that says by then that it has none is asked for none any more."""


def ask_invoice(
    db: Session, by: Actor, order_id: UUID, title: str, tax_number: str, contact: str, now: datetime
) -> RequestView:
    """Asks nobody's right: who holds the payment's own page may ask for its invoice. Raises NotFound where nothing was
    paid, Conflict where one stands already or all of it went back, Invalid for what is no buyer."""
    order, paid = receipted(db, order_id)
    buyer = buyer_of(title, tax_number, contact)
    lock_subject(db, INVOICE, paid.payment_id)
    standing = request_of(db, paid.payment_id)
    if standing is not None and standing.state is not RequestState.REFUSED:
        raise Conflict("receipts.asked_already")
    amount = invoiced(db, paid)
    if amount <= 0:
        raise Conflict("receipts.all_went_back")
    request_id, provider = new_id(), invoicer_of(db)
    db.add(InvoiceRequestRow(
        id=request_id, community_id=order.community_id, payment_id=paid.payment_id, amount_fen=amount,
        state=RequestState.ASKED.value, asked_at=now, by_name=by.name if by.kind is ActorKind.ACCOUNT else None,
        buyer_sealed=seal(db, json.dumps(stored(buyer)).encode(), about_buyer(request_id)),
        provider=provider.name if provider is not None else "", ask_at=now if provider is not None else None,
    ))  # fmt: skip
    db.flush()
    record(
        db, by, "invoice.ask", "payment", paid.payment_id, community_id=order.community_id,
        after={"amount_fen": amount, "with_tax_number": bool(buyer.tax_number)},
    )  # fmt: skip
    found = request_of(db, paid.payment_id)
    assert found is not None
    return found


def made(db: Session, actor: Actor, request_id: UUID, number: str, link: str, now: datetime) -> UUID:
    """Finance made the invoice elsewhere, and says under which number. Says of which community it was."""
    row = _demanded(db, actor, request_id)
    number, link = made_of(number, link)
    _demand_asked(row)
    if row.accepted:
        raise Conflict("receipts.at_provider")
    if not _fits(db, row):
        raise Conflict("receipts.went_back_since")
    _close(row, RequestState.ISSUED, now, actor.name, number=number, link=link)
    record(
        db, actor, "invoice.issue", "payment", row.payment_id, community_id=row.community_id,
        after={"number": number, "amount_fen": row.amount_fen},
    )  # fmt: skip
    return row.community_id


def refuse(db: Session, actor: Actor, request_id: UUID, reason: str, now: datetime) -> UUID:
    """It cannot be made so: `reason` is shown to whoever asked, who may ask anew. Says of which community it was."""
    row = _demanded(db, actor, request_id)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "receipts.reason_needed"}, most=REASON_MAX)
    _demand_asked(row)
    if row.accepted:
        raise Conflict("receipts.at_provider")
    _close(row, RequestState.REFUSED, now, actor.name, reason=reason)
    record(
        db, actor, "invoice.refuse", "payment", row.payment_id, community_id=row.community_id, reason=reason
    )  # fmt: skip
    return row.community_id


def take_word(db: Session, provider: str, word: Word, now: datetime) -> bool:
    """A provider's word, whose signature was found right. False where it fits no request that waits for it; the same
    word again changes nothing."""
    request_id = id_of(word.number)
    row = _row(db, request_id) if request_id is not None else None
    if row is None or row.provider != provider or (word.end is End.ISSUED and word.amount_fen != row.amount_fen):
        return False
    if row.state != RequestState.ASKED.value:
        return row.state == word.end.value and row.number == word.invoice_number[:NUMBER_MAX]
    state = RequestState(word.end.value)
    _close(
        row, state, now, "", number=word.invoice_number[:NUMBER_MAX], link=word.link[:LINK_MAX],
        reason=word.why[:REASON_MAX],
    )  # fmt: skip
    by = system(tenant_of(db), f"receipts.{provider}")
    what = "invoice.issue" if state is RequestState.ISSUED else "invoice.refuse"
    record(
        db, by, what, "payment", row.payment_id, community_id=row.community_id, reason=row.reason or None,
        after={"number": row.number, "amount_fen": row.amount_fen},
    )  # fmt: skip
    return True


def ask_provider(db: Session, now: datetime) -> None:
    """One turn: requests are noted as handed over; those noted before are asked about, and asked for where their
    provider has none. What no longer fits its payment is left to finance once it is known that nobody makes it."""
    provider = invoicer_of(db)
    query = select(InvoiceRequestRow).where(InvoiceRequestRow.ask_at <= now).order_by(InvoiceRequestRow.ask_at)
    for row in db.scalars(query.limit(AT_ONCE).with_for_update(skip_locked=True)).all():
        theirs = provider is not None and provider.name == row.provider
        if not row.accepted and theirs and _fits(db, row):
            row.accepted, row.ask_at, row.tries = True, now, 0
            continue
        if not row.accepted or (not theirs and row.tries >= TRIES_MAX):
            _to_finance(row)
            continue
        row.tries += 1
        row.ask_at = now + pause(row.tries - 1)
        if provider is not None and theirs:
            with suppress(InvoicerAway):
                _turn(db, provider, row, now)
    db.flush()


def _turn(db: Session, provider: Invoicer, row: InvoiceRequestRow, now: datetime) -> None:
    found = provider.look(row.id.hex, now)
    if isinstance(found, Word):
        take_word(db, provider.name, found, now)
    elif found is Looked.UNKNOWN and (row.tries > TRIES_MAX or not _fits(db, row)):
        _to_finance(row)
    elif found is Looked.UNKNOWN:
        assert row.buyer_sealed is not None
        buyer = read_buyer(json.loads(unseal(db, row.buyer_sealed, about_buyer(row.id))))
        provider.ask(Wanted(row.id.hex, row.amount_fen, buyer, now))
        if row.tries == 1:
            row.ask_at = now


def _to_finance(row: InvoiceRequestRow) -> None:
    row.ask_at, row.accepted, row.provider = None, False, ""


def forget_buyers(db: Session, now: datetime) -> None:
    """Who asked is kept for a while after the answer; then the invoice itself is the record."""
    query = select(InvoiceRequestRow).where(
        InvoiceRequestRow.buyer_sealed.is_not(None), InvoiceRequestRow.closed_at < now - BUYER_KEPT
    )
    for row in db.scalars(query.limit(1_000)):
        row.buyer_sealed = None
    db.flush()


def _row(db: Session, request_id: UUID) -> InvoiceRequestRow | None:
    query = select(InvoiceRequestRow).where(InvoiceRequestRow.id == request_id).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))


def _demanded(db: Session, actor: Actor, request_id: UUID) -> InvoiceRequestRow:
    row = _row(db, request_id)
    if row is None:
        raise NotFound("receipts.no_request")
    actor.demand(ISSUE_INVOICES, row.community_id)
    return row


def community_of_request(db: Session, request_id: UUID) -> UUID:
    """Raises NotFound."""
    row = db.get(InvoiceRequestRow, request_id)
    if row is None:
        raise NotFound("receipts.no_request")
    return row.community_id


def _demand_asked(row: InvoiceRequestRow) -> None:
    if row.state != RequestState.ASKED.value:
        raise Conflict("receipts.answered")


def _fits(db: Session, row: InvoiceRequestRow) -> bool:
    return invoiced(db, payments_by_id(db, [row.payment_id])[row.payment_id]) == row.amount_fen


def _close(
    row: InvoiceRequestRow, state: RequestState, now: datetime, by_name: str, *, number: str = "", link: str = "",
    reason: str = "",
) -> None:  # fmt: skip
    row.state, row.closed_at, row.closed_by, row.ask_at = state.value, now, by_name, None
    row.number, row.link, row.reason, row.accepted = number, link, reason, False
