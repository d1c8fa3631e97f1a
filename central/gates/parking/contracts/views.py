"""Reads of charges by contract: that of one stay, and those of a lot that did not go through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking.contracts.tables import StayChargeRow
from central.gates.parking.permissions import READ_STAYS
from central.gates.parking.stays.reads import StayView, stays_by_id
from central.money.payments.contract_rules import Charge, Contract

LIST_MAX = 100


@dataclass(frozen=True, slots=True)
class ChargeView:
    """`stood_at`: when the car came to the exit; `changed_at`: when something was last heard. `channel`: "" before one
    is chosen."""

    stay_id: UUID
    state: Charge
    contract: Contract
    channel: str
    amount_fen: int
    stood_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FailedCharge:
    charge: ChargeView
    stay: StayView


def charge_of(db: Session, stay_id: UUID) -> ChargeView | None:
    """None of a stay whose plate no channel was asked about."""
    row = db.scalar(select(StayChargeRow).where(StayChargeRow.id == stay_id).execution_options(populate_existing=True))
    return None if row is None else _view(row)


def failed_in(db: Session, actor: Actor, community_id: UUID, since: datetime) -> list[FailedCharge]:
    """Accepted, or perhaps, and then not paid; newest first."""
    actor.demand(READ_STAYS, community_id)
    query = select(StayChargeRow).where(
        StayChargeRow.community_id == community_id, StayChargeRow.state == Charge.FAILED.value,
        StayChargeRow.changed_at > since,
    ).order_by(StayChargeRow.changed_at.desc()).limit(LIST_MAX)  # fmt: skip
    found = [_view(row) for row in db.scalars(query.execution_options(populate_existing=True))]
    stays = {one.stay_id: one for one in stays_by_id(db, [one.stay_id for one in found])}
    return [FailedCharge(one, stays[one.stay_id]) for one in found if one.stay_id in stays]


def _view(row: StayChargeRow) -> ChargeView:
    return ChargeView(
        row.id, Charge(row.state), Contract(row.contract), row.channel, row.amount_fen, row.stood_at, row.changed_at
    )
