"""Give a receipt: at once, under the next number of the community's year, once for a payment. What goes back of a
payment that was receipted gets a receipt of its own, below zero, that names the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from central.base.identity.company import company_name
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.audit import record
from central.base.kernel.errors import NotFound
from central.base.kernel.outbox import News
from central.base.kernel.secrets import seal
from central.base.kernel.session import tenant_of
from central.money.payments.open_order import lock_subject
from central.money.payments.queries import OrderView, PaymentView
from central.money.payments.rules import CASH
from central.money.receipts.queries import (
    ReceiptView,
    about_plate,
    back_of,
    open_plate,
    receipted,
    receipts_of,
    taken_back,
)
from central.money.receipts.rules import PRINTS_MAX, Taken
from central.money.receipts.tables import ReceiptCounterRow, ReceiptPrintRow, ReceiptRow
from central.people.community.queries import community_of
from models.values.ids import new_id
from models.values.time import site_time

RECEIPT = "receipt"
BY_REFUND = "receipts.counter"
"""Under whose name the audit has a counter-receipt: a refund's, and nobody's press."""
Lines = Mapping[str, Sequence[Sequence[str]]]
"""By language: what, how it came to be, amount."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What was paid for, as its own domain says it. `plate`: as painted, "" of what has none. `at`: instants by the key
    of their words ("entered", "left"). `tariff`: name and version by which it was priced."""

    title: str
    plate: str = ""
    at: Mapping[str, datetime] = field(default_factory=dict)
    tariff: str = ""
    version: int | None = None
    lines: Lines = field(default_factory=dict)


def issue(db: Session, by: Actor, order_id: UUID, bought: Bought, now: datetime) -> ReceiptView:
    """The receipt of an order's payment; the same one however often it is asked for. Asks nobody's right: who holds the
    payment's own page may have it. Raises NotFound where nothing was paid."""
    order, paid = receipted(db, order_id)
    lock_subject(db, RECEIPT, paid.payment_id)
    known = receipts_of(db, paid.payment_id)
    if not known:
        said = _said(db, order, paid, bought)
        row = _write(db, by, order.community_id, paid.payment_id, paid.amount_fen, said, bought.plate, now)
        record(
            db, by, "receipt.issue", "payment", paid.payment_id, community_id=order.community_id,
            after={"number": f"{row.year}-{row.number}", "amount_fen": row.amount_fen},
        )  # fmt: skip
        _counter(db, row, back_of(db, order, paid.payment_id), now)
        known = receipts_of(db, paid.payment_id)
    return known[0]


def on_refunded(db: Session, news: News) -> None:
    """Money went back: whatever was receipted of it is taken back on paper."""
    counter_refunds(db, [UUID(one) for one in news.payload["subject_ids"]], news.at)


def counter_refunds(db: Session, subject_ids: Sequence[UUID], now: datetime) -> None:
    """A receipt that is being given this moment is waited for: it may have looked before the money went back."""
    found = taken_back(db, subject_ids)
    for payment_id in sorted({one.payment_id for one in found}):
        lock_subject(db, RECEIPT, payment_id)
        row = db.scalar(
            select(ReceiptRow).where(ReceiptRow.payment_id == payment_id, ReceiptRow.counters.is_(None))
        )  # fmt: skip
        if row is not None:
            _counter(db, row, [one for one in found if one.payment_id == payment_id], now)


def _counter(db: Session, first: ReceiptRow, taken: Sequence[Taken], now: datetime) -> None:
    known = set(db.scalars(select(ReceiptRow.posting_id).where(ReceiptRow.counters == first.id)))
    by = system(tenant_of(db), BY_REFUND)
    for one in taken:
        if one.posting_id not in known:
            said = {**first.said, "lines": {}, "refunded_at": one.at.isoformat()}
            row = _write(
                db, by, first.community_id, first.payment_id, -one.fen, said, open_plate(db, first), now,
                counters=first.id, posting_id=one.posting_id,
            )  # fmt: skip
            record(
                db, by, "receipt.counter", "payment", first.payment_id, community_id=first.community_id,
                after={"number": f"{row.year}-{row.number}", "amount_fen": row.amount_fen},
            )  # fmt: skip


def _write(
    db: Session, by: Actor, community_id: UUID, payment_id: UUID, amount_fen: int, said: Mapping[str, Any],
    plate: str, now: datetime, *, counters: UUID | None = None, posting_id: UUID | None = None,
) -> ReceiptRow:  # fmt: skip
    year = site_time(now).year
    next_ = upsert(ReceiptCounterRow).values(id=new_id(), community_id=community_id, year=year, last=1)
    number = db.scalar(
        next_.on_conflict_do_update(
            index_elements=["tenant_id", "community_id", "year"], set_={"last": ReceiptCounterRow.last + 1}
        ).returning(ReceiptCounterRow.last)
    )
    receipt_id = new_id()
    row = ReceiptRow(
        id=receipt_id, community_id=community_id, payment_id=payment_id, year=year, number=number,
        amount_fen=amount_fen, counters=counters, posting_id=posting_id, issued_at=now, by_name=_name(by),
        said=dict(said), plate_sealed=seal(db, plate.encode(), about_plate(receipt_id)) if plate else None,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row


def _said(db: Session, order: OrderView, paid: PaymentView, bought: Bought) -> dict[str, Any]:
    own = sum(one.fen for one in order.parts if one.subject_id == order.subject_id)
    return {
        "company": company_name(db), "community": community_of(db, order.community_id).name, "title": bought.title,
        "at": {key: at.isoformat() for key, at in bought.at.items()}, "tariff": bought.tariff,
        "version": bought.version, "lines": {name: [list(one) for one in of] for name, of in bought.lines.items()},
        "own_fen": own, "other_fen": order.amount_fen - own, "channel": paid.channel,
        "paid_at": paid.paid_at.isoformat(), "channel_number": "" if paid.channel == CASH else paid.number,
        "order_number": order.number, "taken_by": paid.by_name or "",
    }  # fmt: skip


def printed(db: Session, by: Actor, payment_id: UUID, receipt_id: UUID, now: datetime) -> tuple[ReceiptView, int]:
    """One of a payment's receipts, written down as printed, and the how-many-th it is. Raises NotFound."""
    lock_subject(db, RECEIPT, payment_id)
    found = next((one for one in receipts_of(db, payment_id) if one.receipt_id == receipt_id), None)
    if found is None:
        raise NotFound("receipts.none")
    if found.prints < PRINTS_MAX:
        db.add(ReceiptPrintRow(receipt_id=receipt_id, nth=found.prints + 1, at=now, by_name=_name(by)))
        db.flush()
    return found, found.prints + 1


def _name(by: Actor) -> str | None:
    return by.name if by.kind is ActorKind.ACCOUNT else None
