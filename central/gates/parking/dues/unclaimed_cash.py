"""Cash that was taken at an exit for a car that nobody saw come in, and whose arm never opened: it is on no stay.

It is listed until somebody says whose it is: it goes back, or it was for a stay, for which it then counts as paid. Once
the car is told to have driven out after all, as by a gate that was away, it is on that exit and no longer here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.parking.dues.pay_stay import SUBJECT
from central.gates.parking.permissions import READ_STAYS
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.stays.paid import received
from central.gates.parking.stays.reads import StayView, find_plate, stay_of
from central.gates.parking.stays.settle import settle_up
from central.gates.parking.stays.tables import ExitCashRow, StayRow
from central.money.ledger import queries as ledger
from central.money.ledger.queries import Moved
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.open_order import lock_subject
from central.money.payments.permissions import GIVE_BACK
from central.people.community.queries import LaneView, community_of, lanes_of
from models.parking.stays import State

CLAIMED_AFTER = timedelta(minutes=10)
"""So long a car may stand under its arm before its exit is missed; as long as a guard's opening is its own."""
LISTED_MAX = 50


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """`fen`: what of it is with us still. `plate`: masked, "" where none was read. `lane`: None where it is gone."""

    exit_id: UUID
    community_id: UUID
    lane: LaneView | None
    plate: str
    fen: int
    taken_at: datetime
    taken_by: str
    reason: str


def unclaimed_in(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[Unclaimed]:
    """The oldest first."""
    community_of(db, community_id)
    actor.demand(READ_STAYS, community_id)
    query = select(ExitCashRow).where(
        ExitCashRow.community_id == community_id, ExitCashRow.taken_at <= now - CLAIMED_AFTER, _of_no_stay()
    )
    lanes = {one.lane.lane_id: one for one in lanes_of(db, community_id)}
    found = []
    for row, fen in _with_us(db, db.scalars(query.order_by(ExitCashRow.taken_at)).all()):
        found.append(Unclaimed(
            row.exit_id, community_id, lanes.get(row.lane_id), row.plate, fen, row.taken_at, row.taken_by, row.reason
        ))  # fmt: skip
    return found[:LISTED_MAX]


def unclaimed_between(db: Session, community_id: UUID, since: datetime, until: datetime) -> tuple[int, int]:
    """(how many, fen) were taken then and are on no stay. For the report of a shift, which asks nobody's right."""
    query = select(ExitCashRow).where(
        ExitCashRow.community_id == community_id, ExitCashRow.taken_at > since, ExitCashRow.taken_at <= until,
        _of_no_stay(),
    )  # fmt: skip
    left = [fen for _, fen in _with_us(db, db.scalars(query).all())]
    return len(left), sum(left)


def give_back(db: Session, actor: Actor, exit_id: UUID, fen: int, reason: str, now: datetime) -> None:
    """It goes back as any other refund: by a person, out of a till. `fen`: as the page showed it. Conflict where there
    is nothing of it any more, or the car has driven out after all."""
    reason = _reason(reason)
    row, _ = _held(db, actor, exit_id, fen)
    entries = (
        Entry(Account(row.community_id, AccountKind.INCOME), fen, exit_id),
        Entry(Account(row.community_id, AccountKind.REFUNDS), -fen, exit_id),
    )
    _post(db, actor, row, Code.VOID_PAID, entries, reason, now)
    _write_down(db, actor, "exit_cash.give_back", row, reason, amount_fen=fen)


def count_for(
    db: Session, actor: Actor, exit_id: UUID, plate: str, fen: int, reason: str, now: datetime
) -> StayView:  # fmt: skip
    """It was for the stay of this plate: the one that is inside, else the last that left owing. Invalid where there is
    none, Conflict as above."""
    reason = _reason(reason)
    row, moved = _held(db, actor, exit_id, fen)
    here = [one for one in find_plate(db, actor, row.community_id, plate) if one.entered_at is not None]
    stay = next((one for one in here if one.inside), None)
    stay = stay or next((one for one in here if one.state is State.LEFT_OWING), None)
    if stay is None:
        raise Invalid(fields={"plate": "exit_cash.no_stay"})
    lock_subject(db, SUBJECT, stay.stay_id)
    tills = {one.entry.account for one in moved if one.entry.account.kind is AccountKind.CASH}
    income = Account(row.community_id, AccountKind.INCOME)
    entries = tuple(
        entry
        for till in sorted(tills)
        if (held := sum(one.entry.fen for one in moved if one.entry.account == till))
        for entry in (
            Entry(till, -held, exit_id), Entry(till, held, stay.stay_id),
            Entry(income, held, exit_id), Entry(income, -held, stay.stay_id),
        )
    )  # fmt: skip
    _post(db, actor, row, Code.CORRECTION, entries, reason, now)
    settle_up(db, [stay.stay_id])
    _write_down(db, actor, "exit_cash.count_for", row, reason, amount_fen=fen, stay_id=str(stay.stay_id))
    return stay_of(db, actor, stay.stay_id)


def _of_no_stay() -> ColumnElement[bool]:
    of_it = or_(StayRow.stay_id == ExitCashRow.exit_id, StayRow.exit_id == ExitCashRow.exit_id)
    return ~exists(select(StayRow.stay_id).where(of_it))


def _with_us(db: Session, rows: Sequence[ExitCashRow]) -> list[tuple[ExitCashRow, int]]:
    """Those of which anything is with us still, and how much."""
    moved = ledger.about(db, [row.exit_id for row in rows])
    left = ((row, _left(moved.get(row.exit_id, []))) for row in rows)
    return [(row, fen) for row, fen in left if fen > 0]


def _left(moved: Sequence[Moved]) -> int:
    goes_back = -sum(one.entry.fen for one in moved if one.entry.account.kind is AccountKind.REFUNDS)
    return received(moved).paid - goes_back


def _held(db: Session, actor: Actor, exit_id: UUID, fen: int) -> tuple[ExitCashRow, list[Moved]]:
    """As nobody else is deciding it: its lot and its number are held until the transaction ends."""
    row = db.scalar(select(ExitCashRow).where(ExitCashRow.exit_id == exit_id))
    if row is None:
        raise NotFound("exit_cash.nothing")
    actor.demand(GIVE_BACK, row.community_id)
    lock_lot(db, row.community_id)
    lock_subject(db, SUBJECT, exit_id)
    free = db.scalar(select(ExitCashRow.exit_id).where(ExitCashRow.exit_id == exit_id, _of_no_stay()))
    moved = ledger.about(db, [exit_id]).get(exit_id, [])
    if free is None or _left(moved) != fen or fen <= 0:
        raise Conflict("exit_cash.decided")
    return row, list(moved)


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    return reason


def _post(
    db: Session, actor: Actor, row: ExitCashRow, code: Code, entries: tuple[Entry, ...], note: str, now: datetime
) -> None:
    before = len(ledger.about(db, [row.exit_id]).get(row.exit_id, []))
    post(db, actor, Posting(f"exit_cash:{row.exit_id}:{before}", code, now, entries, note))


def _write_down(db: Session, actor: Actor, what: str, row: ExitCashRow, reason: str, **said: object) -> None:
    plate = {"plate": row.plate} if row.plate else {}
    record(
        db, actor, what, "visit", row.exit_id, reason=reason, community_id=row.community_id, after=plate | said
    )  # fmt: skip
