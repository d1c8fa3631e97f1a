"""Money came for an order: it counts once, or it goes back, and the ledger says which and why.

counts          clearing or cash +, what each part of the order pays for -
goes back       clearing +, refunds -, under the payment's own id: nobody's stay is touched
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.outbox import announce
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.queries import OrderView, id_of, order_view
from central.money.payments.rules import BY_CONTRACT, CASH, COUNTS, GOES_BACK, Notice, OrderState, Seen, Verdict, step
from central.money.payments.tables import PaymentNoticeRow, PaymentOrderRow, PaymentRow
from models.values.ids import new_id

TAKEN = "payment.taken"
"""The news that money counts: {"community_id", "order_id", "subject_ids"}."""
_CODES = {Verdict.SECOND: Code.SECOND_PAYMENT, Verdict.WRONG_AMOUNT: Code.WRONG_AMOUNT}


def take_notice(db: Session, by: Actor, channel: str, notice: Notice, now: datetime) -> Verdict:
    """What becomes of a channel's word, whose signature was found right. However often it comes, it counts once."""
    verdict = _verdict(db, by, channel, notice, now)
    row = upsert(PaymentNoticeRow).values(
        id=new_id(), channel=channel, number=notice.number, order_number=notice.order_number[:64],
        amount_fen=notice.amount_fen, paid_at=notice.paid_at, received_at=now, verdict=verdict.value,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())
    return verdict


def take_cash(db: Session, by: Actor, order: OrderView, lane_id: UUID | None, now: datetime) -> Verdict:
    """A person took the whole amount; into the till of this lane, or of the desk."""
    row = _order(db, order.order_id)
    assert row is not None and row.channel == CASH
    return _take(db, by, row, str(row.id), row.amount_fen, now, now, lane_id)


def _verdict(db: Session, by: Actor, channel: str, notice: Notice, now: datetime) -> Verdict:
    order_id = id_of(notice.order_number)
    row = _order(db, order_id) if order_id is not None else None  # locked: two words at once come one after the other
    if row is None or row.channel != channel or notice.amount_fen <= 0:
        return Verdict.NO_ORDER
    known = db.scalar(select(PaymentRow).where(PaymentRow.channel == channel, PaymentRow.number == notice.number))
    if known is not None:
        same = (known.order_id, known.amount_fen) == (row.id, notice.amount_fen)
        return Verdict.DUPLICATE if same else Verdict.CONTRADICTS
    paid_at = min(max(notice.paid_at, row.opened_at), now)
    if row.subject_kind == BY_CONTRACT:  # the arm rose on the word that it will come
        paid_at = row.opened_at
    return _take(db, by, row, notice.number, notice.amount_fen, paid_at, now, None)


def _take(
    db: Session, by: Actor, row: PaymentOrderRow, number: str, amount_fen: int, paid_at: datetime, now: datetime,
    lane_id: UUID | None,
) -> Verdict:  # fmt: skip
    if amount_fen != row.amount_fen:
        verdict = Verdict.WRONG_AMOUNT
    else:
        state, found = step(OrderState(row.state), Seen.PAID_SINCE if _paid_since(db, row) else Seen.PAID)
        assert found is not None
        verdict = found
        if state.value != row.state:
            row.state, row.closed_at, row.ask_at = state.value, now, None
    person = by.kind is ActorKind.ACCOUNT
    payment = PaymentRow(
        id=new_id(), community_id=row.community_id, order_id=row.id, channel=row.channel, number=number,
        amount_fen=amount_fen, paid_at=paid_at, received_at=now, verdict=verdict.value, lane_id=lane_id,
        by_id=by.id if person else None, by_name=by.name if person else None,
    )  # fmt: skip
    db.add(payment)
    db.flush()
    post(db, by, _posting(order_view(row), payment, verdict))
    if verdict in COUNTS:
        subjects = [one["subject_id"] for one in row.parts]
        news = {"community_id": str(row.community_id), "order_id": str(row.id), "subject_ids": subjects}
        announce(db, TAKEN, news, correlation_id=by.correlation_id)
    return verdict


def _posting(order: OrderView, payment: PaymentRow, verdict: Verdict) -> Posting:
    if payment.channel == CASH:
        into = Account(order.community_id, AccountKind.CASH, str(payment.lane_id or ""))
    else:
        into = Account(order.community_id, AccountKind.CLEARING, payment.channel)
    key = posting_key(payment.channel, payment.number)
    if verdict in GOES_BACK:
        back = Account(order.community_id, AccountKind.REFUNDS)
        entries = (Entry(into, payment.amount_fen, payment.id), Entry(back, -payment.amount_fen, payment.id))
        return Posting(key, _CODES[verdict], payment.paid_at, entries)
    lines = []
    for part in order.parts:
        account = Account(part.community_id, AccountKind(part.account_kind), part.account_ref)
        lines += [Entry(into, part.fen, part.subject_id), Entry(account, -part.fen, part.subject_id)]
    return Posting(key, Code.PAYMENT, payment.paid_at, tuple(lines))


def posting_key(channel: str, number: str) -> str:
    """Under which a payment stands in the ledger."""
    return f"payment:{channel}:{number}"


def _paid_since(db: Session, row: PaymentOrderRow) -> bool:
    """Whether an order of the same subject that was asked later is paid: it asked for all that was owed then."""
    query = select(PaymentOrderRow.id).where(
        PaymentOrderRow.subject_kind == row.subject_kind, PaymentOrderRow.subject_id == row.subject_id,
        PaymentOrderRow.state == OrderState.PAID.value, PaymentOrderRow.opened_at >= row.opened_at,
        PaymentOrderRow.id != row.id,
    )  # fmt: skip
    return db.scalar(query.limit(1)) is not None


def _order(db: Session, order_id: UUID) -> PaymentOrderRow | None:
    query = select(PaymentOrderRow).where(PaymentOrderRow.id == order_id).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))
