"""What can be done about visits: take note of an alarm; say which node stands where; make the views anew."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.gates.visits import alarms
from central.gates.visits.presence import Status, heard, note_offline, place_node, remove_node
from central.gates.visits.rebuild import rebuild

__all__ = ["Status", "acknowledge_alarm", "heard", "note_offline", "place_node", "rebuild", "remove_node"]


def acknowledge_alarm(db: Session, actor: Actor, alarm_id: UUID, now: datetime | None = None) -> None:
    """The person `actor` takes note of an alarm: NotFound, Forbidden, or done (a second time changes nothing)."""
    alarms.acknowledge_alarm(db, actor, alarm_id, now or clock.now())
