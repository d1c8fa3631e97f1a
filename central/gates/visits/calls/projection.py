"""From what a lane tells of a call to its row: whatever order it comes in, and however often, the same row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.gates.ingest import queries as journal
from central.gates.ingest.projections import Projections
from central.gates.visits.calls.rules import EVENTS_MAX, KINDS, By, folded
from central.gates.visits.calls.tables import LaneCallRow
from central.gates.visits.live import mark
from models.wire.envelope import Event


class AnotherNodesCall(ValueError):
    """A node wrote into a call that another node had begun."""


def register(projections: Projections) -> None:
    projections.on("call", project_call, once_per=_call)


def _call(event: Event) -> tuple[UUID, UUID]:
    return event.node_id, event.correlation


def project_call(db: Session, event: Event, body: Any) -> None:
    told = journal.of_correlation(db, event.correlation, KINDS, EVENTS_MAX)
    whose = told[0].event.node_id if told else None
    if whose != event.node_id:
        raise AnotherNodesCall(f"call {event.correlation} belongs to node {whose}")
    facts = folded(told)
    if facts is None:
        return
    made = insert(LaneCallRow).values(tenant_id=tenant_of(db), call_id=event.correlation, **facts)
    db.execute(made.on_conflict_do_update(index_elements=["tenant_id", "call_id"], set_=facts))
    mark(db, "call", facts["lane_id"], facts["community_id"])


def forget(db: Session, community_id: UUID) -> None:
    """Before a rebuild. A phone's calls are no view of the journal, and stay."""
    here = LaneCallRow.community_id == community_id, LaneCallRow.by != By.PHONE.value
    db.execute(delete(LaneCallRow).where(*here))
