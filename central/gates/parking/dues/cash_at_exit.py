"""Cash of a car that nobody saw come in, taken while it still stands at the arm: booked under the number of the exit
that the guard opens with it, so that it is on the stay which that exit makes (P26, PARK-12)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.gates.parking.dues.pay_stay import SUBJECT
from central.gates.parking.dues.till import LONE_MOST
from central.gates.parking.permissions import TAKE_CASH
from central.gates.parking.stays.sealed_plates import class_of
from central.gates.parking.stays.tables import ExitCashRow
from central.gates.parking.tariffs.queries import calendar_for, row_for
from central.money.ledger.rules import AccountKind
from central.money.payments.open_order import open_order
from central.money.payments.rules import CASH, Part
from central.money.payments.take_payment import take_cash
from central.people.community.queries import LaneView
from models.parking.account import no_entry_fee
from models.parking.scope import Entering
from models.parking.tariff import Tariff
from models.values.plate import Plate
from models.wire.plates import masked


def flat_fee(db: Session, lane: LaneView, plate: Plate | None, now: datetime) -> int:
    """What the tariff asks of such a car, in fen; 0 where a person says."""
    car = Entering(lane_id=lane.lane.lane_id, vehicle_class=class_of(plate))
    row = row_for(db, lane.community_id, now, car)
    if row is None:
        return 0
    return no_entry_fee(Tariff.model_validate(row.value), calendar_for(db, lane.community_id), now)


def demand_amount(amount_fen: int | None) -> int:
    """Asked before the arm is: what is no amount opens nothing. Raises Invalid."""
    if amount_fen is None or not 0 < amount_fen <= LONE_MOST:
        raise Invalid(fields={"amount": "parking.lone_amount"}, most_yuan=LONE_MOST // 100)
    return amount_fen


def take_at_exit(
    db: Session, actor: Actor, lane: LaneView, exit_id: UUID, plate: Plate | None, amount_fen: int, reason: str,
    now: datetime,
) -> None:  # fmt: skip
    """Into the till of this lane. `exit_id`: the number of the opening; `reason`: why it is opened. Should the arm not
    open, the money is listed until somebody says whose it is (unclaimed_cash.py)."""
    place, lane_id = lane.community_id, lane.lane.lane_id
    actor.demand(TAKE_CASH, place)
    parts = [Part(exit_id, place, AccountKind.INCOME.value, "", demand_amount(amount_fen))]
    order = open_order(
        db, place, SUBJECT, exit_id, parts, CASH, title="", base="", back="", payer_address="", now=now
    )  # fmt: skip
    take_cash(db, actor, order, lane_id, now)
    db.add(ExitCashRow(
        community_id=place, exit_id=exit_id, lane_id=lane_id, plate=masked(plate.text) if plate is not None else "",
        taken_at=now, taken_by=actor.name, reason=reason,
    ))  # fmt: skip
    db.flush()
    said = {"plate": masked(plate.text)} if plate is not None else {}
    record(
        db, actor, "stay.take_lone_cash", "stay", exit_id, reason=reason, community_id=place,
        after=said | {"amount_fen": amount_fen},
    )  # fmt: skip
