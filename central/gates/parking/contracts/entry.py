"""Channels are asked about a plate's contract as its car comes in (PARK-11): by the exit it is known, and the charge
goes out at once. No lane waits for it: a passage is written down here, and a turn of its own asks.

Only where a manager chose so, and the lot's sign says it; never told: the plate of a car that a permit covers. What was
not answered within an hour, and whatever is not an open contract, is asked about again at the exit: a driver may have
made one meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.session import tenant_of
from central.gates.ingest import queries as journal
from central.gates.ingest.projections import Projections
from central.gates.parking.contracts.lot import asks_at_entry
from central.gates.parking.contracts.tables import StayContractRow
from central.gates.parking.plates.listed import covers_since
from central.gates.parking.stays.reads import StayView, stays_by_id
from central.gates.parking.stays.sealed_plates import digest_of
from central.gates.parking.stays.tables import StayRow
from central.money.payments.contract_rules import Contract, first_open
from central.money.payments.contracts import Contracting, Parked, contracting
from central.people.community.queries import community_of
from models.parking.stays import INSIDE
from models.values.clocks import corrected
from models.wire.envelope import Event
from models.wire.events import Passage

HEARD_WITHIN = timedelta(hours=1)
"""Of a passage that central hears of later, and of a channel that has not answered for so long, the exit asks."""
AGAIN_AFTER = timedelta(minutes=2)
AT_ONCE = 10
INSIDE_NOW = [one.value for one in INSIDE]


def register(projections: Projections) -> None:
    projections.on("passage", project_entry)


def project_entry(db: Session, event: Event, body: Any) -> None:
    """After the stay that this passage began was folded."""
    now = clock.now()
    if not isinstance(body, Passage) or not body.passed:
        return
    if abs(now - corrected(event.at, event.skew_ms)) > HEARD_WITHIN:
        return
    community_id = journal.community_of_node(db, event.node_id)
    if not asks_at_entry(db, community_id) or not contracting(db):
        return
    came_in(db, community_id, event.correlation, now)


def came_in(db: Session, community_id: UUID, stay_id: UUID, now: datetime) -> None:
    """Once for a stay."""
    digest = db.scalar(
        select(StayRow.plate_digest).where(
            StayRow.stay_id == stay_id, StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW)
        )
    )
    if digest is None:
        return
    row = upsert(StayContractRow).values(
        id=stay_id, community_id=community_id, plate_digest=digest, contract=Contract.UNKNOWN.value, came_at=now,
        ask_at=now,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def ask_entered(db: Session, now: datetime) -> None:
    """One turn. It ends where a channel does not answer: the others of this turn would wait for it."""
    waiting = select(StayContractRow.id).where(StayContractRow.ask_at <= now).order_by(StayContractRow.ask_at)
    for stay_id in db.scalars(waiting.limit(AT_ONCE)).all():
        query = select(StayContractRow).where(StayContractRow.id == stay_id).with_for_update(skip_locked=True)
        row = db.scalar(query.execution_options(populate_existing=True))
        if row is not None and not _asked(db, row, now):
            return


def _asked(db: Session, row: StayContractRow, now: datetime) -> bool:
    """Whether all that was asked was answered."""
    stay = next(iter(stays_by_id(db, [row.id])), None)
    about = parked(db, stay, now) if stay is not None and stay.inside else None
    row.ask_at = None
    if about is None or not asks_at_entry(db, row.community_id) or _is_covered(db, about, now):
        return True
    row.plate_digest = digest_of(db, row.community_id, about.plate.text)
    said = {name: one.contract_of(about) for name, one in contracting(db).items()}
    row.channel, heard = first_open(said)
    row.contract = worth_saying(said).value
    if heard is None and now - row.came_at < HEARD_WITHIN:
        row.ask_at = now + AGAIN_AFTER
    return heard is not None


def known_open(db: Session, about: Parked, channels: Mapping[str, Contracting]) -> str:
    """The channel that said at the entry that this plate has an open contract; "" where none did. Of another plate, put
    right since, it said nothing."""
    row = db.get(StayContractRow, about.stay_id)
    if row is None or row.contract != Contract.OPEN.value or row.channel not in channels:
        return ""
    return row.channel if row.plate_digest == digest_of(db, about.community_id, about.plate.text) else ""


def parked(db: Session, stay: StayView, now: datetime) -> Parked | None:
    """What a channel is told of a car; None where its plate or its entry is not known."""
    if stay.plate is None or stay.entered_at is None:
        return None
    place = community_of(db, stay.community_id).name
    return Parked(tenant_of(db), stay.community_id, stay.stay_id, stay.plate, place, stay.entered_at, now)


def worth_saying(said: Mapping[str, Contract]) -> Contract:
    for one in (Contract.OPEN, Contract.UNKNOWN, Contract.BLOCKED):
        if one in said.values():
            return one
    return Contract.NONE


def _is_covered(db: Session, about: Parked, now: datetime) -> bool:
    """Whether a permit holds for it now: nothing is likely to be charged, and its plate is nobody else's matter."""
    held = covers_since(db, about.community_id, now).get(about.plate.text, ())
    return any(
        one.taken_off_at is None and one.entry.since <= now and (one.entry.until is None or now < one.entry.until)
        for one in held
    )
