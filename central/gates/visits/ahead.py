"""Alarms that a node announces ahead of its backlog: the card stands at once, and the journal's own event fills it.

An announcement proves nothing and is not kept as a fact: it is the node's word, signed as every request, for an event
whose place in the chain is still on its way. The alarm has the event's id, so that the event, when it comes, is the
same alarm; one that stands already, or stood, is left as it is.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Forbidden
from central.gates.ingest import queries as journal
from central.gates.ingest.projections import projections
from central.gates.ingest.receive import known_lanes, read_alarm
from central.gates.ingest.rules import INT8
from central.gates.visits.live import publish
from central.gates.visits.projection import raise_ahead
from models.wire.envelope import AlarmsAhead, Event
from models.wire.events import Alarm


def announce(db: Session, node: Actor, told: AlarmsAhead) -> int:
    """How many alarms stand now because of it. Announcing twice is harmless. Raises Forbidden for another node's."""
    if node.id is None or told.node_id != node.id or any(event.node_id != node.id for event in told.events):
        raise Forbidden("ingest.another_node")
    raised = 0
    lanes = known_lanes(db, projections, node.id, journal.community_of_node(db, node.id))
    for event in told.events:
        body = _alarm(event, lanes)
        if body is not None and not body.over:
            raised += raise_ahead(db, event, body, clock.now())
    publish(db)
    return raised


def _alarm(event: Event, lanes: frozenset[UUID]) -> Alarm | None:
    """What the journal would park is passed over here: it comes with the journal, and waits where a person sees it."""
    return None if event.seq > INT8 else read_alarm(event, lanes)
