"""The part of a channel that charges a plate by its contract, and the orders that ask for such a charge.

An order by contract is of a kind of its own, beside that of a phone for the same stay: neither replaces the other, both
count, and what is too much then goes back. It is written down before the channel is asked, under the number that the
channel knows; and what it brings counts from when the car stood at the exit, as the gate was told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.outbox import announce
from central.money.payments.channels import Channel, channels_of
from central.money.payments.contract_rules import Contract, Heard
from central.money.payments.queries import OrderView, id_of, order_view
from central.money.payments.rules import BY_CONTRACT, Notice, OrderState, Part, Seen, step
from central.money.payments.tables import PaymentOrderRow
from models.values.ids import new_id
from models.values.plate import Plate

FAILED = "payment.failed"
"""The news that a channel says of a charge by contract that it failed: {"order_id"}."""


class Parked(NamedTuple):
    """A car about which a channel is asked: told only where a lot uses contracts. `place`: the community's name."""

    tenant_id: UUID
    community_id: UUID
    stay_id: UUID
    plate: Plate
    place: str
    entered_at: datetime
    now: datetime


class Charged(NamedTuple):
    """A charge. `number`: the order's, the same however often it is asked for."""

    parked: Parked
    number: str
    amount_fen: int
    title: str
    stood_at: datetime


@runtime_checkable
class Contracting(Channel, Protocol):
    """A channel that also keeps contracts."""

    def contract_of(self, parked: Parked) -> Contract:
        """UNKNOWN where it does not answer."""
        ...

    def charge(self, charged: Charged) -> Heard:
        """ACCEPTED, REFUSED, or AWAY: it may have heard. One number charges once, however often it is asked."""
        ...

    def look_charged(self, order_number: str, now: datetime) -> Notice | Heard:
        """What became of it: ACCEPTED while it is under way, FAILED, REFUSED where it knows of none, AWAY."""
        ...


def contracting(db: Session) -> Mapping[str, Contracting]:
    """The channels of the transaction's company that keep contracts."""
    return {name: one for name, one in channels_of(db).items() if isinstance(one, Contracting)}


def open_charge(db: Session, stay_id: UUID, part: Part, channel: str, stood_at: datetime, now: datetime) -> OrderView:
    row = PaymentOrderRow(
        id=new_id(), community_id=part.community_id, subject_kind=BY_CONTRACT, subject_id=stay_id,
        amount_fen=part.fen, parts=[part.stored()], channel=channel, way="", opened_at=stood_at, expires_at=now,
        state=OrderState.OPEN.value, ask_at=None,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return order_view(row)


def end_charge(db: Session, order_id: UUID, now: datetime) -> None:
    """Nothing is waited for any more; money that comes all the same is taken as late."""
    row = db.get_one(PaymentOrderRow, order_id, with_for_update=True, populate_existing=True)
    state, _ = step(OrderState(row.state), Seen.TIME_OVER)
    if state.value != row.state:
        row.state, row.closed_at = state.value, now
    db.flush()


def charge_failed(db: Session, channel: str, order_number: str) -> None:
    """A channel says so by itself. What is no charge of ours is passed over: nothing was taken."""
    order_id = id_of(order_number)
    row = db.get(PaymentOrderRow, order_id) if order_id is not None else None
    if row is not None and (row.channel, row.subject_kind) == (channel, BY_CONTRACT):
        announce(db, FAILED, {"order_id": str(row.id)})


def charges_open(db: Session, order_ids: Collection[UUID]) -> dict[UUID, OrderView]:
    """Those of these orders of which no end is known."""
    query = select(PaymentOrderRow).where(
        PaymentOrderRow.id.in_(order_ids), PaymentOrderRow.state == OrderState.OPEN.value
    )
    return {row.id: order_view(row) for row in db.scalars(query.execution_options(populate_existing=True))}
