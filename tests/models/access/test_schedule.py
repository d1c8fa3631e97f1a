"""Spans of the site's week: edges, midnight, holidays, and a second reckoning of the same rule."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from pydantic import ValidationError

from models.access.schedule import ALWAYS, HOLIDAY, Span
from models.values.time import SITE_TZ
from tests.models.strategies import holiday_sets, nearby, spans

MON, TUE, FRI, SAT, SUN = 1, 2, 5, 6, 7
MONDAY = date(2026, 3, 2)
NONE: frozenset[date] = frozenset()


def span(start: str, end: str, *days: int) -> Span:
    def minute(clock: str) -> int:
        hour, rest = clock.split(":")
        return int(hour) * 60 + int(rest)

    return Span(days=frozenset(days), start_minute=minute(start), end_minute=minute(end))


def local(day: int, clock: str) -> datetime:
    """An instant of March 2026 by the site's clock; the 2nd is a Monday."""
    return datetime.fromisoformat(f"2026-03-{day:02d}T{clock}+08:00")


@pytest.mark.req("ACC-03")
@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (local(2, "07:59:59.999999"), False),
        (local(2, "08:00:00"), True),
        (local(2, "17:59:59.999999"), True),
        (local(2, "18:00:00"), False),
        (local(3, "12:00:00"), False),
        (datetime(2026, 3, 2, 0, 0, tzinfo=UTC), True),  # 08:00 at the site
        (datetime(2026, 3, 2, 8, 30, tzinfo=UTC), True),  # 16:30 at the site
        (datetime(2026, 3, 2, 12, 0, tzinfo=UTC), False),  # 20:00 at the site
    ],
)
def test_a_span_begins_at_its_first_minute_and_ends_before_its_last(at: datetime, holds: bool) -> None:
    assert span("08:00", "18:00", MON).holds(at, NONE) is holds


@pytest.mark.req("ACC-03")
@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (local(6, "21:59:59"), False),
        (local(6, "22:00:00"), True),
        (local(6, "23:59:59"), True),
        (local(7, "00:00:00"), True),
        (local(7, "05:59:59"), True),
        (local(7, "06:00:00"), False),
        (local(7, "22:00:00"), False),  # Saturday's night is not Friday's
        (local(6, "05:00:00"), False),  # nor is Thursday's
    ],
)
def test_a_span_over_midnight_belongs_to_the_day_on_which_it_starts(at: datetime, holds: bool) -> None:
    assert span("22:00", "06:00", FRI).holds(at, NONE) is holds


@pytest.mark.req("ACC-03")
def test_the_night_from_sunday_to_monday_crosses_the_edge_of_the_week() -> None:
    night = span("22:00", "06:00", SUN)
    assert night.holds(local(1, "23:00:00"), NONE)
    assert night.holds(local(2, "05:00:00"), NONE)
    assert not night.holds(local(8, "05:00:00"), NONE)


@pytest.mark.req("ACC-03")
def test_a_whole_day_ends_at_midnight_of_the_site_and_not_of_utc() -> None:
    whole = span("00:00", "24:00", MON)
    assert not whole.holds(local(1, "23:59:59.999999"), NONE)
    assert whole.holds(local(2, "00:00:00"), NONE)
    assert whole.holds(local(2, "23:59:59.999999"), NONE)
    assert not whole.holds(local(3, "00:00:00"), NONE)


@pytest.mark.req("ACC-03")
def test_a_holiday_replaces_the_weekday_on_which_it_falls() -> None:
    holidays = frozenset({MONDAY})
    office, quiet = span("08:00", "18:00", MON, TUE), span("10:00", "12:00", HOLIDAY)
    assert not office.holds(local(2, "09:00:00"), holidays)
    assert not quiet.holds(local(2, "09:00:00"), holidays)
    assert quiet.holds(local(2, "11:00:00"), holidays)
    assert office.holds(local(3, "09:00:00"), holidays)
    assert not quiet.holds(local(2, "11:00:00"), NONE)


@pytest.mark.req("ACC-03")
def test_a_night_that_began_before_the_holiday_runs_into_it_and_the_holidays_own_night_runs_out_of_it() -> None:
    holidays = frozenset({MONDAY})
    sunday_night, holiday_night = span("22:00", "06:00", SUN), span("22:00", "06:00", HOLIDAY)
    assert sunday_night.holds(local(2, "05:00:00"), holidays)
    assert not holiday_night.holds(local(2, "05:00:00"), holidays)
    assert holiday_night.holds(local(3, "05:00:00"), holidays)


@pytest.mark.req("ACC-03")
@given(spans, nearby, holiday_sets)
def test_a_second_reckoning_with_intervals_of_real_time_agrees(span: Span, at: datetime, holidays: frozenset) -> None:
    def covered(day: date) -> bool:
        midnight = datetime(day.year, day.month, day.day, tzinfo=SITE_TZ)
        length = span.end_minute - span.start_minute
        start = midnight + timedelta(minutes=span.start_minute)
        return start <= at < start + timedelta(minutes=length if length > 0 else length + 1440)

    today = at.astimezone(SITE_TZ).date()
    days = [today - timedelta(days=1), today]
    named = [d for d in days if (HOLIDAY if d in holidays else d.isoweekday()) in span.days]
    assert span.holds(at, holidays) is any(covered(day) for day in named)


@pytest.mark.req("ACC-03")
@given(nearby, holiday_sets)
def test_always_is_always(at: datetime, holidays: frozenset[date]) -> None:
    assert any(span.holds(at, holidays) for span in ALWAYS)


@pytest.mark.req("ACC-03")
@pytest.mark.parametrize(
    "wrong",
    [
        {"days": frozenset()},
        {"days": frozenset({0})},  # a Sunday counted from 0 would make a deny rule silently empty
        {"days": frozenset({9})},
        {"start_minute": 1440},
        {"start_minute": -1},
        {"end_minute": 0},
        {"end_minute": 1441},
    ],
)
def test_a_day_or_minute_that_no_week_has_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate({"days": {1}, "start_minute": 0, "end_minute": 60, **wrong})
