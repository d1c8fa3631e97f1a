"""What can be done with nodes: enrol, revoke, look through a lane's camera, open it, end its fire hold,
have it forget where somebody is, calibrate, hold a barrier up and let it go on, turn a lane round; believe what
one has."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.gates.nodes import enrolment
from central.gates.nodes.calibrate import calibrate_faces
from central.gates.nodes.enrolment import enrol, revoke_node
from central.gates.nodes.fire import close_fire, end_fire_hold
from central.gates.nodes.hold import hold_open, resume, turn
from central.gates.nodes.passback import reset_passback
from central.gates.nodes.prove_rules import prove_rules
from central.gates.nodes.remote import lane_to_open, live_picture, look_at_live, new_nonce, open_lane, request_look

__all__ = [
    "calibrate_faces",
    "close_fire",
    "end_fire_hold",
    "enrol",
    "hold_open",
    "lane_to_open",
    "live_picture",
    "look_at_live",
    "make_token",
    "new_nonce",
    "open_lane",
    "prove_rules",
    "request_look",
    "reset_passback",
    "resume",
    "revoke_node",
    "turn",
]


def make_token(
    db: Session, actor: Actor, community_id: UUID, gate_id: UUID, name: str, now: datetime | None = None
) -> str:
    """A one-time token (15 minutes) that enrols a node of this name at this gate."""
    return enrolment.make_token(db, actor, community_id, gate_id, name, now or clock.now())[0]
