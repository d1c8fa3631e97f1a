"""The one deed of a ledger: to post. A key that came before changes nothing."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.money.ledger.queries import posting_of
from central.money.ledger.rules import Account, Posting, check, same
from central.money.ledger.tables import LedgerAccountRow, LedgerEntryRow, LedgerPostingRow
from models.values.ids import new_id


def post(db: Session, by: Actor, posting: Posting) -> UUID | None:
    """Write it down; None where its key is there already. Raises ValueError for what is no posting, KeyTaken where the
    key says something else. It belongs to the community of its first entry."""
    check(posting)
    posting_id = new_id()
    row = upsert(LedgerPostingRow).values(
        id=posting_id, community_id=posting.entries[0].account.community_id, key=posting.key, code=posting.code.value,
        at=posting.at, entries=len(posting.entries), by_id=by.id, by_name=by.name, note=posting.note,
    )  # fmt: skip
    made = db.scalar(row.on_conflict_do_nothing(index_elements=["tenant_id", "key"]).returning(LedgerPostingRow.id))
    if made is None:
        before = posting_of(db, posting.key)
        assert before is not None
        same(before, posting)
        return None
    db.execute(
        insert(LedgerEntryRow),
        [
            {"posting_id": posting_id, "place": place, "account_id": _account(db, entry.account), "fen": entry.fen,
             "subject_id": entry.subject_id}
            for place, entry in enumerate(posting.entries)
        ],
    )  # fmt: skip
    return posting_id


def _account(db: Session, account: Account) -> UUID:
    """Its id, opened where it is needed for the first time."""
    known = select(LedgerAccountRow.id).where(
        LedgerAccountRow.community_id == account.community_id, LedgerAccountRow.kind == account.kind.value,
        LedgerAccountRow.ref == account.ref,
    )  # fmt: skip
    found = db.scalar(known)
    if found is None:
        row = upsert(LedgerAccountRow).values(
            id=new_id(), community_id=account.community_id, kind=account.kind.value, ref=account.ref
        )
        db.execute(row.on_conflict_do_nothing())
        found = db.scalar(known)
    assert found is not None
    return found
