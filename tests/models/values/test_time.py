"""Instants are UTC inside, whatever zone they came in; days belong to the site."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.values.time import (
    BEGINS_MINUTE_MAX,
    SITE_TZ,
    Instant,
    day_begins,
    minute_of_day,
    site_day,
    utc_now,
)

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
anywhere = st.builds(
    lambda micros, zone: (datetime(1992, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(zone),
    st.integers(0, 108 * 365 * 86_400 * 1_000_000),
    zones,
)


@pytest.mark.req("GEN-02")
@given(anywhere)
def test_an_instant_is_kept_as_utc_and_stays_the_same_instant(at: datetime) -> None:
    kept = INSTANT.validate_python(at)
    assert kept == at
    assert kept.tzinfo is UTC
    assert INSTANT.validate_json(INSTANT.dump_json(kept)) == at


@pytest.mark.req("GEN-02")
@pytest.mark.parametrize("naive", [utc_now().replace(tzinfo=None), "2026-03-02T12:00:00", "2026-03-02", None, ""])
def test_a_time_that_does_not_say_its_zone_is_refused(naive: object) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(naive)


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_an_instant_outside_the_calendar_of_utc_is_refused_and_not_a_crash(edge: str) -> None:
    """A node's broken clock must cost it one refused message, never central's request."""
    with pytest.raises(ValidationError):
        INSTANT.validate_python(edge)


@pytest.mark.req("GEN-02")
@given(anywhere)
def test_day_and_minute_are_those_of_a_wall_clock_eight_hours_ahead_of_utc(at: datetime) -> None:
    wall = at.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=8)
    assert site_day(at) == wall.date()
    assert minute_of_day(at) == wall.hour * 60 + wall.minute


@pytest.mark.req("GEN-02")
@pytest.mark.parametrize(
    ("utc", "day", "minute"),
    [
        ("2026-03-01T15:59:59.999999+00:00", date(2026, 3, 1), 1439),
        ("2026-03-01T16:00:00+00:00", date(2026, 3, 2), 0),
        ("2026-03-01T23:59:59+00:00", date(2026, 3, 2), 479),
        ("2026-12-31T16:00:00+00:00", date(2027, 1, 1), 0),
        ("2028-02-28T16:00:59+00:00", date(2028, 2, 29), 0),
        ("2026-07-01T04:00:00+00:00", date(2026, 7, 1), 720),  # summer: no daylight saving
    ],
)
def test_the_day_begins_at_midnight_of_the_site(utc: str, day: date, minute: int) -> None:
    at = datetime.fromisoformat(utc)
    assert (site_day(at), minute_of_day(at)) == (day, minute)


def test_the_wall_clock_is_aware() -> None:
    assert utc_now().tzinfo is UTC
    assert SITE_TZ.utcoffset(None) == timedelta(hours=8)


begins = st.integers(0, BEGINS_MINUTE_MAX)


@pytest.mark.req("GEN-02")
@given(anywhere, begins)
def test_each_instant_lies_in_one_day_of_24_hours_wherever_the_day_begins(at: datetime, begins: int) -> None:
    day = site_day(at, begins)
    assert day_begins(day, begins) <= at < day_begins(day + timedelta(days=1), begins)
    assert day_begins(day + timedelta(days=1), begins) - day_begins(day, begins) == timedelta(days=1)


@pytest.mark.req("GEN-02")
@given(st.dates(date(1992, 1, 1), date(2099, 12, 31)), begins)
def test_a_day_holds_its_first_instant_and_not_the_one_before(day: date, begins: int) -> None:
    first = day_begins(day, begins)
    assert minute_of_day(first) == begins
    assert site_day(first, begins) == day
    assert site_day(first - timedelta(microseconds=1), begins) == day - timedelta(days=1)


@given(anywhere)
def test_a_day_that_begins_at_midnight_is_the_calendars(at: datetime) -> None:
    assert site_day(at, 0) == site_day(at) and day_begins(site_day(at)).date() == site_day(at)


@pytest.mark.parametrize("begins", [0, 1, BEGINS_MINUTE_MAX])
def test_the_ends_of_the_calendar_have_a_day(begins: int) -> None:
    for at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert isinstance(site_day(at, begins), date)
