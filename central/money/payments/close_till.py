"""A shift ends: what the till should hold against what was counted, signed by a second person (PARK-19).

    counted by one   before that nobody is shown what should be there: a surplus cannot be pocketed unseen
    closed by one    what is expected, counted and noted stands; nothing is posted yet
    signed by other  safe + counted, differences + what is missing, the till - what was expected: it begins again at 0

What was counted wrongly the other person takes back while nobody has signed it, and it is counted again. Where the two
differ, who counted or who signs says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.kernel.session import tenant_of
from central.money.ledger import queries as ledger
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.permissions import CLOSE_TILL
from central.money.payments.tables import TillCloseRow
from central.people.community.finding import find
from central.people.community.queries import community_of, lanes_of
from models.values.ids import new_id

NOTE_MAX = 200
SAFE, DESK = "safe", ""
LIST_MAX = 50
RIGHT_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TillNow:
    """What has come since the till was closed last. `waiting`: closed, and not signed yet."""

    community_id: UUID
    till: str
    since: datetime
    expected_fen: int
    electronic_fen: int
    waiting: TillClose | None


@dataclass(frozen=True, slots=True)
class TillClose:
    close_id: UUID
    community_id: UUID
    till: str
    since: datetime
    until: datetime
    expected_fen: int
    counted_fen: int
    electronic_fen: int
    note: str
    facts: Mapping[str, Any]
    closed_by: UUID
    closed_name: str
    signed_name: str | None
    signed_at: datetime | None

    @property
    def difference_fen(self) -> int:
        """Below zero where something is missing."""
        return self.counted_fen - self.expected_fen


def till_now(db: Session, actor: Actor, community_id: UUID, till: str, now: datetime) -> TillNow:
    """Raises NotFound, Forbidden, and Invalid for a till that is none of the lot's."""
    community_of(db, community_id)
    actor.demand(CLOSE_TILL, community_id)
    if till != DESK and till not in {str(one.lane.lane_id) for one in lanes_of(db, community_id)}:
        raise Invalid(fields={"till": "payments.no_till"})
    here = select(TillCloseRow).where(TillCloseRow.community_id == community_id, TillCloseRow.till == till)
    last = db.scalar(here.where(TillCloseRow.signed_at.is_not(None)).order_by(TillCloseRow.until.desc()).limit(1))
    waiting = db.scalar(here.where(TillCloseRow.signed_at.is_(None), TillCloseRow.withdrawn_at.is_(None)))
    since = last.until if last is not None else _began(db, community_id, till, now)
    came = ledger.moved(
        db, ledger.of_kind(AccountKind.CLEARING), ledger.of_community(community_id), ledger.posted_between(since, now)
    )
    return TillNow(
        community_id, till, since, ledger.balance_of(db, Account(community_id, AccountKind.CASH, till)),
        sum(one.entry.fen for one in came if one.entry.fen > 0), _view(waiting) if waiting is not None else None,
    )  # fmt: skip


def close_till(
    db: Session, actor: Actor, community_id: UUID, till: str, *, seen_at: datetime, counted_fen: int, note: str,
    facts: Mapping[str, Any], now: datetime,
) -> UUID:  # fmt: skip
    """`seen_at`: as the page or the answer said it that asked for the count; Conflict where cash moved since, or
    somebody else has closed it."""
    actor.demand(CLOSE_TILL, community_id)
    _lock_till(db, community_id, till)
    found, note, problems = till_now(db, actor, community_id, till, now), note.strip(), dict[str, str]()
    if actor.id is None:
        raise Conflict("payments.person_needed")
    if found.waiting is not None:
        raise Conflict("payments.till_waits", name=found.waiting.closed_name)
    cash = ledger.of_kind(AccountKind.CASH), ledger.of_community(community_id), ledger.of_refs([till])
    if ledger.moved(db, *cash, ledger.posted_between(seen_at, now)):
        raise Conflict("payments.till_moved")
    if counted_fen < 0:
        problems["counted"] = "payments.count_needed"
    if len(note) > NOTE_MAX:
        problems["note"] = "payments.difference_note"
    if problems:
        raise Invalid(fields=problems, most=NOTE_MAX)
    row = TillCloseRow(
        id=new_id(), community_id=community_id, till=till, since=found.since, until=now,
        expected_fen=found.expected_fen, counted_fen=counted_fen, electronic_fen=found.electronic_fen, note=note,
        facts=dict(facts), closed_by=actor.id, closed_name=actor.name,
    )  # fmt: skip
    db.add(row)
    db.flush()
    _write_down(db, actor, "till.close", row)
    return row.id


