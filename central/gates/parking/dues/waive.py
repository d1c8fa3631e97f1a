"""What a person lets go of that a stay owes: by the right of write-offs, under their name and with their reason, in the
ledger and in the report of the shift (SEC-07, PARK-18).

That a stay counts for nothing, or left earlier than it may have, is such a letting go wherever money is owed. Who may
not strike off proposes it, and somebody who may looks at it. A car that stands at the exit waits for nobody: a guard
lets it out free with a reason (stay_till.py), which the report names too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.gates.parking.dues.pay_stay import SUBJECT
from central.gates.parking.permissions import READ_STAYS, WRITE_OFF
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.paid import paid_of
from central.gates.parking.stays.reads import GONE, StayView, stays_by_id
from central.gates.parking.stays.sealed_plates import open_text, seal_text
from central.gates.parking.stays.settle import settle_up
from central.gates.parking.stays.tables import StayProposalRow, StayRow
from central.money.ledger import queries as ledger
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.open_order import close_open
from central.people.community.queries import community_of
from models.parking.stays import INSIDE, State
from models.values.ids import new_id
from models.values.plate import Plate

WRITTEN_OFF, VOIDED, CHARGED_LESS = "write_off", "void", "charged_less"
"""Accounts of waivers; free exits go to that of their reason."""
LISTED_MAX = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """`until_at`: up to when it is to be charged; None: it is to count for nothing. `exit_id`: the lone exit that is
    said to be its end. `plate`: as painted, the one that it is said to have, by which it costs less; else ""."""

    stay_id: UUID
    proposed_at: datetime
    proposed_by: str
    until_at: datetime | None
    reason: str
    exit_id: UUID | None = None
    plate: str = ""


def costs(db: Session, stay: StayView, now: datetime) -> int:
    """Fen that it comes to, paid or not: now, or as it left, or to when its plate came in again."""
    unseen = stay.state is State.EXIT_UNSEEN
    if not unseen and not stay.may_owe:
        return 0
    at = stay.again_at or now if unseen else now
    bill = priced(prices_for(db, stay.community_id, [stay], at), replace(stay, left_at=at) if unseen else stay, at)
    return bill.due.total if bill is not None else 0


def owes(db: Session, stay: StayView, now: datetime, *, until: datetime | None = None) -> int:
    """Fen that are still to be paid for it: up to `until`, or now, or as it left; where nobody saw it leave, to when
    its plate came in again. 0 where nothing can be charged."""
    unseen = stay.state is State.EXIT_UNSEEN
    if not unseen and not stay.may_owe:
        return 0
    at = until or (stay.again_at or now if unseen else now)
    left = replace(stay, left_at=at) if unseen or until is not None else stay
    bill = priced(prices_for(db, stay.community_id, [stay], at), left, at)
    return bill.due.due if bill is not None else 0


def paid_by(db: Session, stay: StayView, until: datetime) -> bool:
    """Whether money came for it by then that covers it up to then: that it left then lowers nothing, and the till says
    so and no person."""
    paid = paid_of(db, [stay.stay_id]).get(stay.stay_id, ())
    return any(one.fen > 0 and one.at <= until for one in paid) and not owes(db, stay, until, until=until)


def may_let_go(
    db: Session, actor: Actor, stay: StayView, fen: int, reason: str, now: datetime, *, until: datetime | None = None,
    exit_id: UUID | None = None, plate: str = "",
) -> bool:  # fmt: skip
    """Whether this person may let so much go. Of who may not it is kept as a proposal; twice the same is one."""
    if fen <= 0 or actor.may(WRITE_OFF, stay.community_id):
        return True
    mine = (one for one in proposals_of(db, stay.stay_id) if one.proposed_by == actor.name)
    painted = str(Plate(text=plate)) if plate else ""
    if all((one.until_at, one.exit_id, one.plate, one.reason) != (until, exit_id, painted, reason) for one in mine):
        proposal_id = new_id()
        db.add(StayProposalRow(
            id=proposal_id, community_id=stay.community_id, stay_id=stay.stay_id, until_at=until, proposed_at=now,
            proposed_by=actor.name, reason=reason, exit_id=exit_id,
            sealed_plate=seal_text(db, painted, _about(proposal_id)) if painted else None,
        ))  # fmt: skip
        db.flush()
        record(
            db, actor, "stay.propose", "stay", stay.stay_id, reason=reason, community_id=stay.community_id,
            after={"fen": fen} | ({"until": until.isoformat()} if until is not None else {}),
        )  # fmt: skip
    return False


def proposals_of(db: Session, stay_id: UUID) -> list[Proposal]:
    """In the order in which they came."""
    query = select(StayProposalRow).where(StayProposalRow.stay_id == stay_id).order_by(StayProposalRow.proposed_at)
    return [_view(db, row) for row in db.scalars(query)]


def proposed_in(db: Session, actor: Actor, community_id: UUID) -> list[tuple[StayView, Proposal]]:
    """What waits for somebody who may strike off: the last said of each stay that is not over, the oldest first."""
    community_of(db, community_id)
    actor.demand(READ_STAYS, community_id)
    query = (
        select(StayProposalRow)
        .join(StayRow, StayRow.stay_id == StayProposalRow.stay_id)
        .where(
            StayProposalRow.community_id == community_id,
            StayRow.state.in_([one.value for one in (*INSIDE, State.LEFT_OWING, State.EXIT_UNSEEN)]),
            or_(StayProposalRow.exit_id.is_(None), StayRow.state != State.LEFT_OWING.value),  # its end is known now
        )
        .order_by(StayProposalRow.proposed_at.desc())
        .limit(LISTED_MAX)
    )
    said = {row.stay_id: _view(db, row) for row in reversed(db.scalars(query).all())}
    return sorted(
        ((one, said[one.stay_id]) for one in stays_by_id(db, list(said))), key=lambda pair: pair[1].proposed_at
    )


def _view(db: Session, row: StayProposalRow) -> Proposal:
    plate = open_text(db, row.sealed_plate, _about(row.id))
    return Proposal(row.stay_id, row.proposed_at, row.proposed_by, row.until_at, row.reason, row.exit_id, plate)


def _about(proposal_id: UUID) -> str:
    return f"stay_proposal:plate:{proposal_id}"


def let_go(
    db: Session, actor: Actor, stay: StayView, fen: int, reason: str, now: datetime, *, code: Code = Code.WRITE_OFF,
    ref: str = WRITTEN_OFF,
) -> int:  # fmt: skip
    """Post that what this stay owes is waived: off its plate's arrears where it has left, off our income else. Returns
    how much that was."""
    place, entries = stay.community_id, list[Entry]()
    if stay.state in GONE:
        standing: dict[Account, int] = {}
        for one in ledger.about(db, [stay.stay_id]).get(stay.stay_id, []):
            if one.entry.account.kind is AccountKind.ARREARS:
                standing[one.entry.account] = standing.get(one.entry.account, 0) + one.entry.fen
        entries = [Entry(account, -sum_, stay.stay_id) for account, sum_ in standing.items() if sum_]
    elif fen > 0:
        entries = [Entry(Account(place, AccountKind.INCOME), -fen, stay.stay_id)]
    amount = -sum(one.fen for one in entries)
    if amount > 0:
        waived = Entry(Account(place, AccountKind.WAIVERS, ref), amount, stay.stay_id)
        _post(db, actor, stay, code, (waived, *entries), reason, now)
        close_open(db, SUBJECT, stay.stay_id, now)
        settle_up(db, [stay.stay_id])
    return max(0, amount)


def charge_less(db: Session, actor: Actor, stay: StayView, fen: int, reason: str, now: datetime) -> None:
    """Post what a person took off a stay by saying when it left. About no stay: what the stay costs is what it comes to
    up to then, and this is beside it."""
    place = stay.community_id
    if fen > 0:
        entries = (
            Entry(Account(place, AccountKind.WAIVERS, CHARGED_LESS), fen),
            Entry(Account(place, AccountKind.INCOME), -fen),
        )
        key = f"charged_less:{stay.stay_id}:{now.isoformat()}"
        post(db, actor, Posting(key, Code.WRITE_OFF, now, entries, reason))


def _post(
    db: Session, actor: Actor, stay: StayView, code: Code, entries: tuple[Entry, ...], note: str, now: datetime
) -> None:
    before = len(ledger.about(db, [stay.stay_id]).get(stay.stay_id, []))
    post(db, actor, Posting(f"{code.value}:{stay.stay_id}:{before}", code, now, entries, note))
