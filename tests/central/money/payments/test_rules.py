"""An order's life: what it asks stands, money counts once, and what comes beyond that goes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.money.payments.rules import COUNTS, GOES_BACK, OrderState, Seen, Verdict, step


@pytest.mark.req("PARK-12")
@given(st.lists(st.sampled_from(Seen), max_size=10))
def test_whatever_happens_money_counts_at_most_once_and_none_is_forgotten(history):
    state, verdicts = OrderState.OPEN, []
    for seen in history:
        state, verdict = step(state, seen)
        if seen in (Seen.PAID, Seen.PAID_SINCE):
            verdicts.append(verdict)
        else:
            assert verdict is None
    assert sum(one in COUNTS for one in verdicts) <= 1
    assert all(one in COUNTS | GOES_BACK for one in verdicts), "each counts or goes back"
    assert (state is OrderState.PAID) == any(one in COUNTS for one in verdicts)


@pytest.mark.parametrize(
    ("state", "seen", "after"),
    [
        (OrderState.OPEN, Seen.PAID, (OrderState.PAID, Verdict.TAKEN)),
        (OrderState.EXPIRED, Seen.PAID, (OrderState.PAID, Verdict.LATE)),
        (OrderState.VOID, Seen.PAID_SINCE, (OrderState.VOID, Verdict.SECOND)),
        (OrderState.PAID, Seen.PAID, (OrderState.PAID, Verdict.SECOND)),
        (OrderState.PAID, Seen.REPLACED, (OrderState.PAID, None)),
        (OrderState.OPEN, Seen.REPLACED, (OrderState.VOID, None)),
        (OrderState.OPEN, Seen.TIME_OVER, (OrderState.EXPIRED, None)),
    ],
)
def test_what_an_order_becomes(state, seen, after):
    assert step(state, seen) == after
