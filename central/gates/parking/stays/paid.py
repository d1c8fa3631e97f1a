"""What was paid for stays, and what they owe: read from the ledger, which is the one truth of it.

What a person let a stay off counts as paid: the car may leave. What was given back counts against it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.gates.parking.bookings.tables import LotBookingRow
from central.gates.parking.contracts.tables import StayChargeRow
from central.gates.parking.dues.disputes import disputes_of
from central.gates.parking.stays.sealed_plates import digests_in
from central.gates.parking.stays.tables import StayKeptRow, StayRow
from central.money.ledger import queries as ledger
from central.money.ledger.queries import Moved
from central.money.ledger.rules import Account, AccountKind
from central.money.payments.contract_rules import Charge
from central.money.payments.contracts import charges_open
from central.people.community.queries import communities
from models.parking.payments import Payment

MONEY = (AccountKind.CASH, AccountKind.CLEARING)
COUNTS = (*MONEY, AccountKind.WAIVERS)


class Received(NamedTuple):
    """Fen that came for a stay, and fen that somebody let it off."""

    paid: int
    waived: int


class Owing(NamedTuple):
    """Fen that one stay left owing, the account on which it stands, and since when. `frozen`: somebody said that it is
    not theirs, and nobody has looked yet; `stands`: somebody looked. `of_booking`: it is what a booked place costs, and
    `stay_id` that booking's (PARK-25)."""

    stay_id: UUID
    account: Account
    fen: int
    since: datetime | None = None
    frozen: bool = False
    stands: bool = False
    of_booking: bool = False


def moved_for(session: Session, stay_ids: Collection[UUID]) -> dict[UUID, list[Moved]]:
    """What moved about each of these stays, in its order: also about its exit, for which money was taken while nobody
    knew of its entry (P26)."""
    exits = session.execute(
        select(StayRow.stay_id, StayRow.exit_id).where(
            StayRow.stay_id.in_(stay_ids), StayRow.exit_id.is_not(None), StayRow.exit_id != StayRow.stay_id
        )
    ).all()
    of_exit = {exit_id: stay_id for stay_id, exit_id in exits if exit_id is not None}
    found: dict[UUID, list[Moved]] = {}
    for subject, moved in ledger.about(session, [*stay_ids, *of_exit]).items():
        found.setdefault(of_exit.get(subject, subject), []).extend(moved)
        if subject in of_exit and subject in stay_ids:
            found[subject] = list(moved)
    return {stay_id: sorted(of, key=lambda one: (one.at, one.posting_id)) for stay_id, of in found.items()}


def paid_of(session: Session, stay_ids: Collection[UUID]) -> dict[UUID, tuple[Payment, ...]]:
    """What settles each of these stays, in the order in which it came; a stay without any is left out."""
    found = {}
    for stay_id, moved in moved_for(session, stay_ids).items():
        payments = tuple(Payment(one.at, one.entry.fen) for one in moved if one.entry.account.kind in COUNTS)
        if payments:
            found[stay_id] = payments
    return found


def accepted_of(session: Session, stay_ids: Collection[UUID]) -> dict[UUID, Payment]:
    """What a channel has taken on to charge for these stays and has not said the end of; it is in no ledger yet. It
    counts from when the car stood at the exit, as the payment will."""
    rows = session.execute(
        select(StayChargeRow.id, StayChargeRow.order_id).where(
            StayChargeRow.id.in_(stay_ids), StayChargeRow.state == Charge.ACCEPTED.value
        )
    ).all()
    orders = charges_open(session, [order_id for _, order_id in rows if order_id is not None]) if rows else {}
    return {
        stay_id: Payment(orders[order_id].opened_at, orders[order_id].amount_fen)
        for stay_id, order_id in rows if order_id in orders
    }  # fmt: skip


