"""What goes back: listed until its channel says that it was given (send_refunds.py), or a person that they gave it,
out of the till or by the channel's own means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.outbox import announce
from central.money.ledger import queries as ledger
from central.money.ledger.queries import Moved
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.close_till import till_with
from central.money.payments.open_order import REFUND, lock_subject
from central.money.payments.permissions import GIVE_BACK, READ_PAYMENTS
from central.money.payments.queries import RefundView, payments_by_id, ways_of
from central.money.payments.rules import REFUNDED, RefundState, Said, is_silent
from central.money.payments.tables import RefundRow

NOTE_MAX = 200
CAME_BY = (AccountKind.CASH, AccountKind.CLEARING)


@dataclass(frozen=True, slots=True)
class RefundDue:
    """`refund_id`: of the payment, or of the stay that was paid too much. `stay_id`: whose money it is. `why`: the code
    of the posting that made it due; `channel`: by which the money came, "" for cash; `ways`: on which it is sent."""

    refund_id: UUID
    stay_id: UUID
    community_id: UUID
    amount_fen: int
    since: datetime
    why: Code
    channel: str
    number: str
    ways: tuple[RefundView, ...] = ()

    @property
    def stuck(self) -> bool:
        """Its channel has refused it: a person is to look."""
        return any(one.state is RefundState.FAILED for one in self.ways)

    @property
    def under_way(self) -> bool:
        """Its channel may have it already: given by hand it would be given twice."""
        return any(one.state is RefundState.SENT for one in self.ways)

    def is_silent(self, now: datetime) -> bool:
        """A channel has had it for days, and says no end of it: a person is to look there what it did."""
        return any(one.is_silent(now) for one in self.ways)

    def to_wait_for(self, now: datetime) -> bool:
        """What a channel has had for a short time only is left to it."""
        return any(one.state is RefundState.SENT and not one.is_silent(now) for one in self.ways)


def refunds_due(db: Session, actor: Actor, community_id: UUID) -> list[RefundDue]:
    """Oldest first."""
    actor.demand(READ_PAYMENTS, community_id)
    due = ledger.by_subject(db, AccountKind.REFUNDS, ledger.of_community(community_id))
    moved, payments = ledger.about(db, list(due)), payments_by_id(db, list(due))
    ways = ways_of(db, list(due))
    found = []
    for subject, fen in due.items():
        if fen < 0:
            last = [one for one in moved[subject] if one.entry.account.kind is AccountKind.REFUNDS][-1]
            came, payment = _came_by(moved[subject]), payments.get(subject)
            channel = came.entry.account.ref if came and came.entry.account.kind is AccountKind.CLEARING else ""
            found.append(RefundDue(
                subject, payment.subject_id if payment else subject, community_id, -fen, last.at, last.code, channel,
                payment.number if payment else "", tuple(ways.get(subject, ())),
            ))  # fmt: skip
    return sorted(found, key=lambda one: (one.since, one.refund_id))


def community_of_refund(db: Session, refund_id: UUID) -> UUID:
    """Raises NotFound."""
    return _owed(ledger.about(db, [refund_id]).get(refund_id, []))[0].entry.account.community_id


def give_back(db: Session, actor: Actor, refund_id: UUID, note: str, now: datetime) -> UUID:
    """It was given: `note` says how, with the channel's number of it. Says of which community it was. Conflict when
    nothing goes back any more, and when no till holds so much cash."""
    actor.demand(GIVE_BACK, community_of_refund(db, refund_id))
    note = _note(note)
    lock_subject(db, REFUND, refund_id)
    _withdraw(db, refund_id, now)
    moved = ledger.about(db, [refund_id]).get(refund_id, [])
    owed = _owed(moved)
    account = owed[0].entry.account
    fen, came = -sum(one.entry.fen for one in owed), _came_by(moved)
    if fen <= 0:
        raise Conflict("payments.refund_given")
    # what came under another number, as that of an exit whose entry was not known, came in cash
    out_of = came.entry.account if came is not None else Account(account.community_id, AccountKind.CASH)
    if out_of.kind is AccountKind.CASH:
        out_of = till_with(db, out_of, fen)
    entries = (Entry(account, fen, refund_id), Entry(out_of, -fen, refund_id))
    post(db, actor, Posting(f"refund:{refund_id}:{len(moved)}", Code.REFUND, now, entries, note))
    record(
        db, actor, "refund.give", "payment", refund_id, reason=note, community_id=account.community_id,
        after={"amount_fen": fen},
    )  # fmt: skip
    news = {"community_id": str(account.community_id), "subject_ids": [str(refund_id)]}
    announce(db, REFUNDED, news, correlation_id=actor.correlation_id)
    return account.community_id


def send_again(db: Session, actor: Actor, refund_id: UUID, now: datetime) -> UUID:
    """What a channel has refused is asked of it once more, under the same number. Says of which community it was."""
    place = community_of_refund(db, refund_id)
    actor.demand(GIVE_BACK, place)
    lock_subject(db, REFUND, refund_id)
    stuck = [row for row in _ways(db, refund_id) if row.state == RefundState.FAILED.value]
    if not stuck:
        raise Conflict("payments.refund_not_stuck")
    for row in stuck:
        row.state, row.tries, row.said = RefundState.REQUESTED.value, 0, ""
        row.ask_at, row.closed_at = now, None
    db.flush()
    record(db, actor, "refund.again", "payment", refund_id, community_id=place)
    return place


def ask_now(db: Session, actor: Actor, refund_id: UUID, now: datetime) -> UUID:
    """A channel that is silent is asked at the next turn, under the same number, and not only when its pause is over.
    Says of which community it was."""
    place, silent = _silent(db, actor, refund_id, now)
    for row in silent:
        row.ask_at = now
    db.flush()
    record(db, actor, "refund.ask", "payment", refund_id, community_id=place)
    return place


def take_out(db: Session, actor: Actor, refund_id: UUID, note: str, now: datetime) -> UUID:
    """A person found at the channel that it does not have this refund, and will not give it: `note` says how they know.
    It is asked of nothing any more until somebody sends it again, or gives it. Says of which community it was."""
    note = _note(note)
    place, silent = _silent(db, actor, refund_id, now)
    for row in silent:
        row.state, row.said, row.ask_at, row.closed_at = RefundState.FAILED.value, Said.WITHDRAWN.value, None, now
    db.flush()
    record(db, actor, "refund.take_out", "payment", refund_id, reason=note, community_id=place)
    return place


def _silent(db: Session, actor: Actor, refund_id: UUID, now: datetime) -> tuple[UUID, list[RefundRow]]:
    """Conflict where no channel is silent about it."""
    place = community_of_refund(db, refund_id)
    actor.demand(GIVE_BACK, place)
    lock_subject(db, REFUND, refund_id)
    found = [row for row in _ways(db, refund_id) if _is_silent(row, now)]
    if not found:
        raise Conflict("payments.refund_not_silent")
    return place, found


def _is_silent(row: RefundRow, now: datetime) -> bool:
    return is_silent(RefundState(row.state), row.sent_at or row.requested_at, now)


def _note(note: str) -> str:
    note = note.strip()
    if not note or len(note) > NOTE_MAX:
        raise Invalid(fields={"note": "payments.refund_note_needed"}, most=NOTE_MAX)
    return note


def _withdraw(db: Session, subject_id: UUID, now: datetime) -> None:
    """It is not sent any more. Conflict where its channel may have it, and has not been silent for days: who says that
    it was given has looked there by then."""
    for row in _ways(db, subject_id):
        silent = _is_silent(row, now)
        if row.state == RefundState.SENT.value and not silent:
            raise Conflict("payments.refund_under_way")
        if silent or row.state in (RefundState.REQUESTED.value, RefundState.FAILED.value):
            row.state, row.ask_at, row.closed_at = RefundState.DROPPED.value, None, now
    db.flush()


def _ways(db: Session, subject_id: UUID) -> Sequence[RefundRow]:
    query = select(RefundRow).where(RefundRow.subject_id == subject_id).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).all()


def _owed(moved: list[Moved]) -> list[Moved]:
    owed = [one for one in moved if one.entry.account.kind is AccountKind.REFUNDS]
    if not owed:
        raise NotFound("payments.no_refund")
    return owed


def _came_by(moved: list[Moved]) -> Moved | None:
    """The last that money came in by; it goes back the same way."""
    came = [one for one in moved if one.entry.account.kind in CAME_BY and one.entry.fen > 0]
    return came[-1] if came else None
