"""When a tidal lane turns round by itself: times of the site's week, as its site file says them (LANE-13). Pure.

    "1-5 06:30 in"     Monday to Friday at half past six it leads in from then on
    "1-5 16:30 out"
    "6,7,8 08:00 in"   8 is a holiday, which replaces the weekday that it falls on (as in models/access/schedule.py)

A change is due at its minute on the site's clock, wherever the node believes itself to be, and needs no central. Of
changes that a node slept through only the newest counts.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from edge.site_week import DAYS, TIME, days_in, minute_in
from models.access.schedule import HOLIDAY
from models.site.topology import Direction
from models.values.time import SITE_TZ, site_day

LOOKED_DAYS = 15
"""So far a change is looked for, back and ahead: longer than any row of holidays, and twice the longest week without
one."""
_TURN = re.compile(rf"(?P<days>{DAYS}) (?P<at>{TIME}) (?P<way>in|out)")


@dataclass(frozen=True, slots=True)
class Turn:
    """One change: on these days (Monday = 1 … Sunday = 7, holiday = 8), at this time of the site, it leads this way."""

    days: frozenset[int]
    at: time
    leads: Direction

    def falls_on(self, day: date, holidays: Set[date]) -> bool:
        return (HOLIDAY if day in holidays else day.isoweekday()) in self.days


@dataclass(frozen=True, slots=True)
class Due:
    """A change at its instant."""

    at: datetime
    leads: Direction


def turn_of(text: str) -> Turn:
    """The change that a line of the site file says. Raises ValueError."""
    said = _TURN.fullmatch(text)
    days = days_in(said["days"]) if said else frozenset[int]()
    if said is None or not days:
        zh = f"“{text}”看不懂；写成“1-5 16:30 out”：星期（1 到 7，8 为节假日）、几点几分、in 或 out"
        raise ValueError(f'{zh} / write it as "1-5 16:30 out": days (1 to 7, 8 a holiday), the time, in or out')
    return Turn(days, time(*divmod(minute_in(said["at"]), 60)), Direction(said["way"]))


def why_no_timetable(turns: tuple[Turn, ...]) -> str | None:
    """Two changes in one minute would contradict each other."""
    for index, turn in enumerate(turns):
        for other in turns[:index]:
            if turn.at == other.at and turn.days & other.days:
                zh = f"同一天 {turn.at:%H:%M} 写了两次；一个时刻只能有一个方向"
                return f"{zh} / two changes at {turn.at:%H:%M} of one day; one minute has one direction"
    return None


def newest(turns: tuple[Turn, ...], now: datetime, holidays: Set[date]) -> Due | None:
    """The change that came last, this very minute included."""
    back = (site_day(now) - timedelta(days=ago) for ago in range(LOOKED_DAYS))
    return next((due for day in back for due in reversed(_of_day(turns, day, holidays)) if due.at <= now), None)


def following(turns: tuple[Turn, ...], now: datetime, holidays: Set[date]) -> Due | None:
    """The change that comes next."""
    ahead = (site_day(now) + timedelta(days=after) for after in range(LOOKED_DAYS))
    return next((due for day in ahead for due in _of_day(turns, day, holidays) if due.at > now), None)


def _of_day(turns: tuple[Turn, ...], day: date, holidays: Set[date]) -> list[Due]:
    found = [Due(datetime.combine(day, turn.at, SITE_TZ), turn.leads) for turn in turns if turn.falls_on(day, holidays)]
    return sorted(found, key=lambda due: due.at)
