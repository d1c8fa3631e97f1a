"""A car whose plate was not read stands at an exit, and somebody pays for a stay from that exit's sign: perhaps this.

An unread car could be anybody's, so that nothing opens by itself: a guard is told who has paid, looks, and opens with
one press, which says as well whose exit it is. Once it has driven out the exit is joined to that stay, in their name.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict
from central.base.kernel.outbox import News
from central.base.kernel.session import tenant_of
from central.gates.parking.driver.tables import ExitMeantRow, OrderAtLaneRow, ParkingSignRow
from central.gates.parking.permissions import CORRECT_STAYS
from central.gates.parking.stays.deeds import say
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.stays.reads import StayView, stay_of, stays_by_id
from central.money.payments.queries import order_of
from central.money.payments.rules import OrderState
from models.parking.stays import Joined
from models.values.ids import new_id
from models.wire.plates import masked

LATEST_MAX = 20
REASON = "未读到车牌，付款后由岗亭认定"
"""Of the fact that joins them; beside it stand the guard's name and their reason to open."""


def lane_of_sign(db: Session, sign_id: UUID | None) -> UUID | None:
    """None for the sign of a whole lot, and where no sign led here."""
    return db.scalar(select(ParkingSignRow.lane_id).where(ParkingSignRow.id == sign_id)) if sign_id else None


def note_asked(db: Session, sign_id: UUID | None, order_id: UUID, stay_id: UUID, now: datetime) -> None:
    """This order was asked by who had scanned the sign of a lane; twice is once."""
    lane_id, order = lane_of_sign(db, sign_id), order_of(db, order_id)
    if lane_id is not None:
        row = insert(OrderAtLaneRow).values(
            id=new_id(), community_id=order.community_id, order_id=order_id, stay_id=stay_id, lane_id=lane_id, at=now
        )
        db.execute(row.on_conflict_do_nothing(index_elements=["tenant_id", "order_id"]))


def paid_from(db: Session, lane_id: UUID, since: datetime) -> list[StayView]:
    """The stays inside that were paid for from this lane's sign since then, the last first."""
    rows = db.scalars(
        select(OrderAtLaneRow).where(OrderAtLaneRow.lane_id == lane_id, OrderAtLaneRow.at >= since)
        .order_by(OrderAtLaneRow.at.desc()).limit(LATEST_MAX)
    ).all()  # fmt: skip
    paid = [row.stay_id for row in rows if order_of(db, row.order_id).state is OrderState.PAID]
    views = {one.stay_id: one for one in stays_by_id(db, paid)}
    return [one for each in dict.fromkeys(paid) if (one := views.get(each)) is not None and one.inside]


def mean_exit(db: Session, actor: Actor, exit_id: UUID, stay_id: UUID, now: datetime) -> None:
    """Whoever opens says that the car which drives out by it is that of this stay. Conflict where that has left."""
    stay = stay_of(db, actor, stay_id)
    actor.demand(CORRECT_STAYS, stay.community_id)
    if not stay.inside:
        raise Conflict("parking.left_already")
    db.add(
        ExitMeantRow(
            community_id=stay.community_id, exit_id=exit_id, stay_id=stay_id, said_at=now, said_by=actor.name
        )
    )  # fmt: skip
    db.flush()
    said = {"plate": masked(stay.plate.text)} if stay.plate is not None else {}
    record(
        db, actor, "stay.mean_exit", "stay", stay_id, community_id=stay.community_id,
        after=said | {"visit_id": str(exit_id)},
    )  # fmt: skip


def join_meant(db: Session, news: News) -> None:
    """Exits that nobody had seen come in were folded: those of which a guard has said whose they are, are joined."""
    lone = {one.stay_id: one for one in stays_by_id(db, [UUID(one) for one in news.payload["stay_ids"]])}
    rows = db.scalars(select(ExitMeantRow).where(ExitMeantRow.exit_id.in_(lone))).all()
    for row in rows:
        lock_lot(db, row.community_id)
        alone = next(iter(stays_by_id(db, [row.exit_id])), None)
        stay = next(iter(stays_by_id(db, [row.stay_id])), None)
        if alone is None or stay is None or not alone.lone_exit or not stay.inside:
            continue  # joined by now, or no more to be: the exit stays listed for a person
        by = system(tenant_of(db), row.said_by)
        try:
            say(db, by, stay, Joined(new_id(), row.stay_id, row.exit_id, clock.now()), REASON)
        except Conflict:
            continue
        said = {"plate": masked(stay.plate.text)} if stay.plate is not None else None
        record(
            db, by, "stay.join", "stay", row.stay_id, reason=REASON, community_id=row.community_id, after=said
        )  # fmt: skip
