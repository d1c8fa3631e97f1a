"""Anti-passback (ACC-17): nobody comes in twice without having gone out. Pure.

    soft    let through, and written down       hard    refused with `passback`
    timed   refused within so many minutes of the last entry

Where somebody is comes from passages that were really made, never from decisions (promise 2). The way out is never
refused: who leaves twice is only written down. What is not known refuses nobody: without a passage, after a fire, or
after more than LOST_READS_MAX of lost reads, hard and timed are soft.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.site.topology import Direction
from models.values.frozen import IN_ORDER, Frozen, WireValue
from models.values.time import Instant

LOST_READS_MAX = timedelta(minutes=30)
"""Reads lost for longer than this: who went in or out meanwhile is not known, and nobody is refused for it."""


class PassbackMode(StrEnum):
    SOFT = "soft"
    HARD = "hard"
    TIMED = "timed"


class PassbackZone(WireValue):
    """The lanes around one zone: those that lead in and those that lead out. Off is: no such zone."""

    zone_id: UUID
    mode: PassbackMode
    lanes: Annotated[frozenset[UUID], IN_ORDER] = Field(min_length=1)
    minutes: int = Field(default=0, ge=0, le=1440, description="timed: no second entry within so many")


class LastPassage(Frozen):
    """The way that somebody last went through a lane of the zone, and when."""

    direction: Direction
    at: Instant


class Passback(Frozen):
    """What the policy may know of a zone and of one person there. `last` is None where nothing is known."""

    zone: PassbackZone
    last: LastPassage | None = None
    trusted: bool = Field(default=True, description="nothing was lost since that passage, and all lanes are seen here")


class Verdict(StrEnum):
    """FREE: nothing against it. NOTED: let through and written down. REFUSED."""

    FREE = "free"
    NOTED = "noted"
    REFUSED = "refused"


def judge(passback: Passback, direction: Direction, now: datetime) -> Verdict:
    """Whether this person may go through once more in this direction."""
    zone, last = passback.zone, passback.last
    if last is None or last.direction is not direction:
        return Verdict.FREE
    if zone.mode is PassbackMode.TIMED and abs(now - last.at) >= timedelta(minutes=zone.minutes):
        return Verdict.FREE
    if direction is Direction.OUT or zone.mode is PassbackMode.SOFT or not passback.trusted:
        return Verdict.NOTED
    return Verdict.REFUSED
