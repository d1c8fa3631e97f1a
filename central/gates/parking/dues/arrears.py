"""What cars left owing: who owes, and how much was owed, recovered and written off (PARK-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking.dues.disputes import dispute_of, disputes_of, frozen_in
from central.gates.parking.permissions import READ_STAYS
from central.gates.parking.stays.reads import StayView, stays_by_id
from central.money.ledger import queries as ledger
from central.money.ledger.rules import AccountKind, Code
from central.people.community.queries import community_of


@dataclass(frozen=True, slots=True)
class Totals:
    """Fen. `owed`: still; `recovered`: paid after the car had left; `written_off`: struck off by a person."""

    owed: int
    recovered: int
    written_off: int


@dataclass(frozen=True, slots=True)
class StayOwing:
    """`frozen`: somebody denies it, and nobody has looked yet."""

    stay: StayView
    fen: int
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Arrears:
    """`bookings_fen`: what of the total is owed for booked places, which stand on a page of their own (PARK-25)."""

    totals: Totals
    stays: tuple[StayOwing, ...]
    bookings_fen: int = 0


@dataclass(frozen=True, slots=True)
class Denied:
    """A debt that somebody says is not theirs, and nobody has looked yet. `said_by`: None where a driver said it."""

    stay: StayView
    fen: int
    said_at: datetime
    said_by: str | None


def arrears_in(db: Session, actor: Actor, community_id: UUID) -> Arrears:
    """Of one lot; the longest gone first."""
    community_of(db, community_id)
    actor.demand(READ_STAYS, community_id)
    here = ledger.of_community(community_id)
    owed = {stay: fen for stay, fen in ledger.by_subject(db, AccountKind.ARREARS, here).items() if fen > 0}
    moved = ledger.by_code(db, AccountKind.ARREARS, here)
    totals = Totals(sum(owed.values()), -moved.get(Code.PAYMENT, 0), -moved.get(Code.WRITE_OFF, 0))
    views = stays_by_id(db, list(owed))
    denied = {stay_id for (stay_id, _), said in disputes_of(db, owed).items() if said.frozen}
    frozen = {one.stay_id for one in views if one.stay_id in denied and _is_frozen(db, one)}
    found = (StayOwing(one, owed[one.stay_id], one.stay_id in frozen) for one in views)
    listed = sorted(found, key=lambda one: one.stay.began_at)
    return Arrears(totals, tuple(listed), sum(owed.values()) - sum(one.fen for one in listed))


def denied_in(db: Session, actor: Actor, community_id: UUID) -> list[Denied]:
    """What waits for a person to look whose it is; the longest denied first. A debt that was paid, struck off or put
    under another plate since waits no more."""
    community_of(db, community_id)
    actor.demand(READ_STAYS, community_id)
    said = frozen_in(db, community_id)
    views = {one.stay_id: one for one in stays_by_id(db, {one.stay_id for one in said})}
    moved = ledger.about(db, list(views))
    found = []
    for one in said:
        stay = views.get(one.stay_id)
        if stay is not None and _is_frozen(db, stay):
            lines = [
                line.entry for line in moved.get(one.stay_id, ()) if line.entry.account.kind is AccountKind.ARREARS
            ]
            fen = sum(line.fen for line in lines)
            found += [Denied(stay, fen, one.said_at, one.said_by)] if fen > 0 else []
    return found


def _is_frozen(db: Session, stay: StayView) -> bool:
    """Under the plate that it has now."""
    said = dispute_of(db, stay)
    return said is not None and said.frozen
