"""Lock-down 封控 (ACC-24): chosen lanes refuse everybody but one group, until an hour named from the start. Pure.

The way out stays free: the exit button, fire, and every lane that leads out. Two persons start one at central; a gate
ends it by itself when its hour has come, also without a network.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.values.frozen import IN_ORDER, WireValue
from models.values.time import Instant


class Lockdown(WireValue):
    lockdown_id: UUID
    lanes: Annotated[frozenset[UUID], IN_ORDER] = Field(min_length=1)
    group: str = Field(min_length=1, max_length=40, description="who still passes")
    until: Instant


def groups_let_through(lockdowns: Iterable[Lockdown], lane_id: UUID, now: datetime) -> frozenset[str] | None:
    """Who still passes at this lane: None where no lock-down holds; of several, only who passes all of them."""
    groups = [one.group for one in lockdowns if lane_id in one.lanes and now < one.until]
    if not groups:
        return None
    return frozenset(groups) if len(set(groups)) == 1 else frozenset()
