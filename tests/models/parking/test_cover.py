"""Several permits of one car together; what one covers stands in the examples."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.cover import NOTHING, Permit, cover_of, covers_of
from tests.models.parking.tariffs import T1

START = datetime(2026, 11, 1, tzinfo=UTC)
days = st.integers(0, 40)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def permit(since: int, until: int) -> Permit:
    return Permit(valid_from=day(since), valid_until=day(until))


@pytest.mark.req("PARK-08")
def test_a_card_and_the_next_one_cover_without_a_gap_and_the_next_one_warns() -> None:
    together = covers_of([permit(0, 30), permit(30, 60)], day(28), day(35), T1)
    assert (together.cover, together.warn) == (((day(28), day(35)),), None)
    assert cover_of(permit(0, 30), day(28), day(35), T1).cover == ((day(28), day(33)),), "its grace"


@given(st.lists(st.tuples(days, days), max_size=4), days, days)
def test_together_they_cover_what_any_of_them_does_and_nothing_else(spans: list[tuple[int, int]], one: int, two: int):
    entry, leave = sorted((day(one), day(two)))
    permits = [permit(*sorted(span)) for span in spans]
    together = covers_of(permits, entry, leave, T1)
    alone = [cover_of(each, entry, leave, T1).cover for each in permits]
    for hour in range(0, 41 * 24, 7):
        at = START + timedelta(hours=hour)
        held = any(first <= at < last for first, last in together.cover)
        assert held == any(first <= at < last for cover in alone for first, last in cover)
    assert list(together.cover) == sorted(together.cover)
    assert permits or together == NOTHING
