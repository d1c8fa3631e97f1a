"""Instants are aware datetimes in UTC; calendars and days are those of the site (GEN-02).

Central and edge store UTC. A day, a weekday or a schedule is always asked in the site's zone: Asia/Shanghai, UTC+8
all year. A naive datetime is refused where it enters, because it cannot say which of the two it meant.
"""

from datetime import UTC, date, datetime, timedelta, timezone
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


def site_day(at: datetime) -> date:
    """The calendar day at the site that holds this instant; the day begins at 00:00."""
    return site_time(at).date()


def minute_of_day(at: datetime) -> int:
    """Whole minutes since 00:00 at the site, 0..1439."""
    local = site_time(at)
    return local.hour * 60 + local.minute
