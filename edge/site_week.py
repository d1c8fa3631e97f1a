"""How a site file writes times of the site's week: days, then a time or a span of the day.

"1-5 07:00-20:00"      Monday to Friday, from seven to twenty o'clock
"6,7,8 22:00-06:00"    over midnight; 8 is a holiday, which replaces the weekday that it falls on
"""

import re

from models.access.schedule import Span

DAYS, TIME = r"[1-8](?:-[1-8])?(?:,[1-8](?:-[1-8])?)*", r"(?:[01]\d|2[0-3]):[0-5]\d"
_SPAN = re.compile(rf"(?P<days>{DAYS}) (?P<since>{TIME})-(?P<until>{TIME}|24:00)")


def days_in(text: str) -> frozenset[int]:
    """The days that are written so (`DAYS`); empty where one span of them runs backwards."""
    spans = [part.partition("-") for part in text.split(",")]
    days = [frozenset(range(int(first), int(last or first) + 1)) for first, _, last in spans]
    return frozenset[int]().union(*days) if all(days) else frozenset()


def minute_in(text: str) -> int:
    """A time of the day (`TIME`) in minutes after midnight."""
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def span_in(text: str) -> Span:
    """Raises ValueError for what is no such line."""
    said = _SPAN.fullmatch(text)
    days = days_in(said["days"]) if said else frozenset[int]()
    if said is None or not days or minute_in(said["until"]) == 0:
        zh = f"“{text}”看不懂；写成“1-5 07:00-20:00”：星期（1 到 7，8 为节假日）、从几点到几点"
        raise ValueError(f'{zh} / write it as "1-5 07:00-20:00": days (1 to 7, 8 a holiday), from when until when')
    return Span(days=days, start_minute=minute_in(said["since"]), end_minute=minute_in(said["until"]))
