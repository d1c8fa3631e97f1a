"""Charge a stay by the contract of its plate, when its car stands at the exit (PARK-11).

    it stands there    what is due then is written down, once for a stay
    looking            channels are asked whether the plate has a contract, unless one said so as the car came in
                       (contract_entry.py); the choice is written down
    wanted             the chosen one is asked to charge, the same number each time, while the car may stand there
    accepted           gates take it for paid, and the arm rises; the end is told, or asked for
    failed             they no longer do, and the fee stands: at the exit, or as arrears of the plate

Each step is a turn of its own, saved before the next one asks: nothing is asked that nobody knows of.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.outbox import News, announce
from central.base.kernel.session import tenant_of
from central.gates.parking.contracts.entry import known_open, parked, worth_saying
from central.gates.parking.contracts.lot import uses_contracts
from central.gates.parking.contracts.tables import StayChargeRow
from central.gates.parking.dues.pay_stay import TITLE, owed_for
from central.gates.parking.stays.news import changed
from central.gates.parking.stays.settle import settle_up
from central.money.ledger.rules import AccountKind
from central.money.payments.contract_rules import (
    AGAIN_AFTER,
    LIVE,
    WAITED_MAX,
    Charge,
    Contract,
    Heard,
    Then,
    first_open,
    step,
)
from central.money.payments.contracts import Charged, Contracting, contracting, end_charge, open_charge
from central.money.payments.queries import order_of
from central.money.payments.rules import GIVEN_UP, Notice, OrderState, Part, pause
from central.money.payments.take_payment import take_notice

log = logging.getLogger(__name__)
GO_ON = "stay.charge_goes_on"
"""The news that a charge has a next step: {"stay_id"}."""
AT_ONCE = 20
AWAY_FOR = timedelta(seconds=30)
"""After a channel did not answer, news waits for no channel for so long: the timed turn asks."""


def come(db: Session, news: News) -> None:
    """A car came to the exit and has to pay: its charge is written down, unless its stay has had one."""
    now, stay_id, at = clock.now(), UUID(news.payload["stay_id"]), datetime.fromisoformat(news.payload["at"])
    place = UUID(news.payload["community_id"])
    if now - at > WAITED_MAX or not uses_contracts(db, place) or not contracting(db):
        return
    owed = owed_for(db, stay_id, at)
    if not owed.stay.inside or owed.stay.plate is None or not owed.due_fen:
        return
    row = upsert(StayChargeRow).values(
        id=stay_id, community_id=place, state=Charge.LOOKING.value, contract=Contract.UNKNOWN.value,
        amount_fen=owed.due_fen, stood_at=at, ask_at=now, changed_at=now,
    )  # fmt: skip
    if db.scalar(row.on_conflict_do_nothing().returning(StayChargeRow.id)) is not None:
        announce(db, GO_ON, {"stay_id": str(stay_id)}, correlation_id=news.correlation_id)


def on_go_on(db: Session, news: News) -> None:
    row = _locked(db, StayChargeRow.id == UUID(news.payload["stay_id"]))
    if row is not None and not _away_lately(db, clock.now()):
        _go_on(db, row, clock.now())


def on_failed(db: Session, news: News) -> None:
    """A channel told of it. The row is waited for: a turn that holds it may not have heard."""
    row = _locked(db, StayChargeRow.order_id == UUID(news.payload["order_id"]), wait=True)
    if row is not None:
        _hear(db, row, Heard.FAILED, clock.now())


def on_taken(db: Session, news: News) -> None:
    row = _locked(db, StayChargeRow.order_id == UUID(news.payload["order_id"]), wait=True)
    if row is not None:
        _hear(db, row, Heard.SUCCESS, clock.now())


def ask_charges(db: Session, now: datetime) -> None:
    """One turn of what waits. It ends where a channel does not answer: the others of this turn would wait for it."""
    waiting = select(StayChargeRow.id).where(StayChargeRow.ask_at <= now).order_by(StayChargeRow.ask_at).limit(AT_ONCE)
    for stay_id in db.scalars(waiting).all():
        row = _locked(db, StayChargeRow.id == stay_id)
        if row is not None and _go_on(db, row, now) is Heard.AWAY:
            return


def _locked(db: Session, which: ColumnElement[bool], *, wait: bool = False) -> StayChargeRow | None:
    query = select(StayChargeRow).where(which).with_for_update(skip_locked=not wait)
    return db.scalar(query.execution_options(populate_existing=True))


def _away_lately(db: Session, now: datetime) -> bool:
    query = select(StayChargeRow.id).where(StayChargeRow.said == Heard.AWAY.value, StayChargeRow.ask_at.is_not(None))
    return db.scalar(query.where(StayChargeRow.changed_at > now - AWAY_FOR).limit(1)) is not None


def _go_on(db: Session, row: StayChargeRow, now: datetime) -> Heard | None:
    """One step. What was heard; None where nothing was."""
    waits = now - row.stood_at <= WAITED_MAX
    heard: Heard | None = None
    match Charge(row.state):
        case Charge.LOOKING:
            heard = _look_for(db, row, now) if waits else Heard.TIME_OVER
        case Charge.WANTED:
            heard = _charge(db, row, now) if waits else Heard.TIME_OVER
        case Charge.ACCEPTED | Charge.UNSURE:
            heard = _ask(db, row, now)
    if heard is not None:
        _hear(db, row, heard, now)
    return heard


def _look_for(db: Session, row: StayChargeRow, now: datetime) -> Heard:
    stay = owed_for(db, row.id, now).stay
    about, channels = parked(db, stay, now), contracting(db)
    if not stay.inside or about is None or not uses_contracts(db, row.community_id):
        return Heard.TIME_OVER
    known = known_open(db, about, channels)
    said = {known: Contract.OPEN} if known else {name: one.contract_of(about) for name, one in channels.items()}
    channel, heard = first_open(said)
    if heard is Heard.HAS_CONTRACT:
        part = Part(row.id, row.community_id, AccountKind.INCOME.value, "", row.amount_fen)
        row.channel = channel
        row.order_id = open_charge(db, row.id, part, channel, row.stood_at, now).order_id
    row.contract = worth_saying(said).value
    return heard or Heard.AWAY


def _charge(db: Session, row: StayChargeRow, now: datetime) -> Heard:
    """Not of who has paid by other means since, or has left."""
    owed, channel = owed_for(db, row.id, row.stood_at), contracting(db).get(row.channel)
    about, owes = parked(db, owed.stay, now), owed.stay.inside and (owed.due_fen or 0) >= row.amount_fen
    if channel is None or about is None or not owes:
        return Heard.TIME_OVER if row.asked > 1 else Heard.REFUSED
    assert row.order_id is not None
    return channel.charge(Charged(about, row.order_id.hex, row.amount_fen, TITLE, row.stood_at))


def _ask(db: Session, row: StayChargeRow, now: datetime) -> Heard:
    channel, over = contracting(db).get(row.channel), now > row.stood_at + GIVEN_UP
    assert row.order_id is not None
    found = _looked(channel, row.order_id, now)
    if isinstance(found, Notice):
        take_notice(db, system(tenant_of(db), f"payments.{row.channel}"), row.channel, found, now)
        paid = order_of(db, row.order_id).state is OrderState.PAID
        return Heard.SUCCESS if paid else Heard.FAILED
    return Heard.TIME_OVER if over and found is not Heard.FAILED else found


def _looked(channel: Contracting | None, order_id: UUID, now: datetime) -> Notice | Heard:
    return Heard.AWAY if channel is None else channel.look_charged(order_id.hex, now)


def _hear(db: Session, row: StayChargeRow, heard: Heard, now: datetime) -> None:
    before = Charge(row.state)
    state, then = step(before, heard)
    row.state, row.said, row.changed_at = state.value, heard.value, now
    row.asked = row.asked + 1 if state is before else 1
    row.ask_at = _next(before, state, row, now)
    db.flush()
    if row.order_id is not None and state in (Charge.REFUSED, Charge.FAILED) and state is not before:
        end_charge(db, row.order_id, now)
        log.warning("a charge by contract did not go through", extra={"channel": row.channel, "said": heard.value})
    if state is Charge.WANTED and before is Charge.LOOKING:
        announce(db, GO_ON, {"stay_id": str(row.id)})
    if Then.LIFT in then:
        changed(db, row.community_id, [row.id])
    if Then.STANDS in then:
        changed(db, row.community_id, [row.id])
        settle_up(db, [row.id])


def _next(before: Charge, state: Charge, row: StayChargeRow, now: datetime) -> datetime | None:
    if state not in LIVE:
        return None
    if state in (Charge.LOOKING, Charge.WANTED):
        return now + AGAIN_AFTER
    return now + (AGAIN_AFTER if state is not before else pause(row.asked - 1))
