"""Cuts the charged time of a stay where something begins anew: a cap window, a day, a band, 24 h of stages.

Two ways to count the same minutes. A *minute* is one of the stay, from its entry (minute k is the one that holds
entry + k min); a *charged* minute counts only those that nothing else covers, so that blocks run on over a gap.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from models.parking.tariff import DAY_MIN, Band, Bands, Calendar, CapWindow, EventWindow, Rates, Tariff
from models.values.time import micros

MINUTE_US = 60_000_000
DAY_US = DAY_MIN * MINUTE_US
SITE_US = 8 * 60 * MINUTE_US
_FIRST_DAY = date(1970, 1, 1)

At = TypeVar("At", int, datetime)

Spell = tuple[int, int]
"""Minutes of the stay, the second one excluded."""


class Region(NamedTuple):
    """c0, c1: charged minutes. window, day, stages, occurrence: when the cap window, the day, the 24 h of stages and
    the band began, in microseconds since 1970 (the day and the band on the site's clock); they tell one from another.
    event: the price that stands instead of the rates'."""

    c0: int
    c1: int
    window: int
    day: int
    stages: int
    rates: Rates
    band: Band | None
    occurrence: int
    event: EventWindow | None


class Charged:
    """The charged spells of a stay, in order, and the way from a charged minute back to the minute of the stay."""

    def __init__(self, spells: Sequence[Spell]) -> None:
        self.spells = spells
        self._before: list[int] = []
        total = 0
        for start, end in spells:
            self._before.append(total)
            total += end - start
        self.total = total

    def minute(self, charged: int) -> int:
        """The minute of the stay at which so many charged ones were over."""
        at = bisect_right(self._before, charged - 1) - 1 if charged else 0
        return self.spells[at][0] + charged - self._before[at]


def without(spells: Iterable[tuple[At, At]], taken: Iterable[tuple[At, At]]) -> list[tuple[At, At]]:
    """What of the spells lies outside of `taken`."""
    left = list(spells)
    for start, end in taken:
        left = [
            piece
            for old in left
            for piece in ((old[0], min(old[1], start)), (max(old[0], end), old[1]))
            if piece[0] < piece[1]
        ]
    return left


def minute_at(entry_us: int, at_us: int) -> int:
    """The first minute of the stay that begins at this instant or after it."""
    return -((entry_us - at_us) // MINUTE_US)


class _Clock:
    """Where a minute of the stay lies: in which window, day, band."""

    def __init__(self, entry_us: int, anchor_us: int, tariff: Tariff, calendar: Calendar) -> None:
        self.entry_us, self.anchor_us, self.tariff, self.calendar = entry_us, anchor_us, tariff, calendar
        self.local_us = entry_us + SITE_US
        self.start_us = tariff.day_start * MINUTE_US
        self.rates: dict[int, Rates] = {}
        self.events = [
            (minute_at(entry_us, micros(event.start)), minute_at(entry_us, micros(event.end)), event)
            for event in tariff.events
        ]

    def day(self, minute: int) -> int:
        """When the day of this minute began, on the site's clock."""
        at = self.local_us + minute * MINUTE_US
        return at - (at - self.start_us) % DAY_US

    def rolling(self, minute: int) -> int:
        """When the 24 h that hold this minute began, counted from the anchor."""
        at = self.entry_us + minute * MINUTE_US
        return at - (at - self.anchor_us) % DAY_US

    def window(self, minute: int) -> int:
        kind = self.tariff.cap_window
        if kind is CapWindow.ROLLING:
            return self.rolling(minute)
        return self.day(minute) - SITE_US if kind is CapWindow.DAY else self.anchor_us

    def rates_of(self, day: int) -> Rates:
        if day not in self.rates:
            on = _FIRST_DAY + timedelta(days=day // DAY_US)
            self.rates[day] = self.tariff.rates_on(on, self.calendar)
        return self.rates[day]

    def band(self, minute: int, rates: Rates) -> tuple[Band | None, int]:
        """The band and when it began, on the site's clock."""
        if not isinstance(rates, Bands):
            return None, 0
        at = self.local_us + minute * MINUTE_US
        of_day = at // MINUTE_US % DAY_MIN
        for band in rates.bands:
            since = (of_day - band.start) % DAY_MIN
            if since < band.length:
                return band, at - at % MINUTE_US - since * MINUTE_US
        raise AssertionError("bands fill the day")

    def event(self, minute: int) -> EventWindow | None:
        return next((event for start, end, event in self.events if start <= minute < end), None)

    def cuts(self, first: int, last: int) -> list[int]:
        """The minutes at which something begins anew, from `first` on and before `last`."""
        found = {first}
        found.update(self._daily(minute_at(self.entry_us, self.anchor_us), first, last))
        found.update(edge for start, end, _ in self.events for edge in (start, end))
        starts = {self.tariff.day_start}
        for rates in (self.tariff.rates, *(other.rates for other in self.tariff.other_days)):
            if isinstance(rates, Bands):
                starts.update(band.start for band in rates.bands)
        midnight = self.local_us - self.local_us % DAY_US
        for start in starts:
            found.update(self._daily(minute_at(self.local_us, midnight + start * MINUTE_US), first, last))
        return sorted(minute for minute in found if first <= minute < last)

    def _daily(self, minute: int, first: int, last: int) -> range:
        """This minute and those whole days before and after it, from `first` on."""
        return range(minute + -((minute - first) // DAY_MIN) * DAY_MIN, last, DAY_MIN)


def regions(charged: Charged, entry_us: int, anchor_us: int, tariff: Tariff, calendar: Calendar) -> list[Region]:
    """The charged time in order; neighbours differ in something that this tariff looks at."""
    clock = _Clock(entry_us, anchor_us, tariff, calendar)
    made: list[Region] = []
    done = 0
    for first, last in charged.spells:
        cuts = clock.cuts(first, last)
        for minute, end in zip(cuts, [*cuts[1:], last], strict=True):
            day = clock.day(minute)
            rates = clock.rates_of(day)
            band, occurrence = clock.band(minute, rates)
            window, stages = clock.window(minute), clock.rolling(minute)
            length = end - minute
            made.append(Region(done, done + length, window, day, stages, rates, band, occurrence, clock.event(minute)))
            done += length
    return _joined(made, tariff)


def _joined(made: list[Region], tariff: Tariff) -> list[Region]:
    joined: list[Region] = []
    for region in made:
        if joined and _alike(joined[-1], region, tariff):
            joined[-1] = joined[-1]._replace(c1=region.c1)
        else:
            joined.append(region)
    return joined


def _alike(one: Region, other: Region, tariff: Tariff) -> bool:
    """Whether nothing begins anew between two neighbours, as far as these rates look."""
    if one.rates is not other.rates or one.occurrence != other.occurrence or one.event is not other.event:
        return False
    rates = one.rates
    kind = rates.kind
    windows = tariff.cap is not None or (rates.kind == "blocks" and rates.first is not None)
    if windows and one.window != other.window:
        return False
    days = (rates.kind == "blocks" and rates.first_granted == "day") or (
        rates.kind == "per_use" and rates.once == "day"
    )
    rolling = kind == "staged" or (rates.kind == "per_use" and rates.once == "24h")
    return not (days and one.day != other.day) and not (rolling and one.stages != other.stages)
