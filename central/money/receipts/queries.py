"""Reads of receipts and requests: what was given for a payment, what went back of it, what waits for finance."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.kernel.secrets import unseal
from central.money.ledger import queries as ledger
from central.money.ledger.queries import Moved
from central.money.ledger.rules import AccountKind, Code
from central.money.payments.queries import OrderView, PaymentView, order_of, payment_view, payments_by_id
from central.money.payments.rules import CASH, COUNTS
from central.money.payments.tables import PaymentOrderRow, PaymentRow, RefundRow
from central.money.payments.take_payment import posting_key
from central.money.receipts.permissions import ISSUE_INVOICES
from central.money.receipts.rules import Buyer, Came, RequestState, Taken, Went, number_said, read_buyer, taken_from
from central.money.receipts.tables import InvoiceRequestRow, ReceiptPrintRow, ReceiptRow

LIST_MAX = 200
CAME = (AccountKind.CASH, AccountKind.CLEARING)


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """`amount_fen`: below zero on a counter-receipt, whose `counters` is the number of the first. `prints`: how often
    it was printed. `plate`: as painted; who shows it masks it for whoever is not to see it."""

    receipt_id: UUID
    community_id: UUID
    payment_id: UUID
    number: str
    amount_fen: int
    counters: str
    issued_at: datetime
    by_name: str | None
    said: Mapping[str, Any]
    plate: str
    prints: int


@dataclass(frozen=True, slots=True)
class RequestView:
    """`buyer`: None once it is forgotten. `back_fen`: what of the payment has gone back by now; above what was so when
    it was asked, `amount_fen` is not what an invoice should say."""

    request_id: UUID
    community_id: UUID
    payment_id: UUID
    order_id: UUID
    amount_fen: int
    state: RequestState
    asked_at: datetime
    by_name: str | None
    buyer: Buyer | None
    provider: str
    number: str
    link: str
    reason: str
    closed_at: datetime | None
    closed_by: str | None
    fits: bool


def receipted(db: Session, order_id: UUID) -> tuple[OrderView, PaymentView]:
    """An order and the payment that counts for it. Raises NotFound where none does."""
    order = order_of(db, order_id)
    query = select(PaymentRow).where(
        PaymentRow.order_id == order_id, PaymentRow.verdict.in_([one.value for one in COUNTS])
    )
    row = db.scalar(query.order_by(PaymentRow.received_at).limit(1))
    if row is None:
        raise NotFound("payments.no_order")
    return order, payment_view(row, order.subject_id)


def receipts_of(db: Session, payment_id: UUID) -> list[ReceiptView]:
    """The receipt of a payment and behind it those that take back from it; none before one was asked for."""
    rows = db.scalars(
        select(ReceiptRow).where(ReceiptRow.payment_id == payment_id).order_by(ReceiptRow.year, ReceiptRow.number)
    ).all()
    counted = dict(
        db.execute(
            select(ReceiptPrintRow.receipt_id, func.count())
            .where(ReceiptPrintRow.receipt_id.in_([row.id for row in rows]))
            .group_by(ReceiptPrintRow.receipt_id)
        ).all()
    )
    names = {row.id: number_said(row.year, row.number) for row in rows}
    return [
        ReceiptView(
            row.id, row.community_id, row.payment_id, names[row.id], row.amount_fen,
            names[row.counters] if row.counters is not None else "", row.issued_at, row.by_name, row.said,
            open_plate(db, row), counted.get(row.id, 0),
        )
        for row in rows
    ]  # fmt: skip


def open_plate(db: Session, row: ReceiptRow) -> str:
    return "" if row.plate_sealed is None else unseal(db, row.plate_sealed, about_plate(row.id)).decode()


def about_plate(receipt_id: UUID) -> str:
    return f"receipt_plate:{receipt_id}"


def about_buyer(request_id: UUID) -> str:
    return f"invoice_buyer:{request_id}"


def taken_back(db: Session, subject_ids: Collection[UUID]) -> list[Taken]:
    """What refunds about these subjects took from which payments. Money that a person has counted for another subject
    since is that one's to go back: it is followed there."""
    moved = _with_moved_on(db, subject_ids)
    keys = ledger.keys_of(db, [one.posting_id for of in moved.values() for one in of])
    payments = _payments(db, keys)
    counted: dict[UUID, dict[UUID, datetime]] = {}
    for subject, of in moved.items():
        for one in of:
            if _moves_on(one) and one.entry.fen > 0:
                counted.setdefault(one.posting_id, {})[subject] = one.posted_at
    came: dict[UUID, list[Came]] = {
        subject: [
            Came(payment.id, payment.channel, one.entry.fen, one.posted_at) for one in of
            if one.code is Code.PAYMENT and one.entry.account.kind in CAME
            and (payment := payments.get(keys[one.posting_id])) is not None
        ] for subject, of in moved.items()
    }  # fmt: skip
    channels = {one.payment_id: one.channel for of in came.values() for one in of}
    found = []
    for subject in sorted(moved, key=lambda one: not any(_gives(line) for line in moved[one])):
        for took in taken_from(came[subject], _went(db, moved[subject], keys)):
            if took.posting_id not in counted:
                found.append(took)
            for to, at in counted.get(took.posting_id, {}).items():
                came[to].append(Came(took.payment_id, channels[took.payment_id], took.fen, at))
    return found


