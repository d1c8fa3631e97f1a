"""A charging bay that a car keeps from others: what is wrong there, and what it costs where the tariff says (PARK-23).

    fuel_car   a car that burns fuel stands there
    charged    it has finished charging and has not left

The fee is beside that of the stay: no free minutes, cap, discount or coupon of the stay touches it, nor does a permit.
It is reckoned of what a bay's sensor has said, from one word to the next; of a time without a word nothing is charged.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from models.parking.bill import Line, Rule
from models.values.frozen import WireValue
from models.values.time import Instant

BAY_SIGNS_MAX = 20
MINUTE = timedelta(minutes=1)
SPELLS_MAX = 40
"""Of one stay; a sensor that tells more is not charged for."""


class Misused(StrEnum):
    """What is wrong on a charging bay."""

    FUEL_CAR = "fuel_car"
    CHARGED = "charged"


class BaySpell(WireValue):
    """From when until when its sensor said that of a car on this bay."""

    bay: str = Field(max_length=BAY_SIGNS_MAX)
    what: Misused
    since: Instant
    until: Instant


class Occupation(WireValue):
    """So much for every so many minutes begun, beyond the first `after` of each time that a car should not be there;
    `cap`: at most so much in one stay. Fen."""

    after: int = Field(default=30, ge=0, le=1440)
    minutes: int = Field(default=60, ge=1, le=1440)
    fen: int = Field(ge=1, le=10_000_00)
    cap: int | None = Field(default=None, ge=1, le=10_000_00)


def occupied(
    fee: Occupation, spells: Sequence[BaySpell], entry: datetime, minutes: int, since: int = 0
) -> tuple[Line, ...]:
    """The lines of a stay so many minutes long; since: the minute up to which they stand on an earlier bill of it.

    note: what is wrong, and the bay."""
    lines, before, total = list[Line](), 0, 0
    for spell, start, end in _within(spells, entry, minutes):
        had = _blocks(fee, start, min(end, since))
        new = _blocks(fee, start, end) - had
        before, total = before + had * fee.fen, total + (had + new) * fee.fen
        if new:
            note = f"{spell.what} {spell.bay}"
            lines.append(Line(Rule.OCCUPATION, max(start, since), end, new, fee.fen, new * fee.fen, note))
    if fee.cap is not None:
        asked, left = total - before, max(0, fee.cap - before)
        if asked > left:
            lines.append(Line(Rule.OCCUPATION_CAP, since, minutes, 1, fee.cap, left - asked))
    return tuple(lines)


def _within(spells: Sequence[BaySpell], entry: datetime, minutes: int) -> Iterator[tuple[BaySpell, int, int]]:
    """Each with the whole minutes of the stay that lie in it, in order; those that overlap another of the same bay for
    the same reason begin where that one ends."""
    last: dict[tuple[str, Misused], int] = {}
    for spell in sorted(spells, key=lambda one: (one.since, one.until, one.bay, one.what)):
        start = max(0, -((entry - spell.since) // MINUTE), last.get((spell.bay, spell.what), 0))
        end = min(minutes, (spell.until - entry) // MINUTE)
        if start < end:
            last[spell.bay, spell.what] = end
            yield spell, start, end


def _blocks(fee: Occupation, start: int, end: int) -> int:
    return max(0, -(-(end - start - fee.after) // fee.minutes))
