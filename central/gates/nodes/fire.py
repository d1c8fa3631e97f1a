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
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, NotFound, Problem
from central.gates.nodes.commands import Deed, demand_reason, give_with_reason, note_refusal
from central.gates.nodes.permissions import END_FIRE_HOLDS
from central.gates.visits import alarms, queries
from central.people.consent.rules import readable
from models.wire.commands import Action
from models.wire.events import AlarmKind

END_FIRE = Deed(Action.END_FIRE_HOLD, END_FIRE_HOLDS, "lane.end_fire")


def end_fire_hold(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime | None = None) -> UUID:
    """Tell the lane's node to end its fire hold. See `give_with_reason`."""
    return give_with_reason(db, actor, lane_id, END_FIRE, reason, now or clock.now())


def close_fire(db: Session, actor: Actor, alarm_id: UUID, reason: str, now: datetime | None = None) -> None:
    """End the alarm of a fire whose node is revoked. No command goes anywhere and no output is reset: somebody has to
    go there.

    Raises NotFound, Forbidden, Invalid (no reason), or Conflict for every other alarm: what its node can still say is
    the node's to say. Refusals are audited.
    """
    alarm = queries.alarm(db, alarm_id)
    if alarm is None or alarm.lane_id is None:
        raise NotFound("visits.no_alarm")
    try:
        actor.demand(END_FIRE_HOLDS, alarm.community_id)
        words = readable(reason)
        demand_reason(words)
        if alarm.kind != AlarmKind.FIRE or not alarm.node_revoked:
            raise Conflict("nodes.fire_not_to_close")
    except Problem as problem:
        note_refusal(db, actor, alarm.lane_id, f"{END_FIRE.audited}_refused", reason, problem)
        raise
    alarms.close_fire(db, actor, alarm_id, words, now or clock.now())
    after = {"lane": str(alarm.lane_id), "node_id": str(alarm.node_id)}
    record(db, actor, "alarm.close_fire", "alarm", alarm_id, reason=words, community_id=alarm.community_id, after=after)
