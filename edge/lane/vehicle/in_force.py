"""What the rules in force want of a barrier besides letting cars through: who passes a lockdown, what a storm does."""

from datetime import datetime
from uuid import UUID

from edge.store.view import RulesView
from models.access.decision import Reason
from models.access.lockdown import groups_let_through
from models.parking.storm import Storm, closed_in
from models.site.topology import Direction

STORM_CLOSES = "storm_closes"
"""Why nobody holds a way in open, in a word of its own: a storm lets nobody in there."""


def passing(view: RulesView, lane_id: UUID, now: datetime) -> frozenset[str] | None:
    """Who still passes at this lane; None where no lockdown holds."""
    return groups_let_through(view.snapshot.lockdowns if view.snapshot is not None else (), lane_id, now)


def storms(view: RulesView) -> tuple[Storm, ...]:
    return view.snapshot.storms if view.snapshot is not None else ()


def not_held(view: RulesView, lane_id: UUID, leads: Direction, now: datetime) -> str | None:
    """Why no person's word may hold this lane open now, for an arm that stays up lets everybody in; None: it may."""
    if leads is not Direction.IN:
        return None
    if passing(view, lane_id, now) is not None:
        return Reason.LOCKDOWN
    return STORM_CLOSES if closed_in(storms(view), lane_id, now) else None
