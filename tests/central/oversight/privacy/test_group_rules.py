"""When a group is a finding: the rule alone, over every group that could be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.oversight.privacy.group_rules import (
    FAILING_MIN,
    PEOPLE_MIN,
    TIMES,
    TRIALS_MIN,
    Tally,
    Verdict,
    judge,
    rate_of,
    wilson,
)

pytestmark = pytest.mark.req("PRIV-17")


@st.composite
def tallies(draw: st.DrawFn) -> list[Tally]:
    people = []
    for _ in range(draw(st.integers(0, 30))):
        trials = draw(st.integers(0, 60))
        people.append(Tally(trials, draw(st.integers(0, trials))))
    return people


@given(tallies(), tallies())
def test_a_finding_is_large_enough_twice_the_mean_and_not_one_person_s_doing(
    group: list[Tally], others: list[Tally]
) -> None:
    rate, mean = rate_of(group), rate_of([*group, *others])
    if judge(rate, mean) is Verdict.FINDING:
        assert rate.people >= PEOPLE_MIN and rate.trials >= TRIALS_MIN and rate.failing >= FAILING_MIN
        assert rate.rate is not None and mean.rate is not None and rate.low is not None
        assert rate.rate > TIMES * mean.rate and rate.low > mean.rate


@given(tallies())
def test_everybody_together_is_never_a_finding(group: list[Tally]) -> None:
    assert judge(rate_of(group), rate_of(group)) is not Verdict.FINDING


@given(tallies(), tallies(), st.integers(0, 200))
def test_more_success_of_the_group_makes_no_finding_of_what_was_none(
    group: list[Tally], others: list[Tally], more: int
) -> None:
    before = judge(rate_of(group), rate_of([*group, *others]))
    better = [*group, Tally(more, 0)]
    if before is Verdict.WITHIN:
        assert judge(rate_of(better), rate_of([*better, *others])) is Verdict.WITHIN


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_the_interval_holds_the_rate_and_stays_between_none_and_all(failures: int, more: int) -> None:
    trials = failures + more
    low, high = wilson(failures, trials)
    assert 0 <= low <= failures / trials <= high <= 1 and low < high


def test_the_interval_is_that_of_the_books() -> None:
    """10 of 100: 0.0552 to 0.1744 (Brown, Cai and DasGupta 2001 print it for Wilson)."""
    low, high = wilson(10, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)


@pytest.mark.parametrize(
    ("group", "verdict"),
    [
        ([Tally(20, 3)] * 9, Verdict.TOO_SMALL),
        ([Tally(9, 2)] * 11, Verdict.TOO_SMALL),
        ([Tally(20, 3)] * 12, Verdict.FINDING),
        ([Tally(20, 30 // 2)] + [Tally(20, 0)] * 11, Verdict.WITHIN),
        ([Tally(20, 0)] * 12, Verdict.WITHIN),
    ],
    ids=["nine people", "ninety-nine attempts", "three in twenty", "one person alone", "no failure"],
)
def test_beside_a_hundred_people_who_fail_once_in_a_hundred(group: list[Tally], verdict: Verdict) -> None:
    others = [Tally(50, 1), Tally(50, 0)] * 50
    assert judge(rate_of(group), rate_of([*group, *others])) is verdict
