"""Forget where somebody is (ACC-17): a guard's word, with a reason, that lets one person in again.

The lane's node is told; the places it keeps are its own, and it forgets them for this person at all its lanes.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import NotFound, Problem
from central.gates.access.queries_zones import is_subject
from central.gates.nodes import commands
from central.gates.nodes.permissions import RESET_PASSBACK
from central.people.community.queries import lane_of
from models.wire.commands import Action


def reset_passback(
    db: Session, actor: Actor, lane_id: UUID, subject_id: UUID, reason: str, now: datetime | None = None
) -> UUID:
    """Tell the lane's node to forget where this cardholder, or this pass without one, was last. The command's id.

    Raises Forbidden, NotFound, Invalid (no reason) or Conflict (no node drives the lane). Refusals are audited.
    """
    try:
        return _reset(db, actor, lane_id, subject_id, reason.strip(), now or clock.now())
    except Problem as problem:
        commands.note_refusal(db, actor, lane_id, "lane.reset_passback_refused", reason, problem)
        raise


def _reset(db: Session, actor: Actor, lane_id: UUID, subject_id: UUID, reason: str, now: datetime) -> UUID:
    lane = lane_of(db, lane_id)
    actor.demand(RESET_PASSBACK, lane.community_id)
    if not is_subject(db, lane.community_id, subject_id):
        raise NotFound("access.no_cardholder")
    commands.demand_reason(reason)
    role, nonce = commands.role_for(actor, RESET_PASSBACK, lane), secrets.token_urlsafe(24)
    row = commands.give(db, actor, role, lane, Action.RESET_PASSBACK, reason, nonce, now, subject_id=subject_id)
    record(
        db, actor, "lane.reset_passback", "lane", lane_id, reason=reason, community_id=lane.community_id,
        after={"command_id": str(row.id), "subject_id": str(subject_id)},
    )  # fmt: skip
    return row.id
