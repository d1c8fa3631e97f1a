"""Double entry: always balanced, a key that comes again changes nothing, a reversal restores."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.money.ledger.rules import (
    Account,
    AccountKind,
    Code,
    Entry,
    KeyTaken,
    Posting,
    balances,
    check,
    missing,
    reversal_of,
    taken,
)

AT = datetime(2026, 11, 29, 8, tzinfo=UTC)
PLACE, STAY = UUID(int=1), UUID(int=2)

accounts = st.builds(Account, st.just(PLACE), st.sampled_from(AccountKind), st.sampled_from(["", "a", "b"]))
amounts = st.integers(-100_000_000, 100_000_000).filter(bool)


@st.composite
def postings(draw: st.DrawFn) -> Posting:
    """Whole ones: the last entry takes what the others leave."""
    lines = draw(st.lists(st.builds(Entry, accounts, amounts, st.just(STAY)), min_size=1, max_size=4))
    rest = -sum(one.fen for one in lines)
    if rest == 0:
        lines, rest = lines[:-1] or lines, -sum(one.fen for one in (lines[:-1] or lines))
    last = Entry(draw(accounts), rest, STAY)
    return Posting(draw(st.sampled_from("klmno")), draw(st.sampled_from(Code)), AT, (*lines, last))


def of(known: dict[str, Posting]) -> dict[Account, int]:
    return balances(entry for one in known.values() for entry in one.entries)


@pytest.mark.req("PARK-18")
@given(st.lists(postings(), max_size=8))
def test_whatever_is_posted_and_however_often_it_balances_and_a_replay_changes_nothing(sent):
    known: dict[str, Posting] = {}
    for one in sent:
        try:
            after = taken(known, one)
        except KeyTaken:
            assert one.key in known
            continue
        assert taken(after, one) == after, "the same key again"
        known = after
    assert sum(of(known).values()) == 0


@pytest.mark.req("PARK-18")
@given(postings(), postings())
def test_a_reversal_restores_every_account_and_is_one_more_posting(first, second):
    known = taken({}, first)
    second = second._replace(key="another")
    both = taken(known, second)
    back = taken(both, reversal_of(second, AT, "看错"))
    assert of(back) == of(known) and len(back) == 3, "what was wrong stays, and what took it back"
    assert taken(back, reversal_of(second, AT, "再点一次")) == back


@given(st.dictionaries(accounts, amounts), st.dictionaries(accounts, amounts))
def test_what_is_missing_leads_to_the_target_and_then_nothing_is_missing(now, should):
    entries = missing(now, should, STAY)
    reached = balances([*(Entry(account, fen) for account, fen in now.items()), *entries])
    assert reached == should
    assert missing(reached, should, STAY) == ()


@pytest.mark.parametrize(
    "lines",
    [(), (5,), (5, -4), (0, 0), (5, 0, -5)],
    ids=["none", "one", "not balanced", "of nothing", "one of nothing"],
)
def test_what_is_no_posting_is_refused(lines):
    entries = tuple(Entry(Account(PLACE, AccountKind.CASH), fen) for fen in lines)
    with pytest.raises(ValueError):
        check(Posting("k", Code.PAYMENT, AT, entries))