def settling(session: Session, stay_ids: Collection[UUID]) -> dict[UUID, tuple[Payment, ...]]:
    """What was paid for these stays, and what was accepted: by both together a car may leave."""
    paid, accepted = paid_of(session, stay_ids), accepted_of(session, stay_ids)
    return paid | {one: tuple(sorted((*paid.get(one, ()), coming))) for one, coming in accepted.items()}


def received(moved: Collection[Moved]) -> Received:
    """Of all that moved about one stay."""
    return Received(
        sum(one.entry.fen for one in moved if one.entry.account.kind in MONEY),
        sum(one.entry.fen for one in moved if one.entry.account.kind is AccountKind.WAIVERS),
    )


def owed_by(session: Session, plates: Collection[str]) -> dict[str, list[Owing]]:
    """What is asked of each plate, by the stay that left owing it, over all lots of the company (PARK-15): its debts,
    without those that are frozen."""
    return {plate: [one for one in of if not one.frozen] for plate, of in debts_by(session, plates).items()}


def debts_by(session: Session, plates: Collection[str]) -> dict[str, list[Owing]]:
    """All that is owed on each plate, whether or not it may be asked now."""
    plate_by_account = {
        Account(place.community_id, AccountKind.ARREARS, ref_of(digest)): plate
        for place in communities(session)
        for plate, digest in digests_in(session, place.community_id, plates).items()
    }
    found: dict[str, list[Owing]] = {plate: [] for plate in plates}
    refs = [account.ref for account in plate_by_account]
    entries = ledger.moved(session, ledger.of_kind(AccountKind.ARREARS), ledger.of_refs(refs)) if refs else []
    sums: dict[tuple[Account, UUID], Owing] = {}
    for one in entries:
        if one.entry.subject_id is not None and one.entry.account in plate_by_account:
            key = one.entry.account, one.entry.subject_id
            before = sums.get(key, Owing(one.entry.subject_id, one.entry.account, 0, one.at))
            sums[key] = before._replace(fen=before.fen + one.entry.fen)
    open_ = {one.stay_id for one in sums.values() if one.fen > 0}
    denied, booked = disputes_of(session, open_), _bookings_among(session, open_)
    for owing in sums.values():
        if owing.fen > 0:
            said = denied.get((owing.stay_id, owing.account.ref))
            frozen, stands = said is not None and said.frozen, said is not None and not said.frozen
            found[plate_by_account[owing.account]].append(
                owing._replace(frozen=frozen, stands=stands, of_booking=owing.stay_id in booked)
            )
    return found


def _bookings_among(session: Session, ids: Collection[UUID]) -> set[UUID]:
    return set(session.scalars(select(LotBookingRow.id).where(LotBookingRow.id.in_(ids)))) if ids else set()


def undecided_of(session: Session, stay_ids: Collection[UUID]) -> dict[UUID, int]:
    """Fen that came for each of these stays, went back to nobody, and that nobody has said to keep. It asks for a
    decision where the stay counts for nothing."""
    kept = session.execute(
        select(StayKeptRow.stay_id, func.sum(StayKeptRow.fen))
        .where(StayKeptRow.stay_id.in_(stay_ids))
        .group_by(StayKeptRow.stay_id)
    )
    ours = {stay_id: int(fen) for stay_id, fen in kept}
    found = {}
    for stay_id, moved in moved_for(session, stay_ids).items():
        goes_back = -sum(one.entry.fen for one in moved if one.entry.account.kind is AccountKind.REFUNDS)
        fen = received(moved).paid - goes_back - ours.get(stay_id, 0)
        if fen > 0:
            found[stay_id] = fen
    return found


def ref_of(digest: bytes | None) -> str:
    """Under which name the arrears of a plate stand in the ledger; "" of a car whose plate nobody knows."""
    return "" if digest is None else digest.hex()


def arrears_of(session: Session, plates: Collection[str]) -> dict[str, int]:
    """Fen that is asked of each of these plates, over all lots of the company; 0 where nothing is."""
    return {plate: sum(one.fen for one in of) for plate, of in owed_by(session, plates).items()}
