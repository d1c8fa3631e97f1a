"""The end of a fire hold from central: a person's word, with a reason, carried out by the node (ACC-22).

Central only asks. The node refuses with the reason "fire" while its fire input is not seen healthy, whatever central
believes; and what central last heard may be late, so a hold that it does not know of can be ended too.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.gates.nodes.commands import Deed, give_with_reason
from central.gates.nodes.permissions import END_FIRE_HOLDS
from models.wire.commands import Action

END_FIRE = Deed(Action.END_FIRE_HOLD, END_FIRE_HOLDS, "lane.end_fire")


def end_fire_hold(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime | None = None) -> UUID:
    """Tell the lane's node to end its fire hold. See `give_with_reason`."""
    return give_with_reason(db, actor, lane_id, END_FIRE, reason, now or clock.now())
