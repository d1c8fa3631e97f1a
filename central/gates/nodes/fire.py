"""The end of a fire hold from central: a person's word, with a reason, carried out by the node (ACC-22).

Central only asks. The node refuses with the reason "fire" while its fire input is not seen healthy, whatever central
believes; and what central last heard may be late, so a hold that it does not know of can be ended too.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Problem
from central.gates.nodes import commands
from central.gates.nodes.permissions import END_FIRE_HOLDS
from central.people.community.queries import lane_of
from models.wire.commands import Action


def end_fire_hold(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime | None = None) -> UUID:
    """Tell the lane's node to end its fire hold. Returns the command's id; its fate comes as a `CommandDone`.

    Raises Forbidden, NotFound, Invalid (no reason) or Conflict (no node drives the lane). Refusals are audited.
    """
    try:
        return _end(db, actor, lane_id, reason.strip(), now or clock.now())
    except Problem as problem:
        commands.note_refusal(db, actor, lane_id, "lane.end_fire_refused", reason, problem)
        raise


def _end(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime) -> UUID:
    lane = lane_of(db, lane_id)
    actor.demand(END_FIRE_HOLDS, lane.community_id)
    commands.demand_reason(reason)
    role, nonce = commands.role_for(actor, END_FIRE_HOLDS, lane), secrets.token_urlsafe(24)
    row = commands.give(db, actor, role, lane, Action.END_FIRE_HOLD, reason, nonce, now)
    record(
        db, actor, "lane.end_fire", "lane", lane_id, reason=reason, community_id=lane.community_id,
        after={"command_id": str(row.id), "correlation": str(row.correlation)},
    )  # fmt: skip
    return row.id
