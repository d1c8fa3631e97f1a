"""Instants that people ask about or set: those a calendar on a wall could show.

The rules add hours and minutes to what they are given; at the ends of the calendar there is nothing to add to.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

from models.values.time import Instant

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _between(value: datetime) -> datetime:
    if not FIRST <= value < LAST:
        raise ValueError("this lies outside the years 1900 to 2199")
    return value


Moment = Annotated[Instant, AfterValidator(_between)]
"""Route parameter or field: an instant between 1900 and 2199."""
