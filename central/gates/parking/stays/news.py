"""Which stays gates must be told of anew: each change takes the next number of its lot, in the order of their commits.

Everything after which a lane would ask for another amount calls `changed` in its own transaction: a stay that was
folded anew, a payment, a debt, a permit that was taken off. Numbers are microseconds since 1970, or one more than the
last, so that a central restored from an older backup goes on above what its gates have.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid5

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.session import tenant_of
from central.gates.access.snapshot import CHANNEL
from central.gates.parking.stays.sealed_plates import digest_of
from central.gates.parking.stays.tables import StayNewsRow, StayRow
from models.parking.stays import INSIDE
from models.values.time import micros

INSIDE_NOW = [one.value for one in INSIDE]


def changed(db: Session, community_id: UUID, stay_ids: Collection[UUID]) -> None:
    """These stays are told to the gates again, which wake for it. Holds the lot until the transaction ends."""
    if not stay_ids:
        return
    lock_lot(db, community_id)
    number = max(head(db, community_id) + 1, micros(clock.now()))
    made = insert(StayNewsRow).values(
        [{"stay_id": one, "community_id": community_id, "number": number} for one in sorted(set(stay_ids))]
    )
    db.execute(
        made.on_conflict_do_update(
            index_elements=[StayNewsRow.tenant_id, StayNewsRow.stay_id], set_={"number": made.excluded.number}
        )
    )
    payload = f"{tenant_of(db)} {woken_by(community_id)}"
    db.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})


def all_changed(db: Session, community_id: UUID) -> None:
    """Every gate is to be told the whole: of the lot itself, too, so that an empty one is news."""
    lock_lot(db, community_id)
    inside = select(StayRow.stay_id).where(StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW))
    changed(db, community_id, [community_id, *db.scalars(inside)])


def inside_with(db: Session, community_id: UUID, plate: str) -> list[UUID]:
    """The stays of a plate that are open."""
    query = select(StayRow.stay_id).where(
        StayRow.community_id == community_id, StayRow.plate_digest == digest_of(db, community_id, plate),
        StayRow.state.in_(INSIDE_NOW),
    )  # fmt: skip
    return list(db.scalars(query))


def head(db: Session, community_id: UUID) -> int:
    """The number of the last change; 0 before the first."""
    query = select(func.max(StayNewsRow.number)).where(StayNewsRow.community_id == community_id)
    return db.scalar(query) or 0


def woken_by(community_id: UUID) -> UUID:
    """What is announced of a lot. Not the community itself: a car is no news to the nodes of its doors."""
    return uuid5(community_id, "stays")


def lock_lot(db: Session, community_id: UUID) -> None:
    """Let nobody else change the stays of this community until the transaction ends."""
    key = f"stays:{tenant_of(db)}:{community_id}"
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
