"""When a rule applies: spans of the site's week, and holidays that replace the weekday they fall on (ACC-03)."""

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field

from models.values.frozen import IN_ORDER, WireValue
from models.values.time import minute_of_day, site_day

HOLIDAY = 8


class Span(WireValue):
    """Minutes of the day, on some days. Monday = 1 … Sunday = 7, holiday = 8.

    `end_minute` is excluded; 1440 is midnight. A span whose end is not after its start runs over midnight and belongs
    to the day on which it starts.
    """

    days: Annotated[frozenset[Annotated[int, Field(ge=1, le=HOLIDAY)]], IN_ORDER] = Field(min_length=1)
    start_minute: int = Field(ge=0, le=1439)
    end_minute: int = Field(ge=1, le=1440)

    def holds(self, at: datetime, holidays: frozenset[date]) -> bool:
        """Whether the instant lies in the span, in the site's calendar."""
        today, minute = site_day(at), minute_of_day(at)
        if self.start_minute < self.end_minute:
            return self.falls_on(today, holidays) and self.start_minute <= minute < self.end_minute
        began_today = self.falls_on(today, holidays) and minute >= self.start_minute
        began_yesterday = self.falls_on(today - timedelta(days=1), holidays) and minute < self.end_minute
        return began_today or began_yesterday

    def falls_on(self, day: date, holidays: frozenset[date]) -> bool:
        """Whether a span of this week starts on the day."""
        return (HOLIDAY if day in holidays else day.isoweekday()) in self.days


ALWAYS: tuple[Span, ...] = (Span(days=frozenset(range(1, 9)), start_minute=0, end_minute=1440),)
