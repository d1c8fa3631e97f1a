"""Channels are asked about orders of which they have said nothing, and are told to close what nobody shall pay now.

two minutes old, no word      asked; what was paid is taken as its notice would be, which may come all the same
its time over, or replaced    asked, and closed there; a payment meanwhile counts, or goes back, as any other
the channel is away           asked again later, for some days
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import system
from central.base.kernel.session import tenant_of
from central.money.payments.channels import Channel, ChannelAway, channels_of
from central.money.payments.rules import GIVEN_UP, Notice, OrderState, Seen, Standing, pause, step
from central.money.payments.tables import PaymentOrderRow
from central.money.payments.take_payment import take_notice

log = logging.getLogger(__name__)
AT_ONCE = 20
"""Orders of one turn; a channel that is away is waited for once in it."""


def ask_channels(db: Session, now: datetime) -> None:
    """One turn. The same again changes nothing."""
    waiting = select(PaymentOrderRow.id).where(PaymentOrderRow.ask_at <= now)
    channels, away = channels_of(db), set[str]()
    for order_id in db.scalars(waiting.order_by(PaymentOrderRow.ask_at).limit(AT_ONCE)).all():
        row = db.get_one(PaymentOrderRow, order_id, populate_existing=True)
        found = channels.get(row.channel)
        if found is None or row.channel in away:
            _again(db, row, now)
            continue
        try:
            _ask(db, found, row, now)
        except ChannelAway:
            away.add(row.channel)
            log.warning("a channel did not say how an order stands", extra={"channel": row.channel})
            _again(db, row, now)


def _ask(db: Session, channel: Channel, row: PaymentOrderRow, now: datetime) -> None:
    """No lock is held while the channel is waited for."""
    number, over = row.id.hex, row.state != OrderState.OPEN.value or row.expires_at <= now
    found = channel.look(number, now)
    if isinstance(found, Notice):
        by = system(tenant_of(db), f"payments.{channel.name}")
        verdict = take_notice(db, by, channel.name, found, now)
        log.info("a payment was asked for, not told", extra={"channel": channel.name, "verdict": verdict.value})
        _end(db, row, now, Seen.TIME_OVER)
    elif found is Standing.CLOSED:
        _end(db, row, now, Seen.TIME_OVER)
    elif not over or (found is Standing.UNKNOWN and now < row.expires_at):
        _again(db, row, now)  # who has its way to pay may still use it
    elif channel.close(number, now):
        _end(db, row, now, Seen.TIME_OVER)
    else:
        _again(db, row, now)


def _end(db: Session, row: PaymentOrderRow, now: datetime, seen: Seen) -> None:
    """Nothing more can come of it."""
    db.refresh(row, with_for_update=True)
    state, _ = step(OrderState(row.state), seen)
    if state.value != row.state:
        row.state, row.closed_at = state.value, now
    row.ask_at = None
    db.flush()


def _again(db: Session, row: PaymentOrderRow, now: datetime) -> None:
    db.refresh(row, with_for_update=True)
    if row.ask_at is None:  # its word came meanwhile
        return
    if now > row.expires_at + GIVEN_UP:
        return _end(db, row, now, Seen.TIME_OVER)
    row.asked, row.ask_at = row.asked + 1, now + pause(row.asked)
    db.flush()