def _with_moved_on(db: Session, subject_ids: Collection[UUID]) -> dict[UUID, list[Moved]]:
    """All that moved about these, and about those with which money of theirs was counted."""
    found, ask = dict[UUID, list[Moved]](), set(subject_ids)
    while ask:
        found |= {one: [] for one in ask} | ledger.about(db, list(ask))
        postings = {one.posting_id for of in found.values() for one in of if _moves_on(one)}
        ask = ledger.subjects_of(db, postings) - found.keys()
    return found


def _moves_on(one: Moved) -> bool:
    """A person said that money which came for one subject was for another (unclaimed_cash.py)."""
    return one.code is Code.CORRECTION and one.entry.account.kind in CAME


def _gives(one: Moved) -> bool:
    return _moves_on(one) and one.entry.fen < 0


def back_of(db: Session, order: OrderView, payment_id: UUID) -> list[Taken]:
    """What went back of one payment, about whichever of the subjects that it paid for."""
    subjects = {one.subject_id for one in order.parts}
    return [one for one in taken_back(db, subjects) if one.payment_id == payment_id]


def _went(db: Session, of: Collection[Moved], keys: Mapping[UUID, str]) -> list[Went]:
    ways = {f"refund:{row_id}": payment_id for row_id, payment_id in db.execute(
        select(RefundRow.id, RefundRow.payment_id).where(
            RefundRow.subject_id.in_([one.entry.subject_id for one in of if one.code is Code.REFUND])
        )
    )}  # fmt: skip
    found = []
    for one in of:
        back = one.code is Code.REFUND and one.entry.account.kind in CAME and one.entry.fen < 0
        if back or _gives(one):
            account = one.entry.account
            channel = CASH if account.kind is AccountKind.CASH else account.ref
            named = ways.get(keys[one.posting_id])
            found.append(Went(one.posting_id, channel, -one.entry.fen, one.at, named, one.posted_at))
    return found


def _payments(db: Session, keys: Mapping[UUID, str]) -> dict[str, PaymentRow]:
    numbers = [key.split(":", 2)[2] for key in keys.values() if key.startswith("payment:")]
    rows = db.scalars(select(PaymentRow).where(PaymentRow.number.in_(numbers))).all()
    return {posting_key(row.channel, row.number): row for row in rows}


def request_of(db: Session, payment_id: UUID) -> RequestView | None:
    """The newest of a payment."""
    query = select(InvoiceRequestRow).where(InvoiceRequestRow.payment_id == payment_id)
    row = db.scalar(
        query.order_by(InvoiceRequestRow.asked_at.desc(), InvoiceRequestRow.id.desc()).limit(1).execution_options(
            populate_existing=True
        )
    )  # fmt: skip
    return _views(db, [row])[0] if row is not None else None


def requests_in(
    db: Session, actor: Actor, community_id: UUID, since: datetime
) -> tuple[list[RequestView], list[RequestView]]:
    """What waits, the longest first; and what was answered since, the newest first."""
    actor.demand(ISSUE_INVOICES, community_id)
    mine = select(InvoiceRequestRow).where(InvoiceRequestRow.community_id == community_id)
    asked = InvoiceRequestRow.state == RequestState.ASKED.value
    waiting = db.scalars(mine.where(asked).order_by(InvoiceRequestRow.asked_at).limit(LIST_MAX)).all()
    done = db.scalars(
        mine.where(~asked, InvoiceRequestRow.closed_at > since)
        .order_by(InvoiceRequestRow.closed_at.desc())
        .limit(LIST_MAX)
    ).all()
    return _views(db, waiting), _views(db, done)


def _views(db: Session, rows: Collection[InvoiceRequestRow]) -> list[RequestView]:
    payments = payments_by_id(db, [row.payment_id for row in rows])
    found = []
    for row in rows:
        buyer = None
        if row.buyer_sealed is not None:
            buyer = read_buyer(json.loads(unseal(db, row.buyer_sealed, about_buyer(row.id))))
        payment = payments[row.payment_id]
        found.append(RequestView(
            row.id, row.community_id, row.payment_id, payment.order_id, row.amount_fen, RequestState(row.state),
            row.asked_at, row.by_name, buyer, row.provider, row.number, row.link, row.reason, row.closed_at,
            row.closed_by, invoiced(db, payment) == row.amount_fen,
        ))  # fmt: skip
    return found


def invoiced(db: Session, payment: PaymentView) -> int:
    """Fen that an invoice of a payment may say: what it brought, less what has gone back."""
    order = db.get_one(PaymentOrderRow, payment.order_id)
    subjects = {UUID(one["subject_id"]) for one in order.parts}
    return payment.amount_fen - sum(one.fen for one in taken_back(db, subjects) if one.payment_id == payment.payment_id)
