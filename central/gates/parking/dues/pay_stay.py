"""What a driver has to pay, and the way to pay it: one order for the stay and for what its plate owes from before.

Asks nobody's right: whoever has found the stay, by its plate at the exit or by a link, may pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.errors import Conflict, NotFound
from central.gates.parking.stays.bill import Priced, Prices, priced, prices_for
from central.gates.parking.stays.paid import Owing, debts_by, ref_of
from central.gates.parking.stays.reads import StayView, stays_by_id
from central.gates.parking.stays.sealed_plates import digest_of
from central.money.ledger.rules import AccountKind
from central.money.payments.open_order import Back, open_order
from central.money.payments.queries import OrderView
from central.money.payments.rules import Part

SUBJECT = "stay"
TITLE = "停车费"
"""What the channel shows as bought. It is told no plate: whose car was where is none of its business."""


@dataclass(frozen=True, slots=True)
class Owed:
    """`due_fen`: of this stay, now or when it left; None where nothing can be charged. `before`: of earlier stays of
    its plate, over all lots of the company; `frozen`: those of them that somebody denies, which are not asked.
    `prices`: what the stay was priced by."""

    stay: StayView
    prices: Prices
    bill: Priced | None
    due_fen: int | None
    before: tuple[Owing, ...]
    frozen: tuple[Owing, ...] = ()

    @property
    def before_fen(self) -> int:
        return sum(one.fen for one in self.before)

    @property
    def asked_fen(self) -> int:
        """All of it (PARK-E31)."""
        return (self.due_fen or 0) + self.before_fen


def owed_for(db: Session, stay_id: UUID, now: datetime) -> Owed:
    """Raises NotFound."""
    stay = next(iter(stays_by_id(db, [stay_id])), None)
    if stay is None:
        raise NotFound("stays.no_stay")
    prices = prices_for(db, stay.community_id, [stay], now)
    bill = priced(prices, stay, now)
    plate = stay.plate.text if stay.plate is not None else None
    debts = debts_by(db, [plate])[plate] if plate is not None else []
    earlier = [one for one in debts if one.stay_id != stay_id]
    return Owed(
        stay, prices, bill, bill.due.due if bill is not None and stay.may_owe else None,
        tuple(one for one in earlier if not one.frozen), tuple(one for one in earlier if one.frozen),
    )  # fmt: skip


def ask_to_pay(
    db: Session, stay_id: UUID, channel: str, *, base: str, back: Back, payer_address: str, now: datetime,
    phone: str = "",
) -> OrderView:  # fmt: skip
    """The open order of this stay, whose `way` is where to pay. `base`: central's address as the phone reached it;
    `back`: the path to come back to, or how one is made of the order's id; `phone`: which asks. Conflict where nothing
    is due; NotFound; ChannelAway."""
    owed = owed_for(db, stay_id, now)
    if not owed.asked_fen:
        raise Conflict("parking.nothing_due")
    return open_order(
        db, owed.stay.community_id, SUBJECT, stay_id, parts_of(db, owed), channel, title=TITLE, base=base, back=back,
        payer_address=payer_address, now=now, phone=phone,
    )  # fmt: skip


def parts_of(db: Session, owed: Owed) -> list[Part]:
    """A car that is inside pays our income; one that left pays what stands on its plate."""
    parts, stay = [], owed.stay
    if owed.due_fen:
        place = stay.community_id
        digest = digest_of(db, place, stay.plate.text) if stay.plate is not None else None
        kind, ref = (AccountKind.INCOME, "") if stay.inside else (AccountKind.ARREARS, ref_of(digest))
        parts.append(Part(stay.stay_id, place, kind.value, ref, owed.due_fen))
    for one in owed.before:
        parts.append(Part(one.stay_id, one.account.community_id, one.account.kind.value, one.account.ref, one.fen))
    return parts
