"""Which cards to replace first: swept over everything that the advice may know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.gates.access.weak_cards import UNUSED_FOR, Advice, advice_for
from tests.central.people.town import SINCE

pytestmark = pytest.mark.req("ACC-28")
DAYS = st.integers(0, 400).map(lambda days: timedelta(days=days))


@given(st.booleans(), st.sets(st.sampled_from(["resident", "staff", "help"])), DAYS, st.none() | DAYS)
def test_only_a_card_that_proves_itself_and_is_used_is_simply_kept(weak, groups, given, used):
    now = SINCE
    said = advice_for(weak, groups, now - given, None if used is None else now - used, now)
    idle = min(given, used if used is not None else given) >= UNUSED_FOR
    assert (said is Advice.TAKE_BACK) is idle
    assert (said is Advice.KEEP) is (not idle and not weak)
    assert (said is Advice.FIRST) is (not idle and weak and bool(groups - {"resident"}))


def test_a_new_card_that_was_never_used_is_not_taken_back():
    assert advice_for(True, ["resident"], SINCE, None, SINCE) is Advice.REPLACE
    assert advice_for(True, ["resident"], SINCE, None, SINCE + UNUSED_FOR) is Advice.TAKE_BACK
