"""Forget where somebody is (ACC-17): a guard's word, with a reason, that lets one person in again.

The lane's node is told; the places it keeps are its own, and it forgets them for this person at all its lanes.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.gates.access.queries_zones import is_subject
from central.gates.nodes.commands import Deed, give_with_reason
from central.gates.nodes.permissions import RESET_PASSBACK
from central.people.community.queries import LaneView
from models.wire.commands import Action

RESET = Deed(Action.RESET_PASSBACK, RESET_PASSBACK, "lane.reset_passback")


def reset_passback(
    db: Session, actor: Actor, lane_id: UUID, subject_id: UUID, reason: str, now: datetime | None = None
) -> UUID:
    """Tell the lane's node to forget where this cardholder, or this pass without one, was last.

    See `give_with_reason`. A subject of another community is NotFound.
    """

    def subject(lane: LaneView) -> UUID:
        if not is_subject(db, lane.community_id, subject_id):
            raise NotFound("access.no_cardholder")
        return subject_id

    return give_with_reason(db, actor, lane_id, RESET, reason, now or clock.now(), subject=subject)
