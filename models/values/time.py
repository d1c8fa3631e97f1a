"""Instants are aware datetimes in UTC; calendars and days are those of the site (GEN-02).

Central and edge store UTC. A day, a weekday or a schedule is always asked in the site's zone: Asia/Shanghai, UTC+8
all year. A naive datetime is refused where it enters, because it cannot say which of the two it meant.

The calendar's day begins at 00:00: birthdays, holidays, the days of a schedule and of a stay. The day by which things
are counted may begin later (`begins_minute`, a community's setting): a night shift then counts in the day it began in.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

SITE_TZ = timezone(timedelta(hours=8), "Asia/Shanghai")  # no DST since 1991, so a fixed offset says it all


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # pydantic turns ValueError alone into a refusal
        raise ValueError("this instant lies outside the calendar of UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Whole microseconds since 1970, exactly: a float would lose the last digit."""
    return (at - EPOCH) // _MICROSECOND


def utc_now() -> datetime:
    """The wall clock. Called by shells only; rules take `now` as an argument."""
    return datetime.now(UTC)


def site_time(at: datetime) -> datetime:
    """The instant on the site's clock. At the very end of the calendar there is none: then the instant as it is."""
    try:
        return at.astimezone(SITE_TZ)
    except OverflowError:
        return at.astimezone(UTC)


BEGINS_MINUTE_MAX = 719
"""A day that is counted begins before noon, so that most of it lies on the date it is called by."""


def site_day(at: datetime, begins_minute: int = 0) -> date:
    """The day at the site that holds this instant: the calendar's, or one that begins so many minutes after 00:00."""
    here = site_time(at)
    late = here.hour * 60 + here.minute < begins_minute and here.date() > date.min
    return here.date() - timedelta(days=1) if late else here.date()


def day_begins(day: date, begins_minute: int = 0) -> datetime:
    """The first instant of a day at the site."""
    return datetime.combine(day, time(begins_minute // 60, begins_minute % 60), SITE_TZ)


def minute_of_day(at: datetime) -> int:
    """Whole minutes since 00:00 at the site, 0..1439."""
    local = site_time(at)
    return local.hour * 60 + local.minute
