"""Debts that somebody says are not theirs: frozen at once, until a person has looked (PARK-15).

A frozen debt is asked at no exit and on no page, and stays on its account. Whoever looks puts the plate right; or
finds that it was another car and waives the debt (stay_till.py); or finds that it stands, and then it is asked again
and is frozen no second time. It is the debt on one plate's account that is frozen: under a corrected plate it is
another one, which nobody has denied.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.driver.tables import StayDisputeRow
from central.gates.parking.permissions import CORRECT_STAYS
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.news import changed, inside_with, lock_lot
from central.gates.parking.stays.reads import LIST_MAX, StayView, stay_of
from central.gates.parking.stays.sealed_plates import digests_in
from central.people.community.queries import communities
from models.wire.plates import masked


@dataclass(frozen=True, slots=True)
class DisputeView:
    """`said_by`: None where a driver said it. Settled: a person found that the debt stands, and why."""

    stay_id: UUID
    said_at: datetime
    said_by: str | None
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None

    @property
    def frozen(self) -> bool:
        return self.settled_at is None


def disputes_of(db: Session, stay_ids: Collection[UUID]) -> dict[tuple[UUID, str], DisputeView]:
    """By the stay and the account on which its debt stands."""
    if not stay_ids:
        return {}
    query = select(StayDisputeRow).where(StayDisputeRow.stay_id.in_(stay_ids))
    return {(row.stay_id, row.account_ref): _view(row) for row in db.scalars(query)}


def dispute_of(db: Session, stay: StayView) -> DisputeView | None:
    """What was said of the debt that this stay left, under the plate that it has now."""
    return disputes_of(db, [stay.stay_id]).get((stay.stay_id, _ref(db, stay)))


def frozen_in(db: Session, community_id: UUID) -> list[DisputeView]:
    """Those of this lot that no person has settled, the oldest first; paid or not."""
    query = select(StayDisputeRow).where(
        StayDisputeRow.community_id == community_id, StayDisputeRow.settled_at.is_(None)
    )
    return [_view(row) for row in db.scalars(query.order_by(StayDisputeRow.said_at, StayDisputeRow.id).limit(LIST_MAX))]


def freeze(db: Session, by: Actor, stay: StayView, now: datetime) -> None:
    """It is asked no more until a person has looked. A second time changes nothing; Conflict where a person has looked
    already, and where it is no debt of a plate. Asks nobody's right: pages and routes do."""
    ref = _ref(db, stay)
    if stay.inside or not stay.may_owe or not ref or stay.plate is None:
        raise Conflict("parking.no_debt")
    told = _lots(db, stay)
    known = dispute_of(db, stay)
    if known is not None and known.frozen:
        return
    if known is not None:
        raise Conflict("parking.looked_already")
    row = StayDisputeRow(
        community_id=stay.community_id, stay_id=stay.stay_id, account_ref=ref, said_at=now,
        said_by=by.name if by.kind is ActorKind.ACCOUNT else None,
    )  # fmt: skip
    db.add(row)
    db.flush()
    _tell(db, told)
    said = {"plate": masked(stay.plate.text)}
    record(db, by, "arrears.dispute", "stay", stay.stay_id, community_id=stay.community_id, after=said)


def freeze_by(db: Session, actor: Actor, stay_id: UUID, now: datetime) -> None:
    """A person at the desk is told so."""
    stay = stay_of(db, actor, stay_id)
    actor.demand(CORRECT_STAYS, stay.community_id)
    freeze(db, actor, stay, now)


def it_stands(db: Session, actor: Actor, stay_id: UUID, reason: str, now: datetime) -> None:
    """A person looked: it was this car. The debt is asked again."""
    stay, reason = stay_of(db, actor, stay_id), reason.strip()
    actor.demand(CORRECT_STAYS, stay.community_id)
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    told = _lots(db, stay)
    row = db.scalar(
        select(StayDisputeRow).where(
            StayDisputeRow.stay_id == stay_id, StayDisputeRow.account_ref == _ref(db, stay),
            StayDisputeRow.settled_at.is_(None),
        )
    )  # fmt: skip
    if row is None:
        raise Conflict("parking.not_frozen")
    row.settled_at, row.settled_by, row.reason = now, actor.name, reason
    db.flush()
    _tell(db, told)
    said = {"plate": masked(stay.plate.text)} if stay.plate is not None else None
    record(
        db, actor, "arrears.stands", "stay", stay_id, reason=reason, community_id=stay.community_id, after=said
    )  # fmt: skip


def _lots(db: Session, stay: StayView) -> dict[UUID, list[UUID]]:
    """The stays by which each lot of the company is told of this debt; these lots are held, always in the same order,
    so that two never wait for one another."""
    found = {stay.community_id: [stay.stay_id]}
    for place in communities(db) if stay.plate is not None else ():
        if stay.plate is not None and digests_in(db, place.community_id, [stay.plate.text]):
            here = inside_with(db, place.community_id, stay.plate.text)
            if here:
                found.setdefault(place.community_id, []).extend(here)
    for place_id in sorted(found):
        lock_lot(db, place_id)
    return found


def _tell(db: Session, told: dict[UUID, list[UUID]]) -> None:
    """Every lot of the company asks another sum of this plate now."""
    for place_id in sorted(told):
        changed(db, place_id, told[place_id])


def _ref(db: Session, stay: StayView) -> str:
    """The account of its plate; "" of a car whose plate nobody knows."""
    if stay.plate is None:
        return ""
    digest = digests_in(db, stay.community_id, [stay.plate.text]).get(stay.plate.text)
    return digest.hex() if digest is not None else ""


def _view(row: StayDisputeRow) -> DisputeView:
    return DisputeView(row.stay_id, row.said_at, row.said_by, row.settled_at, row.settled_by, row.reason)
