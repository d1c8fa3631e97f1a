"""What a person decides about a stay whose exit nobody saw, and about money of a stay that counts for nothing.

Its plate came in again while it was open: the car slipped out behind another one or over a silent loop, or one of the
two entries was another car's. When it left nobody knows, so that nothing is booked by itself. A person charges it up
to an instant between the two entries, and what is unpaid of that becomes a debt of its plate; or lets it off with a
reason; or joins it to a lone exit (stay_deeds.py). What was paid for it covers it; where it counts for nothing a person
says whether that money is kept or goes back, and until then it is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.dues.pay_stay import SUBJECT
from central.gates.parking.dues.waive import charge_less, let_go, may_let_go, owes, paid_by
from central.gates.parking.permissions import CORRECT_STAYS, LET_OFF
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.deeds import held_stay, reason_of, say
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.stays.paid import moved_for, undecided_of
from central.gates.parking.stays.reads import StayView, stay_of
from central.gates.parking.stays.settle import of_exit, settle_up
from central.gates.parking.stays.tables import StayKeptRow
from central.money.ledger import queries as ledger
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.open_order import lock_subject
from central.money.payments.permissions import GIVE_BACK
from models.parking.stays import Ended, State, Voided
from models.values.ids import new_id
from models.values.time import day_begins, site_day
from models.wire.plates import masked

UNSEEN = "unseen"
"""The account of waivers for exits that nobody saw."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant at which it may have left, and what it came to by then; None where nothing was charged.

    `key`: "paid", when it was last paid for; "day", the end of the day on which it came; "again", when its plate came
    in again."""

    key: str
    until: datetime
    fee_fen: int | None
    due_fen: int | None


def moments_of(db: Session, stay: StayView) -> list[Moment]:
    """The instants to choose from, the most likely first; none where nothing is to be decided."""
    came, again = stay.entered_at, stay.again_at
    if stay.state is not State.EXIT_UNSEEN or came is None or again is None:
        return []
    prices = prices_for(db, stay.community_id, [stay], again)
    version = prices.versions.get(stay.tariff_id) if stay.tariff_id is not None else None
    begins = version.tariff.day_start if version is not None else 0
    day = day_begins(site_day(came, begins) + timedelta(days=1), begins)
    paid = [one.at for one in prices.payments.get(stay.stay_id, ()) if came <= one.at <= again]
    asked = ([("paid", max(paid))] if paid else []) + ([("day", day)] if day < again else []) + [("again", again)]
    found = []
    for key, until in asked:
        bill = priced(prices, replace(stay, left_at=until), until)
        found.append(Moment(key, until, bill.due.total if bill else None, bill.due.due if bill else None))
    return found


def charge_until(db: Session, actor: Actor, stay_id: UUID, until: datetime, reason: str, now: datetime) -> bool:
    """As if it had left then. Where it owes less so than up to when its plate came in again, the difference is waived,
    and of who may not strike that off it is a proposal, and False. That it left once all was paid lowers nothing: the
    till says so and no person. Invalid for an instant that is not between its two entries; Conflict where it is decided
    already."""
    stay, reason = held_stay(db, actor, stay_id, CORRECT_STAYS), reason_of(reason, {})
    came, again = stay.entered_at, stay.again_at
    if came is not None and again is not None and not came <= until <= again:
        raise Invalid(fields={"until": "stays.until_between"})
    lock_subject(db, SUBJECT, stay_id)
    less = 0 if paid_by(db, stay, until) else owes(db, stay, now) - owes(db, stay, now, until=until)
    unseen = stay.state is State.EXIT_UNSEEN
    if unseen and not may_let_go(db, actor, stay, less, reason, now, until=until):
        return False
    say(db, actor, stay, Ended(new_id(), stay_id, until, now), reason)
    charge_less(db, actor, stay, less, reason, now)
    settle_up(db, [stay_id])
    _write_down(db, actor, "stay.charge_unseen", stay, reason, until=until.isoformat())
    return True


def let_off(db: Session, actor: Actor, stay_id: UUID, reason: str, now: datetime) -> None:
    """Nothing is charged for it, and what it owes is a free exit under this person's name. What was paid for it all
    the same is listed until somebody has said whose it is."""
    stay, reason = held_stay(db, actor, stay_id, LET_OFF), reason_of(reason, {})
    if stay.state is not State.EXIT_UNSEEN:
        raise Conflict("stays.odd.not_unseen.refused")
    lock_subject(db, SUBJECT, stay_id)
    let_go(db, actor, stay, owes(db, stay, now), reason, now, code=Code.FREE_EXIT, ref=UNSEEN)
    say(db, actor, stay, Voided(new_id(), stay_id, reason, now), reason)
    settle_up(db, [stay_id])
    _write_down(db, actor, "stay.let_off_unseen", stay, reason)


def keep_money(db: Session, actor: Actor, stay_id: UUID, fen: int, reason: str, now: datetime) -> None:
    """What was paid for a stay that counts for nothing stays ours. `fen`: as the page showed it."""

    def keep(stay: StayView) -> None:
        db.add(StayKeptRow(
            community_id=stay.community_id, stay_id=stay_id, fen=fen, kept_at=now, kept_by=actor.name, reason=reason,
        ))  # fmt: skip
        db.flush()

    reason = reason_of(reason, {})
    _decide(db, actor, stay_id, fen, reason, "stay.keep_money", keep)


def give_money_back(db: Session, actor: Actor, stay_id: UUID, fen: int, reason: str, now: datetime) -> None:
    """It goes back as any other refund: by the channel that it came by, cash by a person out of a till."""

    def give(stay: StayView) -> None:
        of_its_exit = of_exit(stay, moved_for(db, [stay_id]).get(stay_id, []), fen)
        for subject, part in ((stay.exit_id, of_its_exit), (stay_id, fen - of_its_exit)):
            if subject is None or not part:
                continue
            before = len(ledger.about(db, [subject]).get(subject, []))
            entries = (
                Entry(Account(stay.community_id, AccountKind.INCOME), part, subject),
                Entry(Account(stay.community_id, AccountKind.REFUNDS), -part, subject),
            )
            post(db, actor, Posting(f"void:{subject}:{before}", Code.VOID_PAID, now, entries, reason))

    reason = reason_of(reason, {})
    _decide(db, actor, stay_id, fen, reason, "stay.give_back", give)


def _decide(
    db: Session, actor: Actor, stay_id: UUID, fen: int, reason: str, what: str, deed: Callable[[StayView], None]
) -> None:
    """Conflict where there is nothing to decide, or another sum than the page showed."""
    found = stay_of(db, actor, stay_id)
    actor.demand(GIVE_BACK, found.community_id)
    lock_lot(db, found.community_id)
    lock_subject(db, SUBJECT, stay_id)
    settle_up(db, [stay_id])
    stay, open_fen = stay_of(db, actor, stay_id), undecided_of(db, [stay_id]).get(stay_id, 0)
    if stay.state is not State.VOID or open_fen <= 0:
        raise Conflict("stays.no_void_money")
    if open_fen != fen:
        raise Conflict("parking.fee_grew")
    deed(stay)
    _write_down(db, actor, what, stay, reason, amount_fen=fen)


def _write_down(db: Session, actor: Actor, what: str, stay: StayView, reason: str, **said: object) -> None:
    plate = {"plate": masked(stay.plate.text)} if stay.plate is not None else {}
    record(
        db, actor, what, "stay", stay.stay_id, reason=reason[:REASON_MAX], community_id=stay.community_id,
        after=plate | said,
    )  # fmt: skip
