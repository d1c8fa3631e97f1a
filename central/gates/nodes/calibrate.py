"""A manager has a node measure its own face thresholds: with a reason, carried out at the node, where the faces are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.gates.nodes.commands import Deed, give_with_reason
from central.gates.nodes.permissions import CALIBRATE_FACES
from models.wire.commands import Action

CALIBRATE = Deed(Action.CALIBRATE, CALIBRATE_FACES, "face.calibrate")


def calibrate_faces(db: Session, actor: Actor, lane_id: UUID, reason: str, now: datetime | None = None) -> UUID:
    """Tell the node that drives this lane to calibrate, for all of its lanes. See `give_with_reason`.

    What may be refused later: `too_few` people, `no_faces`, `unreadable` or `busy`.
    """
    return give_with_reason(db, actor, lane_id, CALIBRATE, reason, now or clock.now())
