"""Which clock judges: central's where it is known; else the node's own, and never behind what lies in the past."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.clocks import corrected, following, judging, moved
from models.values.time import EPOCH

LAST, FIRST = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=47_000)).map(lambda since: EPOCH + since)
skews = st.integers(-(10**11), 10**11)
lines = st.lists(st.tuples(instants, st.none() | skews), max_size=20)


def told_by(journal: list[tuple[datetime, int | None]]) -> datetime | None:
    at = None
    for own, skew_ms in journal:
        at = following(at, own, skew_ms)
    return at


@pytest.mark.req("GEN-02")
@given(own=instants, skew_ms=skews)
def test_a_skew_turns_the_nodes_time_into_centrals(own: datetime, skew_ms: int) -> None:
    assert corrected(own + timedelta(milliseconds=skew_ms), skew_ms) == own
    assert corrected(own, None) == own


@pytest.mark.req("GEN-02")
@given(own=instants, central=instants, past=instants)
def test_where_central_is_known_nothing_else_judges(own: datetime, central: datetime, past: datetime) -> None:
    assert judging(own, central, past) == central


@pytest.mark.req("GEN-02")
@given(own=instants, past=instants)
def test_a_clock_set_back_is_not_followed_and_one_set_forward_is(own: datetime, past: datetime) -> None:
    judged = judging(own, None, past)
    assert judged >= past and judged >= own and judged in (own, past)


@given(journal=lines, own=instants)
def test_a_line_without_a_skew_is_never_before_the_line_before_it(
    journal: list[tuple[datetime, int | None]], own: datetime
) -> None:
    before, after = told_by(journal), told_by([*journal, (own, None)])
    assert after is not None and after >= own
    assert before is None or after >= before


@given(journal=lines, own=instants, skew_ms=skews)
def test_a_line_with_a_skew_is_believed_whatever_stood_before_it(
    journal: list[tuple[datetime, int | None]], own: datetime, skew_ms: int
) -> None:
    """A clock that once stood in another year does not keep the gate there."""
    assert told_by([*journal, (own, skew_ms)]) == corrected(own, skew_ms)


@pytest.mark.parametrize("skew_ms", [1 << 62, -(1 << 62), 10**15, -(10**15)])
def test_the_ends_of_the_calendar_are_no_crash(skew_ms: int) -> None:
    assert corrected(LAST, skew_ms) <= LAST and corrected(FIRST, skew_ms) >= FIRST
    assert moved(LAST, timedelta(seconds=1)) == LAST and moved(FIRST, -timedelta(seconds=1)) == FIRST
