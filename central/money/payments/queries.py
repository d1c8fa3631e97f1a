"""Reads of orders and payments: an order by its number, what goes back, what channels said that does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.errors import NotFound
from central.money.payments.rules import NUMBER_MAX, OrderState, Part, RefundState, Verdict, is_silent
from central.money.payments.tables import PaymentNoticeRow, PaymentOrderRow, PaymentRow, RefundRow

LIST_MAX = 100
LOOKED_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OrderView:
    """`way`: where the driver pays; "" for cash. `pressed`: which phones asked for it."""

    order_id: UUID
    community_id: UUID
    subject_kind: str
    subject_id: UUID
    amount_fen: int
    parts: tuple[Part, ...]
    channel: str
    way: str
    opened_at: datetime
    expires_at: datetime
    state: OrderState
    closed_at: datetime | None
    pressed: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """As channels know it: 32 characters."""
        return self.order_id.hex


@dataclass(frozen=True, slots=True)
class PaymentView:
    payment_id: UUID
    order_id: UUID
    subject_id: UUID
    channel: str
    number: str
    amount_fen: int
    paid_at: datetime
    received_at: datetime
    verdict: Verdict
    by_name: str | None


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money on its way back. `number`: the channel's own of it; `said`: the last that it said, "" before; `since`: when
    it was asked for, or sent."""

    way_id: UUID
    subject_id: UUID
    channel: str
    amount_fen: int
    requested_at: datetime
    state: RefundState
    tries: int
    ask_at: datetime | None
    said: str
    number: str
    closed_at: datetime | None
    since: datetime

    def is_silent(self, now: datetime) -> bool:
        """Its channel has had it for days, and says no end of it."""
        return is_silent(self.state, self.since, now)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A channel's word that fits no order."""

    channel: str
    number: str
    order_number: str
    amount_fen: int
    received_at: datetime
    verdict: Verdict


def order_of(db: Session, order_id: UUID) -> OrderView:
    """Raises NotFound, also for another company's."""
    row = db.scalar(
        select(PaymentOrderRow).where(PaymentOrderRow.id == order_id).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("payments.no_order")
    return order_view(row)


def open_order_of(db: Session, subject_kind: str, subject_id: UUID, now: datetime) -> OrderView | None:
    """What is asked for a subject right now, and was not heard to be paid yet."""
    row = db.scalar(
        select(PaymentOrderRow).where(
            PaymentOrderRow.subject_kind == subject_kind, PaymentOrderRow.subject_id == subject_id,
            PaymentOrderRow.state == OrderState.OPEN.value, PaymentOrderRow.expires_at > now,
        )
    )  # fmt: skip
    return order_view(row) if row is not None else None


def payments_of_order(db: Session, order_id: UUID) -> list[PaymentView]:
    """What came for one order, as it came; what goes back too."""
    query = select(PaymentRow, PaymentOrderRow.subject_id).join(
        PaymentOrderRow, PaymentOrderRow.id == PaymentRow.order_id
    )
    rows = db.execute(query.where(PaymentRow.order_id == order_id).order_by(PaymentRow.received_at))
    return [payment_view(row, subject) for row, subject in rows]


def id_of(number: str) -> UUID | None:
    """Of an order's number as a channel says it; None of what is none of ours."""
    try:
        return UUID(hex=number[:NUMBER_MAX])
    except ValueError:
        return None


def payments_for(db: Session, subject_id: UUID) -> list[PaymentView]:
    """What came for a subject's orders, as it came; what goes back too."""
    query = (
        select(PaymentRow, PaymentOrderRow.subject_id)
        .join(PaymentOrderRow, PaymentOrderRow.id == PaymentRow.order_id)
        .where(PaymentOrderRow.subject_id == subject_id)
    )
    return [payment_view(row, subject) for row, subject in db.execute(query.order_by(PaymentRow.received_at))]


def payments_by_id(db: Session, ids: Sequence[UUID]) -> dict[UUID, PaymentView]:
    query = select(PaymentRow, PaymentOrderRow.subject_id).join(
        PaymentOrderRow, PaymentOrderRow.id == PaymentRow.order_id
    )
    return {row.id: payment_view(row, subject) for row, subject in db.execute(query.where(PaymentRow.id.in_(ids)))}


def ways_of(db: Session, subject_ids: Sequence[UUID]) -> dict[UUID, list[RefundView]]:
    """How what these are owed goes back, as it was asked for; what was dropped is left out."""
    query = select(RefundRow).where(
        RefundRow.subject_id.in_(subject_ids), RefundRow.state != RefundState.DROPPED.value
    ).order_by(RefundRow.requested_at, RefundRow.id)  # fmt: skip
    found: dict[UUID, list[RefundView]] = {}
    for row in db.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(row.subject_id, []).append(_refund_view(row))
    return found


def given_back(db: Session, community_id: UUID, since: datetime) -> list[RefundView]:
    """What channels have given back, newest first."""
    query = select(RefundRow).where(
        RefundRow.community_id == community_id, RefundRow.state == RefundState.DONE.value, RefundRow.closed_at > since
    )
    return [_refund_view(row) for row in db.scalars(query.order_by(RefundRow.closed_at.desc()).limit(LIST_MAX))]


def _refund_view(row: RefundRow) -> RefundView:
    return RefundView(
        row.id, row.subject_id, row.channel, row.amount_fen, row.requested_at, RefundState(row.state), row.tries,
        row.ask_at, row.said, row.number, row.closed_at, row.sent_at or row.requested_at,
    )  # fmt: skip


def odd_notices(db: Session, since: datetime) -> list[NoticeView]:
    """What channels said, rightly signed, of no order of ours, or twice and not the same; newest first."""
    query = select(PaymentNoticeRow).where(
        PaymentNoticeRow.verdict.in_([Verdict.NO_ORDER.value, Verdict.CONTRADICTS.value]),
        PaymentNoticeRow.received_at > since,
    )
    return [
        NoticeView(row.channel, row.number, row.order_number, row.amount_fen, row.received_at, Verdict(row.verdict))
        for row in db.scalars(query.order_by(PaymentNoticeRow.received_at.desc()).limit(LIST_MAX))
    ]


def order_view(row: PaymentOrderRow) -> OrderView:
    parts = tuple(
        Part(UUID(one["subject_id"]), UUID(one["community_id"]), one["kind"], one["ref"], one["fen"])
        for one in row.parts
    )
    return OrderView(
        row.id, row.community_id, row.subject_kind, row.subject_id, row.amount_fen, parts, row.channel, row.way,
        row.opened_at, row.expires_at, OrderState(row.state), row.closed_at, tuple(row.pressed),
    )  # fmt: skip


def payment_view(row: PaymentRow, subject_id: UUID) -> PaymentView:
    return PaymentView(
        row.id, row.order_id, subject_id, row.channel, row.number, row.amount_fen, row.paid_at, row.received_at,
        Verdict(row.verdict), row.by_name,
    )  # fmt: skip
