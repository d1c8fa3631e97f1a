"""Parked events: an operator has them tried again, or rejects them. Either way they stay in the journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.ingest import queries
from central.gates.ingest.permissions import RESOLVE_PARKED
from central.gates.ingest.projections import Aside, Projections
from central.gates.ingest.receive import known_lanes, read_alarm, read_body
from central.gates.ingest.rules import UNPROVEN, ParkReason, ParkState
from central.gates.ingest.tables import ParkedEventRow
from models.wire.envelope import Event

REASON_MAX = 200


def retry(
    db: Session, actor: Actor, parked_id: UUID, reason: str, projections: Projections, now: datetime
) -> ParkedEventRow:
    """Try a parked event again, after its cause was mended. Still parked when it fails again, with the new reason.

    What never got a place in the journal cannot: Conflict. Of a fork a person settles the whole journal (`settle.py`),
    a reused id can only be rejected.
    """
    parked = _open_one(db, actor, parked_id)
    if not parked.in_journal:
        raise Conflict("ingest.parked_no_place")
    words = said(reason)
    before = {"state": parked.state, "reason": parked.reason}
    try_again(db, parked, projections)
    if parked.state == ParkState.RELEASED.value:
        resolve(parked, actor, words, now)
    db.flush()
    after = {"state": parked.state, "reason": parked.reason}
    record(
        db, actor, "parked.retry", "parked_event", parked.id, before=before, after=after, reason=words,
        community_id=parked.community_id,
    )  # fmt: skip
    projections.settle(db)
    return parked


def reject(
    db: Session, actor: Actor, parked_id: UUID, reason: str, projections: Projections, now: datetime
) -> ParkedEventRow:
    """Leave a parked event out of every view for good. It stays in the journal and in the list.

    An alarm that stood meanwhile is over; whoever has not seen it still sees that it was there.
    """
    parked = _open_one(db, actor, parked_id)
    words = said(reason)
    parked.state = ParkState.REJECTED.value
    resolve(parked, actor, words, now)
    db.flush()
    record(
        db, actor, "parked.reject", "parked_event", parked.id, before={"state": "open", "reason": parked.reason},
        after={"state": parked.state}, reason=words, community_id=parked.community_id,
    )  # fmt: skip
    tell_rejected(db, [parked], projections)
    projections.settle(db)
    return parked


def tell_rejected(db: Session, rows: Sequence[ParkedEventRow], projections: Projections) -> None:
    """Who shows parked alarms hears which of them a person has just rejected."""
    for aside in _asides(db, rows, projections):
        projections.tell_aside(db, aside)


def alarms_aside(db: Session, community_id: UUID, projections: Projections) -> Iterator[Aside]:
    """The parked alarms of a community that stand, or stood until they were rejected, in the order of arrival."""
    rows = db.scalars(
        select(ParkedEventRow)
        .where(
            ParkedEventRow.community_id == community_id,
            ParkedEventRow.kind == "alarm",
            ParkedEventRow.reason.in_(UNPROVEN),
            ParkedEventRow.state != ParkState.RELEASED.value,
        )
        .order_by(ParkedEventRow.received_at, ParkedEventRow.node_id, ParkedEventRow.seq)
    ).all()
    yield from _asides(db, rows, projections)


def _asides(db: Session, rows: Sequence[ParkedEventRow], projections: Projections) -> Iterator[Aside]:
    lanes: dict[UUID, frozenset[UUID]] = {}
    for row in rows:
        if row.kind != "alarm":
            continue
        if row.node_id not in lanes:
            lanes[row.node_id] = known_lanes(db, projections, row.node_id, row.community_id)
        try:
            event = Event.model_validate_json(row.raw)
        except ValidationError:  # what cannot be read was never shown
            continue
        body = read_alarm(event, lanes[row.node_id])
        if body is not None:
            yield Aside(event, body, ParkReason(row.reason), row.received_at, row.resolved_at)


def demand_parked(db: Session, actor: Actor, parked_id: UUID) -> None:
    """Raises NotFound unless the actor is who decides about this parked event."""
    parked = db.scalar(select(ParkedEventRow).where(ParkedEventRow.id == parked_id))
    if parked is None or not actor.may(RESOLVE_PARKED, parked.community_id):
        raise NotFound("ingest.no_parked")


def _open_one(db: Session, actor: Actor, parked_id: UUID) -> ParkedEventRow:
    parked = db.scalar(select(ParkedEventRow).where(ParkedEventRow.id == parked_id).with_for_update())
    if parked is None or not actor.may(RESOLVE_PARKED, parked.community_id):
        raise NotFound("ingest.no_parked")
    if parked.state != ParkState.OPEN.value:
        raise Conflict("ingest.parked_closed")
    return parked


def said(reason: str) -> str:
    words = reason.strip()
    if not words or len(words) > REASON_MAX:
        raise Invalid(fields={"reason": "ingest.reason_needed"})
    return words


def resolve(parked: ParkedEventRow, actor: Actor, words: str, now: datetime) -> None:
    parked.resolved_at, parked.resolved_by, parked.resolution = now, actor.name, words


def try_again(db: Session, parked: ParkedEventRow, projections: Projections) -> None:
    """Read and project one. It is released first, so that its own projection sees it in the journal's views."""
    stored = queries.by_event_id(db, parked.event_id)
    assert stored is not None  # in_journal
    parked.tries += 1
    body, problem = read_body(stored.event, known_lanes(db, projections, parked.node_id, parked.community_id))
    if problem is not None:
        parked.reason, parked.detail = problem[0].value, problem[1]
        return
    parked.state = ParkState.RELEASED.value
    db.flush()
    failed = projections.run(db, [(stored.event, body)])
    if failed:
        parked.state = ParkState.OPEN.value
        parked.reason, parked.detail = ParkReason.PROJECTION_FAILED.value, failed[stored.event.event_id]
        db.flush()
