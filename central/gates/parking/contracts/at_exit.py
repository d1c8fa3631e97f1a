"""A car stands at the exit and has to pay: its gate says so with its decision, and a charge by contract may follow.

Only what was decided just now counts: a journal that is read again, or that comes late, charges nobody.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.outbox import announce
from central.gates.ingest import queries as journal
from central.gates.ingest.projections import Projections
from central.gates.parking.contracts.lot import uses_contracts
from central.gates.parking.stays.news import inside_with
from central.gates.parking.stays.sealed_plates import read_plate
from central.money.payments.contract_rules import WAITED_MAX
from models.access.credential import Kind
from models.parking.admission import Case
from models.site.topology import Direction
from models.values.clocks import corrected
from models.wire.envelope import Event
from models.wire.events import DecisionMade

STANDS = "stay.stands_at_exit"
"""The news of it: {"community_id", "stay_id", "at"}."""


def register(projections: Projections) -> None:
    projections.on("decision", project_exit)


def project_exit(db: Session, event: Event, body: Any) -> None:
    if not isinstance(body, DecisionMade) or body.plate is None or not _has_to_pay(body):
        return
    at = corrected(body.decision.at, event.skew_ms)
    if abs(clock.now() - at) > WAITED_MAX:
        return
    community_id = journal.community_of_node(db, event.node_id)
    if not uses_contracts(db, community_id):
        return
    stay_id = _stay_of(db, community_id, body.plate, event.correlation)
    if stay_id is not None:
        said = {"community_id": str(community_id), "stay_id": str(stay_id), "at": at.isoformat()}
        announce(db, STANDS, said, correlation_id=event.correlation)


def _has_to_pay(body: DecisionMade) -> bool:
    made = body.decision
    out = made.inputs.get("direction") == Direction.OUT
    return made.kind is Kind.PLATE and out and made.detail.get("case") == Case.PAY


def _stay_of(db: Session, community_id: UUID, sealed: bytes, correlation: UUID) -> UUID | None:
    plate = read_plate(db, community_id, sealed, correlation)
    found = inside_with(db, community_id, plate.text) if plate is not None else []
    return found[0] if len(found) == 1 else None
