"""Ask for money: one open order for a subject, whose amount stands from the moment in which its channel is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.money.payments.channels import Ask, channel_of
from central.money.payments.queries import OrderView, order_view
from central.money.payments.rules import ASKED_AFTER, CASH, ORDER_LIFE, OrderState, Part, Seen, step
from central.money.payments.tables import PaymentOrderRow
from models.values.ids import new_id

Back = str | Callable[[UUID], str]
"""The path that the channel leads back to, or how one is made of the order's id."""
PHONES_MAX = 2
"""Of one order are written down: that there was more than one is all that is asked."""
REFUND = "refund"
"""The kind under which what goes back is held: by a person's hand and by its channel it would go twice."""


def open_order(
    db: Session, community_id: UUID, subject_kind: str, subject_id: UUID, parts: Sequence[Part], channel: str, *,
    title: str, base: str, back: Back, payer_address: str, now: datetime, phone: str = "",
) -> OrderView:  # fmt: skip
    """The open order that asks just this, else a new one, and the old one is void. `phone`: which
    asks; a second one that finds an open order is written down beside the first. Raises NotFound for a channel that is
    not set up, ChannelAway for one that does not answer."""
    lock_subject(db, subject_kind, subject_id)
    standing = _standing(db, subject_kind, subject_id, now)
    asked = [one.stored() for one in parts]
    if standing is not None and (standing.channel, standing.parts) == (channel, asked):
        if phone and phone not in standing.pressed:
            standing.pressed = [*standing.pressed, phone][:PHONES_MAX]
            db.flush()
        return order_view(standing)
    close_open(db, subject_kind, subject_id, now)
    order_id, amount, expires_at = new_id(), sum(one.fen for one in parts), now + ORDER_LIFE
    to = back if isinstance(back, str) else back(order_id)
    way = "" if channel == CASH else channel_of(db, channel).way(
        Ask(order_id.hex, amount, title, expires_at, tenant_of(db), base, to, payer_address, now)
    )  # fmt: skip
    row = PaymentOrderRow(
        id=order_id, community_id=community_id, subject_kind=subject_kind, subject_id=subject_id, amount_fen=amount,
        parts=asked, channel=channel, way=way, opened_at=now, expires_at=expires_at, state=OrderState.OPEN.value,
        ask_at=None if channel == CASH else now + ASKED_AFTER, pressed=[phone] if phone else [],
    )  # fmt: skip
    db.add(row)
    db.flush()
    return order_view(row)


def close_open(db: Session, subject_kind: str, subject_id: UUID, now: datetime) -> None:
    """What was asked is asked no more: another order, or a person at the desk, takes its place."""
    standing = _standing(db, subject_kind, subject_id, now)
    if standing is not None:
        _close(db, standing, Seen.REPLACED, now)


def lock_subject(db: Session, subject_kind: str, subject_id: UUID) -> None:
    """Two phones that ask at once get the same order."""
    key = _key(db, subject_kind, subject_id)
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def held_subject(db: Session, subject_kind: str, subject_id: UUID) -> bool:
    """As `lock_subject`, without waiting: whether it is ours now."""
    key = _key(db, subject_kind, subject_id)
    return bool(db.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key}))


def _key(db: Session, subject_kind: str, subject_id: UUID) -> str:
    return f"order:{tenant_of(db)}:{subject_kind}:{subject_id}"


def _standing(db: Session, subject_kind: str, subject_id: UUID, now: datetime) -> PaymentOrderRow | None:
    row = db.scalar(
        select(PaymentOrderRow)
        .where(
            PaymentOrderRow.subject_kind == subject_kind, PaymentOrderRow.subject_id == subject_id,
            PaymentOrderRow.state == OrderState.OPEN.value,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if row is not None and row.expires_at <= now:
        _close(db, row, Seen.TIME_OVER, now)
        return None
    return row


def _close(db: Session, row: PaymentOrderRow, seen: Seen, now: datetime) -> None:
    state, _ = step(OrderState(row.state), seen)
    row.state, row.closed_at = state.value, now
    if row.channel != CASH:
        row.ask_at = now  # to be closed there too, and a payment that was not told of is heard of
    db.flush()
