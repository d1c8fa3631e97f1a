"""A manager has a node measure its own face thresholds: with a reason, carried out at the node, where the faces are."""

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
from central.gates.nodes.permissions import CALIBRATE_FACES
from central.people.community.queries import lane_of
from models.wire.commands import Action


def calibrate_faces(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime | None = None) -> UUID:
    """Tell the node that drives this lane to calibrate, for all of its lanes. Returns the command's id.

    Its fate comes as a `CommandDone`: done, or refused with `too_few` people, `no_faces`, `unreadable` or `busy`.
    Raises Forbidden, NotFound, Invalid (no reason) or Conflict (no node drives the lane). Refusals are audited.
    """
    try:
        return _give(db, actor, lane_id, reason.strip(), now or clock.now())
    except Problem as problem:
        commands.note_refusal(db, actor, lane_id, "face.calibrate_refused", reason, problem)
        raise


def _give(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime) -> UUID:
    lane = lane_of(db, lane_id)
    actor.demand(CALIBRATE_FACES, lane.community_id)
    commands.demand_reason(reason)
    role, nonce = commands.role_for(actor, CALIBRATE_FACES, lane), secrets.token_urlsafe(24)
    row = commands.give(db, actor, role, lane, Action.CALIBRATE, reason, nonce, now)
    record(
        db, actor, "face.calibrate", "lane", lane_id, reason=reason, community_id=lane.community_id,
        after={"command_id": str(row.id)},
    )  # fmt: skip
    return row.id
