"""Cars that a visitor's pass names: their stays have the tariff's free minutes for visitors (P34). Pure.

Whether a stay is a visitor's is settled as the car comes in: a pass that is made, ends or is withdrawn later changes
nothing of a car that is inside already.
"""

from collections.abc import Iterable
from datetime import datetime

from models.values.frozen import WireValue
from models.values.plate import PlateText
from models.values.time import Instant

INVITED_MAX = 5_000
"""Of one car park at once."""


class Invited(WireValue):
    """A plate on a visitor's pass. Who comes in from `since` until before `until` comes as a visitor."""

    plate: PlateText
    since: Instant
    until: Instant


def invited_at(invited: Iterable[Invited], plate: str, entered: datetime) -> bool:
    """Whether a car of this plate that came in then is a visitor's."""
    return any(one.plate == plate and one.since <= entered < one.until for one in invited)
