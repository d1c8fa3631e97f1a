"""What a person says of a stay: its right plate, that it counts for nothing, that an exit was its end.

Each is one more fact among those of the journal, never an edit: what came before stays in the history, and a fact that
comes late from a gate that was away finds its place before it. What would not fit is refused with why.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.dues.pay_stay import SUBJECT
from central.gates.parking.dues.waive import VOIDED, charge_less, costs, let_go, may_let_go, owes, paid_by
from central.gates.parking.permissions import CORRECT_STAYS, WRITE_OFF
from central.gates.parking.plates.listed import covers_since
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.facts import FromLane
from central.gates.parking.stays.fold import fold, row_of, touched
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.stays.reads import StayView, plates_inside, stay_of, there_meanwhile, was_corrected
from central.gates.parking.stays.settle import settle_up
from central.money.payments.open_order import lock_subject
from models.parking.stays import Corrected, Ended, Joined, State, Voided
from models.values.ids import new_id
from models.values.plate import Plate, kind_of, may_be_misread, normalised
from models.wire.plates import masked

SUGGESTED_MAX = 6


def correct_plate(db: Session, actor: Actor, stay_id: UUID, plate: str, reason: str, now: datetime) -> bool:
    """LANE-24. A second time with the same plate changes nothing.

    By another plate a stay may cost less: that of a permit, or of a white list. Where the camera may have meant that
    plate by what it read, nobody corrected it before and no car of that plate was inside meanwhile, that is the daily
    work of whoever may correct. Any other correction by which the stay costs less is, of who may not strike off, a
    proposal, and False; Conflict where it has left and is paid, as money would go back."""
    stay, text = held_stay(db, actor, stay_id), normalised(plate[:40])
    problems = {} if kind_of(text) is not None else {"plate": "plates.no_plate"}
    reason = reason_of(reason, problems)
    old = stay.plate.text if stay.plate is not None else ""
    if text == old:
        return True
    lock_subject(db, SUBJECT, stay_id)
    cost, owed, daily = costs(db, stay, now), owes(db, stay, now), _was_meant(db, stay, old, text)
    with db.begin_nested() as tried:
        say(db, actor, stay, Corrected(new_id(), stay_id, Plate(text=text), now), reason)
        by_new = stay_of(db, actor, stay_id)
        less = max(cost - costs(db, by_new, now), owed - owes(db, by_new, now), 0)
        may = not less or daily or actor.may(WRITE_OFF, stay.community_id)
        if not may:
            tried.rollback()
    if not may and stay.state is State.LEFT:
        raise Conflict("stays.correct_gives_back")
    if not may:
        return may_let_go(db, actor, stay, less, reason, now, plate=text)
    record(
        db, actor, "stay.correct", "stay", stay_id, reason=reason, community_id=stay.community_id,
        before={"plate": masked(old)} if old else None,
        after={"plate": masked(text)} | ({"less_fen": less} if less else {}),
    )  # fmt: skip
    return True


def _was_meant(db: Session, stay: StayView, old: str, text: str) -> bool:
    """Whether the camera's read may have been meant for this plate, as far as anybody can tell from here."""
    meant = may_be_misread(old, text) and not was_corrected(db, stay.stay_id)
    return meant and not there_meanwhile(db, stay, text)


def void_stay(db: Session, actor: Actor, stay_id: UUID, reason: str, now: datetime) -> bool:
    """It counts for nothing from now on, and what it owes is waived. Of who may not strike that off it is a proposal,
    and False. A second time changes nothing."""
    held_stay(db, actor, stay_id)
    reason = reason_of(reason, {})
    lock_subject(db, SUBJECT, stay_id)
    settle_up(db, [stay_id])
    stay = stay_of(db, actor, stay_id)
    if stay.state is State.VOID:
        return True
    fen = owes(db, stay, now)
    if not may_let_go(db, actor, stay, fen, reason, now):
        return False
    if fen:
        let_go(db, actor, stay, fen, reason, now, ref=VOIDED)
    say(db, actor, stay, Voided(new_id(), stay_id, reason, now), reason)
    _write_down(db, actor, "stay.void", stay, reason)
    return True


def join_exit(db: Session, actor: Actor, exit_id: UUID, stay_id: UUID, reason: str, now: datetime) -> bool:
    """A lone exit was the end of this stay. Where it owes less so, than if nobody had said it, that is let go: of who
    may not strike it off it is a proposal, and False; but not where one plate may be a misread of the other, which
    whoever sits at the gate joins every day (LANE-24). A second time changes nothing."""
    alone, stay = held_stay(db, actor, exit_id), held_stay(db, actor, stay_id)
    reason = reason_of(reason, {})
    if alone.merged_into == stay_id:
        return True
    lock_subject(db, SUBJECT, stay_id)
    less, left = 0, alone.left_at
    unseen = stay.state is State.EXIT_UNSEEN
    if left is not None and alone.lone_exit and (stay.inside or unseen) and not paid_by(db, stay, left):
        less = owes(db, stay, now) - owes(db, stay, now, until=left)
        misread = alone.plate and stay.plate and may_be_misread(alone.plate.text, stay.plate.text)
        if not misread and not may_let_go(db, actor, stay, less, reason, now, until=left, exit_id=exit_id):
            return False
    say(db, actor, stay, Joined(new_id(), stay_id, exit_id, now), reason)
    if unseen:  # of a stay that was open nothing later than its end was ever due
        charge_less(db, actor, stay, less, reason, now)
    _write_down(db, actor, "stay.join", stay, reason, **({"less_fen": less} if less > 0 else {}))
    return True


def suggested(db: Session, stay: StayView, now: datetime) -> list[str]:
    """Plates that this read may have been meant for: of permits, and of cars inside. For a person to choose from."""
    if stay.plate is None:
        return []
    known = [*covers_since(db, stay.community_id, now), *plates_inside(db, stay.community_id)]
    near = [one for one in dict.fromkeys(known) if may_be_misread(stay.plate.text, one)]
    return [str(Plate(text=one)) for one in near[:SUGGESTED_MAX]]


def held_stay(db: Session, actor: Actor, stay_id: UUID, permission: str = CORRECT_STAYS) -> StayView:
    """As nobody else is changing it: the lot is held until the transaction ends."""
    found = stay_of(db, actor, stay_id)
    actor.demand(permission, found.community_id)
    lock_lot(db, found.community_id)
    return stay_of(db, actor, stay_id)


def reason_of(reason: str, problems: dict[str, str]) -> str:
    """Raises Invalid for none, with what else is wrong."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        problems["reason"] = "parking.reason_needed"
    if problems:
        raise Invalid(fields=problems, most=REASON_MAX)
    return reason


def say(db: Session, actor: Actor, stay: StayView, fact: Corrected | Joined | Ended | Voided, reason: str) -> None:
    """Raises Conflict for what does not fit; nothing of it is kept then."""
    with db.begin_nested():
        row = row_of(db, stay.community_id, FromLane(fact, None), by_name=actor.name, reason=reason)
        db.add(row)
        odd = fold(db, stay.community_id, [touched(row)])
        if fact.fact in odd:
            raise Conflict(f"stays.odd.{odd[fact.fact].value}.refused")


def _write_down(db: Session, actor: Actor, what: str, stay: StayView, reason: str, **more: object) -> None:
    said = ({"plate": masked(stay.plate.text)} if stay.plate is not None else {}) | more
    record(db, actor, what, "stay", stay.stay_id, reason=reason, community_id=stay.community_id, after=said or None)
