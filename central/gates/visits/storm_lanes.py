"""What the gates make of a storm (LANE-28): lane by lane, whether it is in force there, and if not, why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from central.gates.parking.storms.storm import StormView
from central.gates.visits.queries import lanes_now
from central.gates.visits.views import LaneNow
from models.site.topology import Direction


class There(StrEnum):
    """Whether a storm is in force at a lane. SILENT: its gate has not heard of it and cannot be reached. ON_ITS_WAY: it
    is there and will hear in a moment. NOT_HELD: it has heard, and its arm is not held up. NOT_CLOSED: it has heard,
    and a person holds up the arm that is to keep everybody out."""

    IN_FORCE = "in_force"
    FIRE = "fire"
    BY_HAND = "by_hand"
    ON_ITS_WAY = "on_its_way"
    SILENT = "silent"
    NOT_HELD = "not_held"
    NOT_CLOSED = "not_closed"


@dataclass(frozen=True, slots=True)
class AtLane:
    """`opens`: it is to be held up, as it leads now; else to be closed."""

    lane: LaneNow
    opens: bool
    there: There


def at_lanes(db: Session, storm: StormView, now: datetime) -> list[AtLane]:
    """Whether it is in force, lane by lane, in the order of gates. Of a lane that stands in both what it leads to now;
    one of which nothing is asked as it leads now is left out."""
    lanes = lanes_now(db, [storm.community_id], now)
    mine = [one for one in lanes if one.lane_id in (storm.opens if _leads_out(one) else storm.closes)]
    return [AtLane(one, _leads_out(one), _there(one, storm)) for one in mine]


def _leads_out(lane: LaneNow) -> bool:
    """As it leads now: a tidal lane is held up or closed by that."""
    return (lane.leads or Direction(lane.direction)) is Direction.OUT


def _there(lane: LaneNow, storm: StormView) -> There:
    if lane.fire_held:
        return There.FIRE
    opens = _leads_out(lane)
    if opens and lane.held is not None:
        return There.IN_FORCE if lane.held.for_storm == storm.storm_id else There.BY_HAND
    if lane.node_id is None or (lane.rules_version or 0) < storm.version:
        return There.ON_ITS_WAY if lane.in_contact else There.SILENT
    if opens:
        return There.NOT_HELD
    return There.NOT_CLOSED if lane.held is not None else There.IN_FORCE
