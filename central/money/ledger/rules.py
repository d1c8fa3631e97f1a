"""Double entry, pure: accounts, postings whose entries sum to zero, reversals, and what is missing to a target.

    debit +, credit -          what the entry says
    cash, clearing       +     money came in: into a lane's till, or owed to us by a channel
    arrears              +     somebody owes us more
    waivers              +     we let somebody off
    differences          +     a till held less than it should; less than nothing where it held more
    income               -     we earned
    refunds              -     we owe somebody money back
    prepaid              -     we owe a shop the coupons that it has paid for
    owners               -     we owe the owner of a bay their share of what a guest paid for it
    passed_on            +     what of our income went to the owners of bays

Nothing is ever changed: what was wrong is put right by another posting, and every posting says why (`Code`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class AccountKind(StrEnum):
    CASH = "cash"
    CLEARING = "clearing"
    INCOME = "income"
    ARREARS = "arrears"
    REFUNDS = "refunds"
    WAIVERS = "waivers"
    DIFFERENCES = "differences"
    PREPAID = "prepaid"
    OWNERS = "owners"
    PASSED_ON = "passed_on"


class Code(StrEnum):
    """Why money moved."""

    PAYMENT = "payment"
    SECOND_PAYMENT = "second_payment"
    WRONG_AMOUNT = "wrong_amount"
    PAID_TOO_MUCH = "paid_too_much"
    LEFT_OWING = "left_owing"
    FREE_EXIT = "free_exit"
    WRITE_OFF = "write_off"
    CORRECTION = "correction"
    VOID_PAID = "void_paid"
    REFUND = "refund"
    TILL_CLOSE = "till_close"
    REVERSAL = "reversal"
    COUPONS_SOLD = "coupons_sold"
    COUPONS_EARNED = "coupons_earned"
    BOOKING_FEE = "booking_fee"
    OWNER_SHARE = "owner_share"


class Account(NamedTuple):
    """`ref`: which of its kind: the till of a lane, a channel, the key of a plate, the offer of a bay. It names nobody
    by itself."""

    community_id: UUID
    kind: AccountKind
    ref: str = ""


class Entry(NamedTuple):
    """One line of a posting. `fen`: debit above zero, credit below. `subject_id`: the stay, or the
    booking, that it is about."""

    account: Account
    fen: int
    subject_id: UUID | None = None


class Posting(NamedTuple):
    """`key`: the same posting sent twice has the same. `at`: when the money moved, not when it was written down."""

    key: str
    code: Code
    at: datetime
    entries: tuple[Entry, ...]
    note: str = ""


class KeyTaken(ValueError):
    """A key came a second time and says something else: a fault of the program, never of a person."""


def check(posting: Posting) -> None:
    """Raise ValueError for what is no posting: fewer than two entries, an entry of nothing, a sum that is not zero."""
    if len(posting.entries) < 2 or any(entry.fen == 0 for entry in posting.entries):
        raise ValueError(f"a posting moves money from somewhere to somewhere: {posting.key}")
    if sum(entry.fen for entry in posting.entries):
        raise ValueError(f"the entries of {posting.key} do not sum to zero")


def reversal_of(posting: Posting, at: datetime, note: str) -> Posting:
    """The posting that takes this one back. It has a key of its own, so that one is taken back once."""
    entries = tuple(entry._replace(fen=-entry.fen) for entry in posting.entries)
    return Posting(f"reversal:{posting.key}", Code.REVERSAL, at, entries, note)


def taken(known: Mapping[str, Posting], posting: Posting) -> dict[str, Posting]:
    """The postings after one more: the same key again changes nothing. Raises KeyTaken and ValueError."""
    check(posting)
    before = known.get(posting.key)
    if before is not None:
        same(before, posting)
        return dict(known)
    return {**known, posting.key: posting}


def same(before: Posting, again: Posting) -> None:
    """Raise KeyTaken unless both say the same; when and in which words may differ, what moved may not."""
    if (before.code, sorted(before.entries, key=repr)) != (again.code, sorted(again.entries, key=repr)):
        raise KeyTaken(f"the key {again.key} is taken by another posting")


def balances(entries: Iterable[Entry]) -> dict[Account, int]:
    """What is on each account; one that came back to zero is left out."""
    found: dict[Account, int] = {}
    for entry in entries:
        found[entry.account] = found.get(entry.account, 0) + entry.fen
    return {account: fen for account, fen in found.items() if fen}


def missing(now: Mapping[Account, int], should: Mapping[Account, int], subject_id: UUID) -> tuple[Entry, ...]:
    """The entries that lead from what is on the accounts to what should be; none where nothing is missing."""
    accounts = sorted({*now, *should}, key=repr)
    moved = ((account, should.get(account, 0) - now.get(account, 0)) for account in accounts)
    return tuple(Entry(account, fen, subject_id) for account, fen in moved if fen)
