"""Cards that a lane has just read and nobody knows: held to a reader at the desk or the gate, to be given to somebody.

No number is typed, none is sent: the node said the card's digest with the refusal (`detail["card"]`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid, NotFound
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.queries_credentials import community_of_holder, digests_given
from central.gates.access.service import bind_card
from central.gates.access.tables import CardRow
from central.gates.visits.tables import VisitRow
from central.people.community.queries import lanes_of
from models.access.credential import Kind
from models.access.decision import Reason

OFFERED_FOR = timedelta(minutes=1)
"""How long a card stands in the list after it was read: whoever held it there is at the desk still."""
TAKEN_FOR = timedelta(minutes=5)
"""How long one that was chosen may still be given: for the name to be typed."""
OFFERED_MAX = 5


@dataclass(frozen=True, slots=True)
class ReadCard:
    """A card by the refusal that told of it; its number is unknown, also to central."""

    visit_id: UUID
    lane_id: UUID | None
    lane: str
    gate: str
    read_at: datetime


def read_cards(db: Session, community_id: UUID, now: datetime, within: timedelta = OFFERED_FOR) -> list[ReadCard]:
    """The unknown cards of the last minute, newest first, each once; by central's clock, since a gate's may be off."""
    query = select(VisitRow).where(
        VisitRow.community_id == community_id, VisitRow.kind == Kind.CARD.value,
        VisitRow.reason == Reason.UNKNOWN.value, VisitRow.received_at > now - within, VisitRow.late.is_(False),
        VisitRow.detail.has_key("card"),
    )  # fmt: skip
    newest: dict[str, VisitRow] = {}
    for row in db.scalars(query.order_by(VisitRow.received_at.desc(), VisitRow.visit_id.desc()).limit(50)):
        newest.setdefault((row.detail or {})["card"], row)
    given = digests_given(db, community_id, newest)
    lanes = {view.lane.lane_id: view for view in lanes_of(db, community_id)}
    found = []
    for digest, row in newest.items():
        lane = lanes.get(row.lane_id) if row.lane_id else None
        if digest not in given:
            found.append(ReadCard(
                row.visit_id, row.lane_id, lane.lane.name if lane else "", lane.gate_name if lane else "",
                row.received_at,
            ))  # fmt: skip
    return found[:OFFERED_MAX]


def give_read_card(
    db: Session, actor: Actor, visit_id: UUID, cardholder_id: UUID, *, now: datetime, name: str = "",
    valid_until: datetime | None = None, community_id: UUID | None = None,
) -> CardRow:  # fmt: skip
    """The card that was refused there goes to this cardholder. NotFound when there was no such refusal; Invalid when
    it is too long ago for the card to be still in anybody's hand. `community_id`: where the caller knows to be."""
    row = db.scalar(select(VisitRow).where(VisitRow.visit_id == visit_id))
    if row is None or row.kind != Kind.CARD.value or "card" not in (row.detail or {}):
        raise NotFound("visits.no_visit")
    if community_id is not None and row.community_id != community_id:
        raise NotFound("visits.no_visit")
    actor.demand(EDIT_CREDENTIALS, row.community_id)
    if row.reason != Reason.UNKNOWN.value or row.late or row.received_at <= now - TAKEN_FOR:
        raise Invalid("access.card_not_read", fields={"card": "access.card_not_read"})
    if community_of_holder(db, cardholder_id) != row.community_id:
        raise NotFound("access.no_cardholder")
    digest = (row.detail or {})["card"]
    return bind_card(db, actor, cardholder_id, digest, now=now, name=name, valid_until=valid_until)
