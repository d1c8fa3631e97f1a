"""Signs at a car park: a code that leads a driver's phone to the page of this lot, or of the lane where it hangs.

Whoever has seen a sign has its address. That opens no more than what a driver standing there may know; a sign whose
picture goes around is replaced, and the old one leads nowhere from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Gone, NoSuchLink, NotFound
from central.base.kernel.link_token import digest_of, new_token
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import bind_tenant
from central.gates.parking.driver.tables import ParkingSignRow
from central.gates.parking.permissions import KEEP_SIGNS
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.people.community.finding import find
from central.people.community.queries import LaneView, community_of, lanes_of
from models.site.topology import Direction

BY_SIGN = "the sign's address is the key: 192 random bits; it shows what a driver at this lot may know, and no names"


@dataclass(frozen=True, slots=True)
class SignView:
    """`lane`: None for the sign of the whole lot."""

    sign_id: UUID
    community_id: UUID
    lane: LaneView | None
    made_at: datetime
    made_by: str
    token: str

    def __repr__(self) -> str:
        return f"SignView({self.sign_id}, token=…)"


@dataclass(frozen=True, slots=True)
class FoundSign:
    """What a driver's phone brought: where its owner stands."""

    sign_id: UUID
    community_id: UUID
    lane: LaneView | None


def signs_of(db: Session, actor: Actor, community_id: UUID) -> list[SignView]:
    """The signs that lead somewhere: the lot's own first, then by lane."""
    community_of(db, community_id)
    actor.demand(KEEP_SIGNS, community_id)
    rows = db.scalars(
        select(ParkingSignRow).where(ParkingSignRow.community_id == community_id, ParkingSignRow.ended_at.is_(None))
    )
    views = [_view(db, row) for row in rows]
    return sorted(views, key=lambda one: (one.lane is not None, one.lane.lane.name if one.lane else ""))


def sign_of(db: Session, actor: Actor, sign_id: UUID) -> SignView:
    """For printing. NotFound for one that leads nowhere any more, and for another company's."""
    row = find(db, ParkingSignRow, sign_id, "signs.no_sign")
    actor.demand(KEEP_SIGNS, row.community_id)
    if row.ended_at is not None:
        raise NotFound("signs.no_sign")
    return _view(db, row)


def ways_out(db: Session, community_id: UUID) -> list[LaneView]:
    """Lanes at which a sign can hang: those of vehicles that lead out; nobody pays at an inner lane."""
    lanes = vehicle_lanes(db, community_id)
    return [one for one in lanes if one.lane.direction is Direction.OUT and one.between is None]


def make_sign(db: Session, actor: Actor, community_id: UUID, lane_id: UUID | None, now: datetime) -> UUID:
    """The sign of this lane, or of the lot. One that was there leads nowhere from now on."""
    community_of(db, community_id)
    actor.demand(KEEP_SIGNS, community_id)
    if lane_id is not None and lane_id not in {one.lane.lane_id for one in ways_out(db, community_id)}:
        raise NotFound("signs.no_lane")
    _lock(db, community_id)
    standing = db.scalar(
        select(ParkingSignRow).where(
            ParkingSignRow.community_id == community_id, ParkingSignRow.ended_at.is_(None),
            ParkingSignRow.lane_id.is_(None) if lane_id is None else ParkingSignRow.lane_id == lane_id,
        )
    )  # fmt: skip
    if standing is not None:
        standing.ended_at, standing.ended_by = now, actor.name
        db.flush()
    token = new_token()
    row = ParkingSignRow(
        community_id=community_id, lane_id=lane_id, token_sha256=digest_of(token),
        sealed_token=seal(db, token.encode(), "parking_sign"), made_at=now, made_by=actor.name,
    )  # fmt: skip
    db.add(row)
    db.flush()
    what = "sign.make" if standing is None else "sign.replace"
    record(db, actor, what, "parking_sign", row.id, community_id=community_id)
    return row.id


def found_sign(db: Session, token: str) -> FoundSign:
    """What a sign's address stands for; `db` is not bound yet, and is bound to its company then. Gone for one that was
    replaced, NoSuchLink where there never was one."""
    digest = digest_of(token)
    tenant_id = db.scalar(text("SELECT tenant_id FROM lookup.parking_sign(:digest)"), {"digest": digest})
    if tenant_id is None:
        raise NoSuchLink("signs.over")
    bind_tenant(db, tenant_id)
    row = db.scalar(select(ParkingSignRow).where(ParkingSignRow.token_sha256 == digest))
    if row is None or row.ended_at is not None:
        raise Gone("signs.over")
    return FoundSign(row.id, row.community_id, _lane(db, row))


def token_of(db: Session, sign_id: UUID | None) -> str:
    """The way back to the sign that led here; "" where it leads nowhere any more."""
    query = select(ParkingSignRow).where(ParkingSignRow.id == sign_id, ParkingSignRow.ended_at.is_(None))
    row = db.scalar(query) if sign_id is not None else None
    return unseal(db, row.sealed_token, "parking_sign").decode() if row is not None else ""


def _view(db: Session, row: ParkingSignRow) -> SignView:
    token = unseal(db, row.sealed_token, "parking_sign").decode()
    return SignView(row.id, row.community_id, _lane(db, row), row.made_at, row.made_by, token)


def _lane(db: Session, row: ParkingSignRow) -> LaneView | None:
    lanes = {one.lane.lane_id: one for one in lanes_of(db, row.community_id)} if row.lane_id is not None else {}
    return lanes.get(row.lane_id) if row.lane_id is not None else None


def _lock(db: Session, community_id: UUID) -> None:
    """Two presses at once make two signs one after the other, never two that stand."""
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"signs:{community_id}"})
