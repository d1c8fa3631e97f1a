"""What a driver without an account is shown of a stay, and how one is found: by its plate, among the cars that are in
the lot where the sign hangs.

Of a car that owes nothing a stranger learns nothing: whether it is here and covered, here and paid, or not here at all
is answered in the same words. Asks nobody's right: the sign and the ticket are asked by the pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import system
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.session import tenant_of
from central.gates.parking.dues.disputes import freeze
from central.gates.parking.dues.pay_stay import Owed, owed_for
from central.gates.parking.stays.bill import Priced
from central.gates.parking.stays.news import inside_with
from central.gates.parking.stays.reads import newest_inside, stays_by_id
from central.gates.parking.stays.sealed_plates import digests_in
from models.parking.payments import Payment
from models.parking.tariff import minutes_of
from models.values.plate import kind_of, normalised

TYPED_MAX = 20
FROZEN_MAX = 2
"""How many debts of one plate its drivers may freeze until a person has looked: who denies each is asked for none."""
BY_DRIVER = "driver.page"
"""Who the audit says froze a debt: nobody with a name."""


class Says(StrEnum):
    """The one thing that a driver must know first."""

    DUE = "due"
    """There is something to pay."""
    MAY_LEAVE = "may_leave"
    """Paid, and inside the minutes to leave (P24)."""
    NOTHING = "nothing"
    """Nothing is to be paid here now."""
    LEFT_OWING = "left_owing"
    LEFT = "left"
    NOBODY_SAW = "nobody_saw"
    """What it costs a person must say: nobody saw it come in, or nothing was in force then."""
    OVER = "over"
    """The stay counts no more: it was put right under another number, or was none."""


@dataclass(frozen=True, slots=True)
class DriverStay:
    """`leave_by`: until when the car may leave without a new charge; once that is over, until when it might have.

    `said`: what the plate's payments came to, `paid_at`: the last of them."""

    says: Says
    owed: Owed
    leave_by: datetime | None
    paid_at: datetime | None

    @property
    def grace_over(self) -> bool:
        """It was paid, and its minutes to leave ran out before the car did."""
        return self.says is Says.DUE and self.leave_by is not None


def shown(db: Session, stay_id: UUID, now: datetime) -> DriverStay:
    """Raises NotFound."""
    owed = owed_for(db, stay_id, now)
    payments = owed.prices.payments.get(stay_id, ())
    return DriverStay(says_of(owed), owed, leave_by(owed.bill, payments), payments[-1].at if payments else None)


def says_of(owed: Owed) -> Says:
    stay = owed.stay
    if not stay.may_owe:
        return Says.OVER
    if not stay.inside:
        return Says.LEFT_OWING if owed.due_fen else Says.LEFT
    if owed.asked_fen:
        return Says.DUE
    if owed.bill is None:
        return Says.NOBODY_SAW
    return Says.MAY_LEAVE if owed.bill.due.leave is not None else Says.NOTHING


def to_finder(stay: DriverStay) -> DriverStay:
    """For whoever found it and has not paid: that the car has left is said as if it stood there still."""
    if stay.says is Says.LEFT_OWING:
        return replace(stay, says=Says.DUE)
    if stay.says is not Says.LEFT:
        return stay
    left = stay.owed.bill.due.leave if stay.owed.bill is not None else None
    return replace(stay, says=Says.MAY_LEAVE if left is not None else Says.NOTHING)


def leave_by(bill: Priced | None, payments: Sequence[Payment]) -> datetime | None:
    """P24 after the payment that opened the minutes, or where none runs any more after the last one; None where nothing
    was paid."""
    came = [one for one in payments if one.fen > 0]
    if bill is None or not came:
        return None
    minutes, left = bill.version.tariff.leave_minutes, bill.due.leave
    opened = [one.at for one in came if left is not None and minutes - minutes_of(one.at, bill.until) == left]
    return (opened[-1] if opened else came[-1].at) + timedelta(minutes=minutes)


def find_by_plate(db: Session, community_id: UUID, said: str, now: datetime) -> UUID | None:
    """The stay in this lot for which this plate is asked something; None where nothing is, whatever the reason. Invalid
    for what is no plate. A plate that is not here costs the work of one that is: the time tells nobody which it was."""
    text = normalised(said[: 2 * TYPED_MAX])
    if kind_of(text) is None:
        raise Invalid(fields={"plate": problem_of(text)})
    if not digests_in(db, community_id, [text]):
        return None
    here, another = inside_with(db, community_id, text), newest_inside(db, community_id)
    asked = [one for one in _newest_first(db, here or another) if owed_for(db, one, now).asked_fen]
    return asked[0] if here and asked else None


def inside_of(db: Session, community_id: UUID, plate: str) -> list[UUID]:
    """The open stays of a plate in this lot, the newest first; a lot that knows no plate is asked for none."""
    if not plate or not digests_in(db, community_id, [plate]):
        return []
    return _newest_first(db, inside_with(db, community_id, plate))


def _newest_first(db: Session, stay_ids: Sequence[UUID]) -> list[UUID]:
    views = stays_by_id(db, stay_ids)
    return [one.stay_id for one in sorted(views, key=lambda one: one.began_at, reverse=True)]


def problem_of(text: str) -> str:
    """What is wrong with what was typed, as a message: what a thumb most often gets wrong first."""
    if any(word in text for word in ("无牌", "没牌", "無牌", "NOPLATE")):
        return "driver.plate_none"
    if len(text) < 7:
        return "driver.plate_short"
    if len(text) > 8:
        return "driver.plate_long"
    if any(sign in "IO" for sign in text[2:]):
        return "driver.plate_no_io"
    if len(text) == 8:
        return "driver.plate_eight"
    return "plates.no_plate"


def not_mine(db: Session, stay_id: UUID, debt_id: UUID, now: datetime) -> None:
    """The driver of this stay says that an earlier debt of its plate is another car's (PARK-15). NotFound for what is
    no debt of this plate, Conflict where as many of them as may wait for a person already."""
    owed = owed_for(db, stay_id, now)
    if debt_id in {one.stay_id for one in owed.frozen}:
        return
    if debt_id not in {one.stay_id for one in owed.before}:
        raise NotFound("stays.no_stay")
    debt = next(iter(stays_by_id(db, [debt_id])), None)
    if debt is None:
        raise Conflict("parking.no_debt")
    freeze(db, system(tenant_of(db), BY_DRIVER), debt, now)
    if len(owed_for(db, stay_id, now).frozen) > FROZEN_MAX:  # read as its lots are held: two phones at once count too
        raise Conflict("parking.frozen_enough", most=FROZEN_MAX)
