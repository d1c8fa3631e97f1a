"""The ledger in PostgreSQL: added to and never changed, balanced by the database itself, a company's own."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from central.money.ledger import queries, service
from central.money.ledger.rules import Account, AccountKind, Code, Entry, KeyTaken, Posting, reversal_of
from models.values.ids import new_id


def paid(town, key="k1", fen=500, subject=None):
    till = Account(town.community, AccountKind.CASH, str(town.lane))
    income = Account(town.community, AccountKind.INCOME)
    return Posting(key, Code.PAYMENT, town.now, (Entry(till, fen, subject), Entry(income, -fen, subject)))


def post(town, posting):
    with town.session() as db:
        return service.post(db, town.actor, posting)


def on(town, kind, ref=""):
    with town.session() as db:
        return queries.balance_of(db, Account(town.community, kind, ref))


@pytest.mark.req("PARK-18")
def test_a_posting_counts_once_however_often_it_is_sent_and_a_reversal_takes_it_back(town):
    assert post(town, paid(town)) is not None
    assert post(town, paid(town)) is None
    assert (on(town, AccountKind.CASH, str(town.lane)), on(town, AccountKind.INCOME)) == (500, -500)
    with pytest.raises(KeyTaken):
        post(town, paid(town, fen=600))
    back = reversal_of(paid(town), town.now, "多收")
    assert post(town, back) is not None and post(town, back) is None
    assert (on(town, AccountKind.CASH, str(town.lane)), on(town, AccountKind.INCOME)) == (0, 0)
    with town.session() as db:
        assert queries.posting_of(db, "k1") == paid(town), "what was wrong stays"


@pytest.mark.req("PARK-18")
def test_the_application_can_only_add(town):
    post(town, paid(town))
    for table in ("ledger_account", "ledger_posting", "ledger_entry"):
        for deed in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(DBAPIError, match="permission denied"), town.session() as db:
                db.execute(text(deed))


LINE = "INSERT INTO ledger_entry (posting_id, place, account_id, fen) VALUES (:posting, :place, :account, :fen)"
HEAD = """INSERT INTO ledger_posting (id, community_id, key, code, at, entries, by_name, note)
          VALUES (:posting, :place, 'k2', 'payment', now(), :n, '', '')"""


@pytest.mark.parametrize(
    ("said", "lines"), [(2, (5, -4)), (2, ()), (3, (5, -5)), (2, (5, -5, 1, -1))],
    ids=["not balanced", "no entries", "fewer than it says", "more than it says"],
)  # fmt: skip
def test_postgresql_itself_refuses_what_does_not_balance(town, said, lines):
    post(town, paid(town))
    with pytest.raises(DBAPIError, match="does not balance"), town.session() as db:
        account, posting = db.scalar(text("SELECT id FROM ledger_account LIMIT 1")), new_id()
        db.execute(text(HEAD), {"posting": posting, "place": town.community, "n": said})
        for place, fen in enumerate(lines):
            db.execute(text(LINE), {"posting": posting, "place": place, "account": account, "fen": fen})


def test_nothing_is_added_to_a_posting_that_stands(town):
    posting = post(town, paid(town))
    with pytest.raises(DBAPIError, match="does not balance"), town.session() as db:
        account = db.scalar(text("SELECT id FROM ledger_account LIMIT 1"))
        for place, fen in ((7, 5), (8, -5)):
            db.execute(text(LINE), {"posting": posting, "place": place, "account": account, "fen": fen})


def test_the_same_key_in_another_company_is_another_posting_and_nobody_sees_the_others(town, other_town):
    subject = new_id()
    post(town, paid(town, subject=subject))
    post(other_town, paid(other_town, fen=700))
    assert on(other_town, AccountKind.CASH, str(other_town.lane)) == 700
    with other_town.session() as db:
        assert queries.about(db, [subject]) == {}
        assert queries.by_account(db, None, AccountKind.INCOME) == {
            Account(other_town.community, AccountKind.INCOME): -700
        }
    with town.session() as db:
        (till, income) = queries.about(db, [subject])[subject]
        assert (till.entry.fen, income.entry.fen, till.code, till.by_name) == (500, -500, Code.PAYMENT, "test")
        assert queries.by_subject(db, AccountKind.CASH) == {subject: 500}
