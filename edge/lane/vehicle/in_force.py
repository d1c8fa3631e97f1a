"""What the rules in force want of a barrier besides letting cars through: who passes a lockdown, what a storm does.
A lane that may be turned round is told both of a storm, and does what the way it leads now asks (LANE-13, LANE-28).
"""

from datetime import datetime
from uuid import UUID

from edge.store.view import RulesView
from models.access.decision import Reason
from models.access.lockdown import groups_let_through
from models.parking.storm import Storm, closed_in, opening
from models.site.topology import Direction

STORM = "storm"
STORM_CLOSES = "storm_closes"
"""Why nobody holds a way in open, in a word of its own: a storm lets nobody in there."""


def passing(view: RulesView, lane_id: UUID, now: datetime) -> frozenset[str] | None:
    """Who still passes at this lane; None where no lockdown holds."""
    return groups_let_through(view.snapshot.lockdowns if view.snapshot is not None else (), lane_id, now)


def held_for(view: RulesView, lane_id: UUID, leads: Direction, now: datetime) -> Storm | None:
    """The storm that holds this lane's arm up now; none while it leads in."""
    return opening(_storms(view), lane_id, now) if leads is Direction.OUT else None


def closed(view: RulesView, lane_id: UUID, leads: Direction, now: datetime) -> bool:
    """Whether a storm lets nobody in here now."""
    return leads is Direction.IN and closed_in(_storms(view), lane_id, now)


def not_held(view: RulesView, lane_id: UUID, leads: Direction, now: datetime) -> str | None:
    """Why no person's word may hold this lane open now, for an arm that stays up lets everybody in; None: it may."""
    if leads is not Direction.IN:
        return None
    if passing(view, lane_id, now) is not None:
        return Reason.LOCKDOWN
    return STORM_CLOSES if closed(view, lane_id, leads, now) else None


def not_turned(view: RulesView, lane_id: UUID, now: datetime) -> str | None:
    """Why no timetable turns this lane round now: whoever locked the place down or began storm mode did so for the way
    that it led then. None: it may."""
    if passing(view, lane_id, now) is not None:
        return Reason.LOCKDOWN
    storms = _storms(view)
    return STORM if opening(storms, lane_id, now) is not None or closed_in(storms, lane_id, now) else None


def _storms(view: RulesView) -> tuple[Storm, ...]:
    return view.snapshot.storms if view.snapshot is not None else ()
