"""What goes back is sent by the channel it came by, and the ledger says so once the channel does (PARK-12, PARK-18).

asked for    each turn: what the ledger owes, by the payments it came with; cash is a person's to give
sent         written down in a turn before it is asked, so that nothing is ever asked that nobody knows of
done         the channel says so, with our amount: refunds +, clearing -, and the stay hears of it
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.outbox import announce
from central.base.kernel.session import tenant_of
from central.money.ledger import queries as ledger
from central.money.ledger.queries import Moved
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.channels import Back, BackSaid, Channel, ChannelAway, channels_of
from central.money.payments.open_order import REFUND, held_subject
from central.money.payments.rules import LIVE, REFUNDED, RefundState, Said, pause, refund_step, ways_back
from central.money.payments.tables import PaymentRow, RefundRow
from central.money.payments.take_payment import posting_key
from models.values.ids import new_id

log = logging.getLogger(__name__)
AT_ONCE = 20
LIVE_OR_STUCK = [*LIVE, RefundState.FAILED]


def send_refunds(db: Session, now: datetime) -> None:
    """One turn: what was written down before is asked, then what is to be asked next is written down."""
    channels, away = channels_of(db), set[str]()
    for row in _waiting(db, RefundState.SENT, now):
        found = channels.get(row.channel)
        if found is None or row.channel in away:
            said = BackSaid(Said.NO_CHANNEL if found is None else Said.AWAY)
        else:
            said = _ask(db, found, row, now)
            if said.said is Said.AWAY:
                away.add(row.channel)
        _heard(db, row, said, now)
    request_refunds(db, now)
    for row in _waiting(db, RefundState.REQUESTED, now):
        if row.amount_fen > _owed(db, row.subject_id) - _under_way(db, row):
            row.state, row.ask_at, row.closed_at = RefundState.DROPPED.value, None, now
        else:
            row.state, row.sent_at = RefundState.SENT.value, now
    db.flush()


def request_refunds(db: Session, now: datetime) -> None:
    """What the ledger owes and nobody has asked for yet. Where one has failed a person is to look first; what a person
    is giving just now waits for the next turn."""
    ours_now = {one for one in sorted(_due(db)) if held_subject(db, REFUND, one)}
    due = {subject: fen for subject, fen in _due(db).items() if subject in ours_now}
    if not due:
        return
    rows = db.scalars(select(RefundRow).where(RefundRow.subject_id.in_(due))).all()
    for subject, moved in ledger.about(db, list(due)).items():
        ours = [row for row in rows if row.subject_id == subject]
        if any(row.state == RefundState.FAILED.value for row in ours):
            continue
        left = due[subject] - sum(row.amount_fen for row in ours if row.state in LIVE)
        payments = _came(db, moved, ours)
        place = next(one.entry.account for one in moved if one.entry.account.kind is AccountKind.REFUNDS).community_id
        for payment_id, fen in ways_back(left, [(one.id, free) for one, free in payments]):
            row = upsert(RefundRow).values(
                id=new_id(), community_id=place, subject_id=subject, payment_id=payment_id,
                channel=next(one.channel for one, _ in payments if one.id == payment_id), amount_fen=fen,
                requested_at=now, state=RefundState.REQUESTED.value, ask_at=now,
            )  # fmt: skip
            db.execute(row.on_conflict_do_nothing())


def _due(db: Session) -> dict[UUID, int]:
    return {subject: -fen for subject, fen in ledger.by_subject(db, AccountKind.REFUNDS).items() if fen < 0}


def _came(db: Session, moved: Sequence[Moved], ours: Sequence[RefundRow]) -> list[tuple[PaymentRow, int]]:
    """The payments by a channel that came about this subject, as they came, and what of each has not gone back yet."""
    came = [one for one in moved if one.entry.account.kind is AccountKind.CLEARING and one.entry.fen > 0]
    keys = ledger.keys_of(db, [one.posting_id for one in came])
    by_key = {posting_key(row.channel, row.number): row for row in _payments(db, keys.values())}
    found = []
    for one in came:
        payment = by_key.get(keys[one.posting_id])
        if payment is not None:
            back = sum(
                row.amount_fen for row in ours
                if row.payment_id == payment.id and row.state not in (RefundState.DROPPED, RefundState.FAILED)
            )  # fmt: skip
            found.append((payment, max(0, one.entry.fen - back)))
    return found


def _payments(db: Session, keys: Collection[str]) -> Sequence[PaymentRow]:
    numbers = [key.split(":", 2)[2] for key in keys if key.count(":") >= 2]
    return db.scalars(select(PaymentRow).where(PaymentRow.number.in_(numbers))).all()


def _waiting(db: Session, state: RefundState, now: datetime) -> Sequence[RefundRow]:
    """Without waiting for anybody: what a person is giving just now is left to the next turn."""
    query = select(RefundRow).where(RefundRow.state == state.value, RefundRow.ask_at <= now)
    query = query.order_by(RefundRow.ask_at).limit(AT_ONCE).with_for_update(skip_locked=True)
    rows = db.scalars(query.execution_options(populate_existing=True)).all()
    return [row for row in rows if held_subject(db, REFUND, row.subject_id)]


def _owed(db: Session, subject_id: UUID) -> int:
    moved = ledger.about(db, [subject_id]).get(subject_id, [])
    return -sum(one.entry.fen for one in moved if one.entry.account.kind is AccountKind.REFUNDS)


def _under_way(db: Session, but: RefundRow) -> int:
    query = select(RefundRow.amount_fen).where(
        RefundRow.subject_id == but.subject_id, RefundRow.state == RefundState.SENT.value, RefundRow.id != but.id
    )
    return sum(db.scalars(query))


def _ask(db: Session, channel: Channel, row: RefundRow, now: datetime) -> BackSaid:
    """It is asked of what it has accepted; else it is sent again, under the same number."""
    payment = db.get_one(PaymentRow, row.payment_id)
    back = Back(row.id.hex, payment.order_id.hex, payment.number, row.amount_fen, payment.amount_fen, now)
    try:
        return channel.look_back(back) if row.said == Said.ACCEPTED else channel.give_back(back)
    except ChannelAway:
        return BackSaid(Said.AWAY)


def _heard(db: Session, row: RefundRow, heard: BackSaid, now: datetime) -> None:
    kept = row.said == Said.ACCEPTED and heard.said in (Said.AWAY, Said.NO_CHANNEL)
    first = heard.said is Said.ACCEPTED and row.said != Said.ACCEPTED
    row.tries += 1
    state = refund_step(RefundState(row.state), heard.said, row.tries)
    row.state, row.number = state.value, heard.number or row.number
    over = state in (RefundState.DONE, RefundState.FAILED)
    row.said = row.said if kept and not over else heard.said.value
    row.ask_at = None if over else now + pause(0 if first else row.tries - 1)
    row.closed_at = now if over else None
    db.flush()
    if state is RefundState.DONE:
        _done(db, system(tenant_of(db), f"payments.{row.channel}"), row, now)
    elif state is RefundState.FAILED:
        log.warning("a refund did not go through", extra={"channel": row.channel, "said": heard.said.value})


def _done(db: Session, by: Actor, row: RefundRow, now: datetime) -> None:
    moved = ledger.about(db, [row.subject_id])[row.subject_id]
    owed = next(one.entry.account for one in moved if one.entry.account.kind is AccountKind.REFUNDS)
    payment = db.get_one(PaymentRow, row.payment_id)
    out_of = Account(payment.community_id, AccountKind.CLEARING, payment.channel)
    entries = (Entry(owed, row.amount_fen, row.subject_id), Entry(out_of, -row.amount_fen, row.subject_id))
    post(db, by, Posting(f"refund:{row.id}", Code.REFUND, now, entries, row.number))
    news = {"community_id": str(row.community_id), "subject_ids": [str(row.subject_id)]}
    announce(db, REFUNDED, news, correlation_id=by.correlation_id)
