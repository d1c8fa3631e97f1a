"""What a person at the gate does about money: takes cash, lets a car out free with a reason, strikes off what is owed.

Each is a posting under the person's name, beside the audit. What was asked on the page is said with the deed: a fee
that has grown since is shown again instead of being taken (PARK-12, PARK-17).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.dues.disputes import dispute_of
from central.gates.parking.dues.pay_stay import SUBJECT, Owed, owed_for, parts_of
from central.gates.parking.dues.waive import let_go
from central.gates.parking.permissions import LET_OFF, TAKE_CASH, WRITE_OFF
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.stays.paid import moved_for, received
from central.gates.parking.stays.reads import StayView, stay_of
from central.gates.parking.stays.settle import settle_up
from central.gates.parking.tariffs.queries import calendar_for, row_for
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.money.ledger import queries as ledger
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.open_order import close_open, lock_subject, open_order
from central.money.payments.rules import CASH, Part
from central.money.payments.take_payment import take_cash as take
from models.parking.account import no_entry_fee
from models.parking.scope import Entering, Group
from models.parking.tariff import Tariff
from models.wire.plates import masked


class Free(StrEnum):
    """Why a car leaves without paying (PARK-17)."""

    OFFICIAL = "official"
    REPAIR = "repair"
    REMOVAL = "removal"
    ERROR = "error"


LONE_MOST = 100_000
"""Fen that a person may take of a car that nobody saw come in: more is a slip of the finger."""


def take_cash(
    db: Session, actor: Actor, stay_id: UUID, amount_fen: int, now: datetime, *, lane_id: UUID | None = None
) -> None:
    """All that is asked of this stay was paid in cash, into the till of this lane or of the desk."""
    owed = _held(db, actor, stay_id, TAKE_CASH, now)
    place = owed.stay.community_id
    if lane_id is not None and lane_id not in {one.lane.lane_id for one in vehicle_lanes(db, place)}:
        raise Invalid(fields={"till": "parking.no_till"})
    _as_asked(owed.asked_fen, amount_fen)
    order = open_order(
        db, place, SUBJECT, stay_id, parts_of(db, owed), CASH, title="", base="", back="", payer_address="", now=now
    )
    take(db, actor, order, lane_id, now)
    settle_up(db, [stay_id, *(one.stay_id for one in owed.before)])
    _write_down(db, actor, "stay.take_cash", owed, None, amount_fen=amount_fen)


def lone_fee(db: Session, stay: StayView) -> int:
    """What the tariff asks of a car that nobody saw come in (P26), as its gate asked it; 0 where a person says."""
    if not stay.lone_exit or stay.left_at is None:
        return 0
    car = Entering(stay.exit_lane_id, stay.vehicle_class, stay.colour, stay.entered_as or Group.TEMPORARY)
    row = row_for(db, stay.community_id, stay.left_at, car)
    if row is None:
        return 0
    return no_entry_fee(Tariff.model_validate(row.value), calendar_for(db, stay.community_id), stay.left_at)


def take_lone_cash(
    db: Session, actor: Actor, exit_id: UUID, amount_fen: int, paid_fen: int, reason: str, now: datetime, *,
    lane_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """Cash of a car that nobody saw come in, with a plate or without: income of the car park, under the number of its
    exit. `paid_fen`: what it had paid by then, as the page showed it, so that a form that is sent twice takes nothing
    twice. Another sum than the tariff's wants a reason. Returns the order, whose receipt there is."""
    found = stay_of(db, actor, exit_id)
    actor.demand(TAKE_CASH, found.community_id)
    place = found.community_id
    lock_lot(db, place)
    lock_subject(db, SUBJECT, exit_id)
    settle_up(db, [exit_id])
    stay = stay_of(db, actor, exit_id)
    if not stay.lone_exit:
        raise Conflict("parking.not_lone")
    if lane_id is not None and lane_id not in {one.lane.lane_id for one in vehicle_lanes(db, place)}:
        raise Invalid(fields={"till": "parking.no_till"})
    if not 0 < amount_fen <= LONE_MOST:
        raise Invalid(fields={"amount": "parking.lone_amount"}, most_yuan=LONE_MOST // 100)
    if received(moved_for(db, [exit_id]).get(exit_id, ())).paid != paid_fen:
        raise Conflict("parking.fee_grew")
    reason = reason.strip() if amount_fen == lone_fee(db, stay) and not reason.strip() else _reason(reason)
    parts = [Part(exit_id, place, AccountKind.INCOME.value, "", amount_fen)]
    order = open_order(
        db, place, SUBJECT, exit_id, parts, CASH, title="", base="", back="", payer_address="", now=now
    )  # fmt: skip
    take(db, actor, order, lane_id, now)
    settle_up(db, [exit_id])
    plate = {"plate": masked(stay.plate.text)} if stay.plate is not None else {}
    record(
        db, actor, "stay.take_lone_cash", "stay", exit_id, reason=reason or None, community_id=place,
        after=plate | {"amount_fen": amount_fen},
    )  # fmt: skip
    return order.order_id


def let_out_free(
    db: Session, actor: Actor, stay_id: UUID, why: Free, reason: str, amount_fen: int, now: datetime
) -> None:
    """What this stay owes now is waived; what its plate owes from before stays."""
    owed = _held(db, actor, stay_id, LET_OFF, now)
    reason = _reason(reason)
    if not owed.stay.inside:
        raise Conflict("parking.left_already")
    _as_asked(owed.due_fen or 0, amount_fen)
    place = owed.stay.community_id
    entries = (
        Entry(Account(place, AccountKind.WAIVERS, why.value), amount_fen, stay_id),
        Entry(Account(place, AccountKind.INCOME), -amount_fen, stay_id),
    )
    _post(db, actor, stay_id, Code.FREE_EXIT, entries, reason, now)
    close_open(db, SUBJECT, stay_id, now)
    settle_up(db, [stay_id])
    _write_down(db, actor, "stay.let_off", owed, reason, amount_fen=amount_fen, free=why.value)


def write_off(db: Session, actor: Actor, stay_id: UUID, reason: str, now: datetime) -> None:
    """What this stay left owing is struck off. Conflict where nothing is owed any more."""
    _strike_off(db, actor, stay_id, reason, now, WRITE_OFF, "arrears.write_off")


def not_theirs(db: Session, actor: Actor, stay_id: UUID, reason: str, now: datetime) -> None:
    """A person looked at a debt that its driver denies: it was another car, and it is waived. Whoever may let a car out
    free may say so, and of a debt that a colleague froze only who may strike it off. Conflict where none is denied."""
    stay = stay_of(db, actor, stay_id)
    said = dispute_of(db, stay)
    if said is None or not said.frozen:
        actor.demand(LET_OFF, stay.community_id)
        raise Conflict("parking.not_frozen")
    right = LET_OFF if said.said_by is None else WRITE_OFF
    _strike_off(db, actor, stay_id, reason, now, right, "arrears.not_theirs")


def _strike_off(
    db: Session, actor: Actor, stay_id: UUID, reason: str, now: datetime, permission: str, what: str
) -> None:
    owed = _held(db, actor, stay_id, permission, now)
    reason = _reason(reason)
    amount = let_go(db, actor, owed.stay, 0, reason, now)
    if amount <= 0:
        raise Conflict("parking.nothing_owed")
    _write_down(db, actor, what, owed, reason, amount_fen=amount)


def _held(db: Session, actor: Actor, stay_id: UUID, permission: str, now: datetime) -> Owed:
    """What is owed, as nobody else is changing it: the stay's order, its lot and those of its plate's debts are held
    until the transaction ends."""
    found = stay_of(db, actor, stay_id)
    actor.demand(permission, found.community_id)
    debts = owed_for(db, stay_id, now).before
    for place in sorted({found.community_id, *(one.account.community_id for one in debts)}):
        lock_lot(db, place)  # always in this order, so that two never wait for one another
    lock_subject(db, SUBJECT, stay_id)
    settle_up(db, [stay_id])
    return owed_for(db, stay_id, now)


def _as_asked(owed_fen: int, said_fen: int) -> None:
    if not owed_fen:
        raise Conflict("parking.nothing_due")
    if owed_fen != said_fen:
        raise Conflict("parking.fee_grew")


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    return reason


def _post(
    db: Session, actor: Actor, stay_id: UUID, code: Code, entries: tuple[Entry, ...], note: str, now: datetime
) -> None:
    before = len(ledger.about(db, [stay_id]).get(stay_id, []))
    post(db, actor, Posting(f"{code.value}:{stay_id}:{before}", code, now, entries, note))


def _write_down(db: Session, actor: Actor, what: str, owed: Owed, reason: str | None, **said: object) -> None:
    plate = {"plate": masked(owed.stay.plate.text)} if owed.stay.plate is not None else {}
    record(
        db, actor, what, "stay", owed.stay.stay_id, reason=reason, community_id=owed.stay.community_id,
        after=plate | said,
    )  # fmt: skip
