"""A guard holds a barrier up, lets it go on as usual, or turns a tidal lane round (LANE-13, LANE-20).

Central asks, and only asks where the node can be reached now: a hold that comes into force an hour later, when the
removal van has gone, lets in whoever comes then. What the lane makes of it is told by its node: how long it lasts, how
many cars drove through, that it ended; a fire ends it, and no hold begins in one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.gates.nodes.commands import Deed, give_with_reason
from central.gates.nodes.permissions import HOLD_LANES, TURN_LANES
from central.gates.visits.presence import lane_in_contact
from central.people.community.queries import LaneView
from models.site.topology import Direction
from models.wire.commands import HOLD_MINUTES_MAX, Action

HOLD = Deed(Action.HOLD_OPEN, HOLD_LANES, "lane.hold")
RESUME = Deed(Action.RESUME, HOLD_LANES, "lane.resume", refused="lane.hold_refused")
TURN = Deed(Action.SWITCH_DIRECTION, TURN_LANES, "lane.turn")


def hold_open(
    db: Session, actor: Actor, lane_id: UUID, minutes: int, reason: str, now: datetime | None = None
) -> UUID:  # fmt: skip
    """Hold the lane's arm up for so many minutes from now on, or prolong that: at most 120 at once, 12 hours in all.

    See `give_with_reason`. Invalid for other minutes; Conflict for a door, or a node that cannot be reached. Refused by
    the node: `fire`, `fault` of its board, `lockdown` and `storm_closes` where the lane leads in.
    """
    now = now or clock.now()

    def ready(lane: LaneView) -> None:
        _ready(db, now)(lane)
        if not 1 <= minutes <= HOLD_MINUTES_MAX:
            raise Invalid(fields={"minutes": "nodes.hold_minutes"}, most=HOLD_MINUTES_MAX)

    return give_with_reason(db, actor, lane_id, HOLD, reason, now, ready=ready, minutes=minutes)


def resume(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime | None = None) -> UUID:
    """Let the arm come down as after any car: of a hold, or of an arm that somebody lifted. Refused by the node:
    `not_held`, `storm` while storm mode holds it, `fire`."""
    now = now or clock.now()
    return give_with_reason(db, actor, lane_id, RESUME, reason, now, ready=_ready(db, now))


def turn(
    db: Session, actor: Actor, lane_id: UUID, direction: Direction, reason: str, now: datetime | None = None
) -> UUID:  # fmt: skip
    """Have a tidal lane lead the other way. Refused by the node: `not_empty` while a vehicle is anywhere in it or the
    arm is not down, `not_tidal` where its site file does not allow it."""
    now = now or clock.now()
    return give_with_reason(db, actor, lane_id, TURN, reason, now, ready=_ready(db, now), direction=direction)


def _ready(db: Session, now: datetime) -> Callable[[LaneView], None]:
    def ready(lane: LaneView) -> None:
        if not lane.vehicles:
            raise Conflict("nodes.no_barrier", lane=lane.lane.name)
        if not lane_in_contact(db, lane.lane.lane_id, now):
            raise Conflict("nodes.lane_silent", lane=lane.lane.name)

    return ready