def sign_till(db: Session, actor: Actor, close_id: UUID, now: datetime, *, note: str = "") -> TillClose:
    """The second person: never who counted it. `note`: why the count is not what it should be, where who counted has
    not said."""
    row = _waiting(db, actor, close_id)
    if actor.id is None or actor.id == row.closed_by:
        raise Forbidden("payments.own_count", permission=CLOSE_TILL)
    note = note.strip()
    if (row.counted_fen != row.expected_fen and not (row.note or note)) or len(note) > NOTE_MAX:
        raise Invalid(fields={"note": "payments.difference_note"}, most=NOTE_MAX)
    _lock_till(db, row.community_id, row.till)
    row.note = row.note or note
    row.signed_by, row.signed_name, row.signed_at = actor.id, actor.name, now
    db.flush()
    sums = {
        Account(row.community_id, AccountKind.CASH, SAFE): row.counted_fen,
        Account(row.community_id, AccountKind.DIFFERENCES, row.till): row.expected_fen - row.counted_fen,
        Account(row.community_id, AccountKind.CASH, row.till): -row.expected_fen,
    }
    entries = tuple(Entry(account, fen) for account, fen in sums.items() if fen)
    if entries:
        post(db, actor, Posting(f"till:{row.id}", Code.TILL_CLOSE, row.until, entries, row.note))
    _write_down(db, actor, "till.sign", row)
    return _view(row)


def withdraw_close(db: Session, actor: Actor, close_id: UUID, now: datetime) -> TillClose:
    """To be counted again. Not by who counted it: they have seen what should be there."""
    row = _waiting(db, actor, close_id)
    if actor.id is None or actor.id == row.closed_by:
        raise Forbidden("payments.own_recount", permission=CLOSE_TILL)
    row.withdrawn_name, row.withdrawn_at = actor.name, now
    db.flush()
    _write_down(db, actor, "till.withdraw", row)
    return _view(row)


def closed_tills(db: Session, actor: Actor, community_id: UUID) -> list[TillClose]:
    """Those that were signed, newest first."""
    community_of(db, community_id)
    actor.demand(CLOSE_TILL, community_id)
    query = select(TillCloseRow).where(TillCloseRow.community_id == community_id, TillCloseRow.signed_at.is_not(None))
    return [_view(row) for row in db.scalars(query.order_by(TillCloseRow.until.desc()).limit(LIST_MAX))]


def close_of(db: Session, close_id: UUID) -> TillClose:
    return _view(find(db, TillCloseRow, close_id, "payments.no_close"))


def till_with(db: Session, came_into: Account, fen: int) -> Account:
    """Out of which so much cash is given back: the till that it came into, while it holds that much beyond what was
    counted; else the desk's, else the safe. They are held until the transaction ends. Conflict where none does."""
    place, refs = came_into.community_id, dict.fromkeys((came_into.ref, DESK, SAFE))
    for one in sorted(refs):  # always in this order, so that two never wait for one another
        _lock_till(db, place, one)
    counted = select(TillCloseRow.till, TillCloseRow.expected_fen).where(
        TillCloseRow.community_id == place, TillCloseRow.signed_at.is_(None), TillCloseRow.withdrawn_at.is_(None)
    )
    gone = {row.till: row.expected_fen for row in db.execute(counted)}
    for one in refs:
        account = came_into._replace(ref=one)
        if ledger.balance_of(db, account) - gone.get(one, 0) >= fen:
            return account
    raise Conflict("payments.till_short")


def _lock_till(db: Session, community_id: UUID, till: str) -> None:
    key = f"till:{tenant_of(db)}:{community_id}:{till}"
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _waiting(db: Session, actor: Actor, close_id: UUID) -> TillCloseRow:
    row = find(db, TillCloseRow, close_id, "payments.no_close", lock=True)
    actor.demand(CLOSE_TILL, row.community_id)
    if row.signed_at is not None or row.withdrawn_at is not None:
        raise Conflict("payments.till_over")
    return row


def _began(db: Session, community_id: UUID, till: str, now: datetime) -> datetime:
    """Where nothing lies between it and the shift before: as another till of the lot was closed last before money
    first moved through this one; as money first came to the lot or was let go, where none was; else now."""
    here = ledger.of_community(community_id)
    first = min(
        (one.posted_at for one in ledger.moved(db, ledger.of_kind(AccountKind.CASH), here, ledger.of_refs([till]))),
        default=now,
    )
    closed = select(func.max(TillCloseRow.until)).where(
        TillCloseRow.community_id == community_id, TillCloseRow.signed_at.is_not(None), TillCloseRow.until < first
    )
    if last := db.scalar(closed):
        return last
    came = ledger.moved(db, ledger.of_kinds((AccountKind.CASH, AccountKind.CLEARING, AccountKind.WAIVERS)), here)
    return min((one.posted_at for one in came), default=now) - RIGHT_BEFORE


def _write_down(db: Session, actor: Actor, what: str, row: TillCloseRow) -> None:
    record(
        db, actor, what, "till_close", row.id, reason=row.note or None, community_id=row.community_id,
        after={"expected_fen": row.expected_fen, "counted_fen": row.counted_fen},
    )  # fmt: skip


def _view(row: TillCloseRow) -> TillClose:
    return TillClose(
        row.id, row.community_id, row.till, row.since, row.until, row.expected_fen, row.counted_fen,
        row.electronic_fen, row.note, row.facts, row.closed_by, row.closed_name, row.signed_name, row.signed_at,
    )  # fmt: skip
