"""The rule of a charge by contract: whatever is heard, in whatever order and however often, one charge at most, and it
is never begun again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.money.payments.contract_rules import LIVE, Charge, Contract, Heard, Then, first_open, step

WORDS = st.lists(st.sampled_from(Heard), max_size=14)
ENDS = (Charge.NONE, Charge.REFUSED, Charge.FAILED, Charge.PAID)


def walk(words, state=Charge.LOOKING):
    """[(before, word, after, what follows)]"""
    steps = []
    for word in words:
        after, then = step(state, word)
        steps.append((state, word, after, then))
        state = after
    return steps


@pytest.mark.req("PARK-11")
@given(WORDS)
def test_a_stay_is_charged_once_at_most_whatever_is_heard_in_whatever_order(words):
    steps = walk(words)
    booked = [one for one in steps if Then.BOOK in one[3]]
    assert len(booked) <= 1
    asked = [one for one in steps if one[0] is Charge.WANTED]
    left = [place for place, one in enumerate(steps) if one[0] is Charge.WANTED and one[2] is not Charge.WANTED]
    assert len(left) <= 1 and all(steps.index(one) <= left[0] for one in asked if left), "never wanted again"
    lifts = sum(Then.LIFT in one[3] for one in steps)
    stands = sum(Then.STANDS in one[3] for one in steps)
    assert stands <= lifts <= 1, "the arm rises on it once, and only what it rose on can be taken back"


@pytest.mark.req("PARK-11")
@given(WORDS)
def test_money_that_came_counts_however_late_and_nothing_undoes_it(words):
    steps = walk(words, Charge.WANTED)
    came = Heard.SUCCESS in words
    last = steps[-1][2] if steps else Charge.WANTED
    assert (last is Charge.PAID) == came
    assert sum(Then.BOOK in one[3] for one in steps) == came
    after = [one[2] for one in steps if one[0] is Charge.PAID]
    assert set(after) <= {Charge.PAID}


@pytest.mark.req("PARK-11")
@given(WORDS, st.sampled_from(Heard))
def test_the_same_word_again_changes_nothing(words, word):
    state = walk(words)[-1][2] if words else Charge.LOOKING
    once, _ = step(state, word)
    assert step(once, word) == (once, ()) or (state, word) == (Charge.WANTED, Heard.TIME_OVER)


@pytest.mark.req("PARK-11")
@given(WORDS)
def test_an_end_is_left_by_money_alone(words):
    for before, word, after, _ in walk(words):
        if before in ENDS and after is not before:
            assert (word, after) == (Heard.SUCCESS, Charge.PAID) and before is not Charge.NONE


@given(st.sampled_from(sorted(LIVE)))
def test_whatever_waits_comes_to_an_end_by_time_alone(state):
    after = step(step(state, Heard.TIME_OVER).state, Heard.TIME_OVER).state
    assert after in ENDS


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"a": Contract.NONE, "b": Contract.OPEN}, ("b", Heard.HAS_CONTRACT)),
        ({"b": Contract.OPEN, "a": Contract.OPEN}, ("a", Heard.HAS_CONTRACT)),
        ({"a": Contract.UNKNOWN, "b": Contract.OPEN}, ("b", Heard.HAS_CONTRACT)),
        ({"a": Contract.UNKNOWN, "b": Contract.NONE}, ("", None)),
        ({"a": Contract.BLOCKED}, ("", Heard.NO_CONTRACT)),
        ({}, ("", Heard.NO_CONTRACT)),
    ],
)
def test_one_channel_is_chosen_and_one_that_did_not_answer_is_asked_again(said, found):
    assert first_open(said) == found
