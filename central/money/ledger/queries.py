"""Reads of the ledger: a posting by its key, what is on accounts, what moved about a subject."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.tables import LedgerAccountRow, LedgerEntryRow, LedgerPostingRow


class Moved(NamedTuple):
    """One entry with what its posting says of it."""

    posting_id: UUID
    code: Code
    at: datetime
    posted_at: datetime
    by_name: str
    note: str
    entry: Entry


def posting_of(db: Session, key: str) -> Posting | None:
    row = db.scalar(select(LedgerPostingRow).where(LedgerPostingRow.key == key))
    if row is None:
        return None
    lines = moved(db, LedgerEntryRow.posting_id == row.id)
    return Posting(row.key, Code(row.code), row.at, tuple(one.entry for one in lines), row.note)


def about(db: Session, subject_ids: Collection[UUID]) -> dict[UUID, list[Moved]]:
    """All that moved about each of these, in the order in which it moved."""
    found: dict[UUID, list[Moved]] = {}
    for one in moved(db, LedgerEntryRow.subject_id.in_(subject_ids)) if subject_ids else ():
        if one.entry.subject_id is not None:
            found.setdefault(one.entry.subject_id, []).append(one)
    return found


def moved(db: Session, *which: ColumnElement[bool]) -> list[Moved]:
    """Entries, by when the money moved. `which` may ask of accounts, postings and entries."""
    query = (
        _joined(LedgerEntryRow, LedgerPostingRow, LedgerAccountRow)
        .where(*which)
        .order_by(LedgerPostingRow.at, LedgerPostingRow.id, LedgerEntryRow.place)
    )
    return [
        Moved(
            posting.id, Code(posting.code), posting.at, posting.posted_at, posting.by_name, posting.note,
            Entry(Account(account.community_id, AccountKind(account.kind), account.ref), entry.fen, entry.subject_id),
        )
        for entry, posting, account in db.execute(query)
    ]  # fmt: skip


def keys_of(db: Session, posting_ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(LedgerPostingRow.id, LedgerPostingRow.key).where(LedgerPostingRow.id.in_(posting_ids))
    return {row[0]: row[1] for row in db.execute(query)}


def subjects_of(db: Session, posting_ids: Collection[UUID]) -> set[UUID]:
    """What these postings are about."""
    query = select(LedgerEntryRow.subject_id).where(
        LedgerEntryRow.posting_id.in_(posting_ids), LedgerEntryRow.subject_id.is_not(None)
    )
    return {one for one in db.scalars(query) if one is not None} if posting_ids else set()


def balance_of(db: Session, account: Account) -> int:
    return sum(by_account(db, account.community_id, account.kind, ref=account.ref).values())


def by_account(
    db: Session, community_id: UUID | None, kind: AccountKind, *, ref: str | None = None
) -> dict[Account, int]:
    """What is on the accounts of a kind; `community_id` None: of the whole company."""
    query = _joined(LedgerAccountRow.community_id, LedgerAccountRow.ref, func.sum(LedgerEntryRow.fen))
    query = query.where(LedgerAccountRow.kind == kind.value)
    if community_id is not None:
        query = query.where(LedgerAccountRow.community_id == community_id)
    if ref is not None:
        query = query.where(LedgerAccountRow.ref == ref)
    rows = db.execute(query.group_by(LedgerAccountRow.community_id, LedgerAccountRow.ref))
    return {Account(place, kind, of): int(fen) for place, of, fen in rows if fen}


def by_subject(db: Session, kind: AccountKind, *which: ColumnElement[bool]) -> Mapping[UUID, int]:
    """What is open about each subject on the accounts of a kind; what came back to zero is left out."""
    query = _joined(LedgerEntryRow.subject_id, func.sum(LedgerEntryRow.fen))
    query = query.where(LedgerAccountRow.kind == kind.value, LedgerEntryRow.subject_id.is_not(None), *which)
    rows = db.execute(query.group_by(LedgerEntryRow.subject_id).having(func.sum(LedgerEntryRow.fen) != 0))
    return {subject: int(fen) for subject, fen in rows}


def by_code(db: Session, kind: AccountKind, *which: ColumnElement[bool]) -> dict[Code, int]:
    """What each cause has moved on the accounts of a kind."""
    query = _joined(LedgerPostingRow.code, func.sum(LedgerEntryRow.fen)).where(
        LedgerAccountRow.kind == kind.value, *which
    )
    return {Code(code): int(fen) for code, fen in db.execute(query.group_by(LedgerPostingRow.code))}


def of_community(community_id: UUID) -> ColumnElement[bool]:
    return LedgerAccountRow.community_id == community_id


def of_kind(kind: AccountKind) -> ColumnElement[bool]:
    return LedgerAccountRow.kind == kind.value


def of_kinds(kinds: Collection[AccountKind]) -> ColumnElement[bool]:
    return LedgerAccountRow.kind.in_([one.value for one in kinds])


def of_refs(refs: Collection[str]) -> ColumnElement[bool]:
    return LedgerAccountRow.ref.in_(refs)


def of_code(code: Code) -> ColumnElement[bool]:
    return LedgerPostingRow.code == code.value


def posted_between(since: datetime, until: datetime) -> ColumnElement[bool]:
    """Written down after the one and not after the other."""
    return and_(LedgerPostingRow.posted_at > since, LedgerPostingRow.posted_at <= until)


def _joined(*what: Any) -> Select[Any]:
    return (
        select(*what)
        .select_from(LedgerEntryRow)
        .join(LedgerPostingRow, LedgerPostingRow.id == LedgerEntryRow.posting_id)
        .join(LedgerAccountRow, LedgerAccountRow.id == LedgerEntryRow.account_id)
    )
