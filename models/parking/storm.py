"""Storm mode 防汛 (LANE-28): arms up on the ways out, nobody let in, until an hour named from the start. Pure.

A person says so at central, for the whole car park or for some of its levels. It stands in the rules of the gates, so
that it comes into force wherever they arrive, also at a gate that was away when it was said, and outlives every
restart. A gate ends it by itself at its hour.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from models.values.frozen import IN_ORDER, WireValue
from models.values.time import Instant

STORM_MAX = timedelta(hours=12)
"""No arm is held up for longer by one person's word, whatever the reason (LANE-20)."""
STORMS_MAX = 20


class Storm(WireValue):
    """`opens`: lanes whose arms are held up, out of what may be flooded. `closes`: lanes that let nobody in. One that
    may be turned round stands in both: it is held up while it leads out, and closed while it leads in."""

    storm_id: UUID
    opens: Annotated[frozenset[UUID], IN_ORDER] = frozenset()
    closes: Annotated[frozenset[UUID], IN_ORDER] = frozenset()
    until: Instant


def opening(storms: Iterable[Storm], lane_id: UUID, now: datetime) -> Storm | None:
    """The storm that holds this lane's arm up now; of several the one that lasts longest."""
    here = [one for one in storms if lane_id in one.opens and now < one.until]
    return max(here, key=lambda one: (one.until, one.storm_id), default=None)


def closed_in(storms: Iterable[Storm], lane_id: UUID, now: datetime) -> bool:
    """Whether a storm lets nobody in at this lane now."""
    return any(lane_id in one.closes and now < one.until for one in storms)
