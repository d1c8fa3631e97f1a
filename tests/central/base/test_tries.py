"""Who comes too often waits; who comes seldom never does, however long (SEC-05)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.identity.tries import Rate

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SPAN = timedelta(minutes=15)

pytestmark = pytest.mark.req("SEC-05")


def test_so_many_at_once_then_one_for_each_part_of_the_span() -> None:
    rate = Rate(3, SPAN)
    assert [rate.count("x", NOW) for _ in range(3)] == [None] * 3
    assert rate.count("x", NOW) == SPAN / 3
    assert rate.count("y", NOW) is None
    later = NOW + SPAN / 3
    assert rate.count("x", later - timedelta(microseconds=1)) == timedelta(microseconds=1)
    assert rate.count("x", later) is None
    assert rate.count("x", later) == SPAN / 3


def test_whoever_comes_as_seldom_as_the_limit_allows_is_never_refused() -> None:
    rate = Rate(30, SPAN)
    assert all(rate.count("x", NOW + number * SPAN / 30) is None for number in range(3_000))


@given(gaps=st.lists(st.integers(0, 400), max_size=200), most=st.integers(1, 12))
def test_never_more_than_twice_the_limit_in_any_span_and_the_wait_that_is_told_is_enough(
    gaps: list[int], most: int
) -> None:
    rate, now, let = Rate(most, SPAN), NOW, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        wait = rate.count("x", now)
        if wait is None:
            let.append(now)
        else:
            assert timedelta() < wait <= SPAN / most
            now += wait
            assert rate.count("x", now) is None, "the wait that was told is not enough"
            let.append(now)
        assert sum(at > now - SPAN for at in let) <= 2 * most


def test_it_is_remembered_within_bounds_and_the_oldest_goes_first() -> None:
    rate = Rate(1, SPAN, keys_max=100)
    for number in range(150):
        assert rate.count(number, NOW) is None
    assert len(rate) == 100
    assert rate.count(149, NOW) is not None
    assert rate.count(0, NOW) is None


def test_a_clock_that_went_back_shuts_nobody_out_for_longer_than_it_went() -> None:
    rate = Rate(2, SPAN)
    assert rate.count("x", NOW) is None
    back = NOW - timedelta(hours=1)
    wait = rate.count("x", back)
    assert wait is not None and wait <= timedelta(hours=1)
