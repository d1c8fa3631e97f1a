"""What a person counted on the floor sets right what the system reckons; each is kept, with who and why (PARK-20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.lot.occupancy import lot_of
from central.gates.parking.lot.settings import PLACES_MAX
from central.gates.parking.lot.tables import LotCountRow
from central.gates.parking.lot.told import tell_if_changed
from central.gates.parking.permissions import COUNT_CARS, READ_STAYS
from central.gates.parking.rules import REASON_MAX
from central.people.community.queries import community_of
from models.parking.occupancy import counted_by_hand
from models.values.ids import new_id


@dataclass(frozen=True, slots=True)
class CountView:
    zone: str
    counted: int
    was: int
    at: datetime
    by_name: str
    reason: str


def count_cars(
    db: Session, actor: Actor, community_id: UUID, zone: str, counted: int, reason: str, now: datetime
) -> UUID:
    """Say how many cars stand on the places for anybody. Raises Forbidden, Invalid, Conflict where sensors count."""
    actor.demand(COUNT_CARS, community_id)
    community_of(db, community_id)
    reason = reason.strip()
    problems = {} if 0 <= counted <= PLACES_MAX else {"counted": "lot.number_range"}
    if not reason or len(reason) > REASON_MAX:
        problems["reason"] = "parking.reason_needed"
    if problems:
        raise Invalid(fields=problems, most=PLACES_MAX if "counted" in problems else REASON_MAX)
    lot = lot_of(db, community_id, now)
    if lot.now is None:
        raise Conflict("lot.no_places")
    if zone not in counted_by_hand(lot.now):
        raise Conflict("lot.not_by_hand")
    was = next((one.standing for one in lot.now.zones if one.code == zone), lot.now.standing) or 0
    row = LotCountRow(
        id=new_id(), community_id=community_id, zone=zone, counted=counted, was=was, at=now, by_id=actor.id,
        by_name=actor.name, reason=reason,
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, "lot.count", "lot", community_id, community_id=community_id, reason=reason, before={"cars": was},
        after={"cars": counted, **({"zone": zone} if zone else {})},
    )  # fmt: skip
    tell_if_changed(db, community_id, now)
    return row.id


def counts_of(db: Session, actor: Actor, community_id: UUID, most: int = 14) -> list[CountView]:
    """The last ones, newest first."""
    actor.demand(READ_STAYS, community_id)
    query = select(LotCountRow).where(LotCountRow.community_id == community_id)
    rows = db.scalars(query.order_by(LotCountRow.at.desc(), LotCountRow.id.desc()).limit(most))
    return [CountView(row.zone, row.counted, row.was, row.at, row.by_name, row.reason) for row in rows]
