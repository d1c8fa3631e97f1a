"""Stays, made of passages: a pure fold, so that every page can be made anew from the journal (PARK-01).

    detected ──passed──▶ entered ──priced──▶ priced ──all of it──▶ paid ──its minutes are over──▶ paid_late
        │                   │                   │                    │                               │
        ▼                   ├───────────────────┴── passed out ──────┴──▶ left, or left_owing ◀──────┘
    backed_out              └──── its plate comes in again ────▶ exit_unseen ── a person: charged until then ──▲
                        void: by a person alone        merged: into another stay

A decision makes nothing but `detected`: a car is inside when the loops say so. A plate has at most one open stay in a
lot. Each change says when and why. The same fact twice changes nothing, and what does not fit is an oddity for a person
to look at, never a guess.

Between, a car may go from zone to zone of its lot by inner lanes: its stay goes on as it was, and says where it is. Of
a car that goes there while no stay of it is open nothing is known but that it was seen.

A plate that comes in again while its stay is open went out unseen: behind another car, over a silent loop, or it is not
that car at all. When its stay ended nobody knows, so that nothing is charged and nothing let off by itself: the stay
waits for a person, who charges it up to an instant between the two entries, joins it to an exit, or voids it.
Where the second entry turns out to be another car, or none, the first stay goes on as it was.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from models.site.topology import Between
from models.values.plate import Plate


class State(StrEnum):
    DETECTED = "detected"
    ENTERED = "entered"
    BACKED_OUT = "backed_out"
    PRICED = "priced"
    PAID = "paid"
    PAID_LATE = "paid_late"
    LEFT = "left"
    LEFT_OWING = "left_owing"
    EXIT_UNSEEN = "exit_unseen"
    VOID = "void"
    MERGED = "merged"


INSIDE = frozenset({State.ENTERED, State.PRICED, State.PAID, State.PAID_LATE})
OPEN = INSIDE | {State.DETECTED}
NO_MORE = frozenset({State.MERGED, State.VOID, State.BACKED_OUT})
"""Nothing can be said of the money of these any more."""


class Cause(StrEnum):
    """Why a stay changed."""

    DECISION = "decision"
    PASSAGE = "passage"
    MOVED = "moved"
    NO_PASSAGE = "no_passage"
    FEE = "fee"
    PAYMENT = "payment"
    OVERTIME = "overtime"
    ENTERED_AGAIN = "entered_again"
    NO_ENTRY = "no_entry"
    PERSON = "person"


class Odd(StrEnum):
    """Why a fact did not fit; each is a question to a person."""

    STAY_THERE = "stay_there"
    NOBODY_OPENED = "nobody_opened"
    EXIT_THERE = "exit_there"
    NOT_OPEN = "not_open"
    NO_LONE_EXIT = "no_lone_exit"
    ANOTHER_TIME = "another_time"
    NO_STAY = "no_stay"
    PLATE_INSIDE = "plate_inside"
    NOT_ENTERED = "not_entered"
    NOT_PAID = "not_paid"
    NOT_UNSEEN = "not_unseen"
    MOVED_UNKNOWN = "moved_unknown"
    MOVED_UNREAD = "moved_unread"


class Change(NamedTuple):
    """One line of a stay's history. what: the fact that it came from. note: a person's reason, a plate before. between:
    the zones that it moved from and to."""

    state: State
    at: datetime
    cause: Cause
    what: UUID
    note: str = ""
    between: Between | None = None


class Stay(NamedTuple):
    """One car in one lot. stay_id is the correlation of its entry, or of its exit where no entry was seen.

    entered, left: by the passages. fee, paid: fen. tariff: the version that was in force at the entry (PARK-03).
    again: the stay that its plate began while this one was open; again_at: when. zone: where an inner lane led it last;
    "" where it is as it came in.
    """

    stay_id: UUID
    lot: UUID
    plate: Plate | None
    state: State
    entered: datetime | None = None
    left: datetime | None = None
    exit_id: UUID | None = None
    tariff: str = ""
    fee: int | None = None
    paid: int = 0
    merged_into: UUID | None = None
    again: UUID | None = None
    again_at: datetime | None = None
    zone: str = ""
    history: tuple[Change, ...] = ()

    @property
    def owes(self) -> int:
        """Fen."""
        return max(0, (self.fee or 0) - self.paid)


class Lots(NamedTuple):
    """All stays that are known. known: the facts that were taken. odd: those that did not fit, with what is odd."""

    stays: Mapping[UUID, Stay] = {}  # replaced, never changed
    known: frozenset[UUID] = frozenset()
    odd: tuple[tuple[UUID, Odd], ...] = ()


class Detected(NamedTuple):
    """A grant to drive in: the stay that may come of it."""

    fact: UUID
    stay_id: UUID
    lot: UUID
    plate: Plate | None
    at: datetime
    tariff: str = ""


class DroveIn(NamedTuple):
    """How a grant to drive in ended: through, or away again."""

    fact: UUID
    stay_id: UUID
    passed: bool
    at: datetime


class DroveOut(NamedTuple):
    """A car went out. exit_id: the correlation of its exit. leave_extra: minutes by which the lane gave it longer to
    leave after a payment (PARK-13)."""

    fact: UUID
    exit_id: UUID
    lot: UUID
    plate: Plate | None
    at: datetime
    leave_extra: int = 0


class Moved(NamedTuple):
    """A car went through an inner lane. move_id: the correlation of this passing."""

    fact: UUID
    move_id: UUID
    lot: UUID
    plate: Plate | None
    between: Between
    at: datetime


class Priced(NamedTuple):
    """What the stay costs if it leaves within its minutes; fen."""

    fact: UUID
    stay_id: UUID
    fee: int
    at: datetime


class Paid(NamedTuple):
    fact: UUID
    stay_id: UUID
    fen: int
    at: datetime


class Overtime(NamedTuple):
    """The minutes to leave after a payment are over, and it is still here."""

    fact: UUID
    stay_id: UUID
    at: datetime


class Corrected(NamedTuple):
    """A person gave a stay its right plate (LANE-24); the old one stays in its history."""

    fact: UUID
    stay_id: UUID
    plate: Plate
    at: datetime


class Joined(NamedTuple):
    """A person says that an exit without entry was the end of this stay."""

    fact: UUID
    stay_id: UUID
    exit_id: UUID
    at: datetime


class Ended(NamedTuple):
    """A person charges a stay whose exit nobody saw: as if it had left at `until`."""

    fact: UUID
    stay_id: UUID
    until: datetime
    at: datetime


class Voided(NamedTuple):
    fact: UUID
    stay_id: UUID
    why: str
    at: datetime


Fact = Detected | DroveIn | Moved | DroveOut | Priced | Paid | Overtime | Corrected | Joined | Ended | Voided


def take(lots: Lots, fact: Fact) -> Lots:
    """The lots after one fact. Facts come in the order in which they happened."""
    if fact.fact in lots.known:
        return lots
    known = lots._replace(known=lots.known | {fact.fact})
    match fact:
        case Detected():
            return _detected(known, fact)
        case DroveIn():
            return _drove_in(known, fact)
        case Moved():
            return _moved(known, fact)
        case DroveOut():
            return _drove_out(known, fact)
        case Joined():
            return _joined(known, fact)
        case Corrected():
            return _corrected(known, fact)
        case Ended():
            return _ended(known, fact)
        case Voided():
            return _voided(known, fact)
        case _:
            return _about_money(known, fact)


def open_stay(lots: Lots, lot: UUID, plate: Plate | None) -> Stay | None:
    """The stay of a plate that is inside; text for text, since a colour is often not seen at night."""
    if plate is None:
        return None
    return next(
        (
            stay
            for stay in lots.stays.values()
            if stay.lot == lot and stay.state in INSIDE and stay.plate is not None and stay.plate.text == plate.text
        ),
        None,
    )


def _detected(lots: Lots, fact: Detected) -> Lots:
    if fact.stay_id in lots.stays:
        return _odd(lots, fact.fact, Odd.STAY_THERE)
    stay = Stay(fact.stay_id, fact.lot, fact.plate, State.DETECTED, tariff=fact.tariff)
    return _put(lots, stay, State.DETECTED, fact.at, Cause.DECISION, fact.fact)


def _drove_in(lots: Lots, fact: DroveIn) -> Lots:
    stay = lots.stays.get(fact.stay_id)
    if stay is None or stay.state is not State.DETECTED:
        return _odd(lots, fact.fact, Odd.NOBODY_OPENED)
    if not fact.passed:
        return _put(lots, stay, State.BACKED_OUT, fact.at, Cause.NO_PASSAGE, fact.fact)
    before = open_stay(lots, stay.lot, stay.plate)
    if before is not None:
        before = before._replace(again=stay.stay_id, again_at=fact.at)
        lots = _put(lots, before, State.EXIT_UNSEEN, fact.at, Cause.ENTERED_AGAIN, fact.fact)
    return _put(lots, stay._replace(entered=fact.at), State.ENTERED, fact.at, Cause.PASSAGE, fact.fact)


def _moved(lots: Lots, fact: Moved) -> Lots:
    """Its last word counts, wherever it was taken to be: a passing before may have gone unread."""
    stay = open_stay(lots, fact.lot, fact.plate)
    if stay is None:
        return _odd(lots, fact.fact, Odd.MOVED_UNREAD if fact.plate is None else Odd.MOVED_UNKNOWN)
    line = Change(stay.state, fact.at, Cause.MOVED, fact.fact, between=fact.between)
    stay = stay._replace(zone=fact.between.to_zone, history=(*stay.history, line))
    return lots._replace(stays={**lots.stays, stay.stay_id: stay})


def _drove_out(lots: Lots, fact: DroveOut) -> Lots:
    if fact.exit_id in lots.stays:
        return _odd(lots, fact.fact, Odd.EXIT_THERE)
    stay = open_stay(lots, fact.lot, fact.plate)
    if stay is None:
        alone = Stay(fact.exit_id, fact.lot, fact.plate, State.LEFT, left=fact.at, exit_id=fact.exit_id)
        return _put(lots, alone, State.LEFT, fact.at, Cause.NO_ENTRY, fact.fact)
    return _end(lots, stay, fact.at, fact.exit_id, Cause.PASSAGE, fact.fact)


def _end(lots: Lots, stay: Stay, at: datetime, exit_id: UUID, cause: Cause, fact: UUID) -> Lots:
    ended = stay._replace(left=at, exit_id=exit_id)
    return _put(lots, ended, State.LEFT_OWING if ended.owes else State.LEFT, at, cause, fact)


def _joined(lots: Lots, fact: Joined) -> Lots:
    stay, alone = lots.stays.get(fact.stay_id), lots.stays.get(fact.exit_id)
    if stay is None or stay.state not in INSIDE | {State.EXIT_UNSEEN}:
        return _odd(lots, fact.fact, Odd.NOT_OPEN)
    if alone is None or alone.entered is not None or alone.left is None or alone.state is State.MERGED:
        return _odd(lots, fact.fact, Odd.NO_LONE_EXIT)
    if stay.lot != alone.lot or stay.entered is None or not _while_it_lasted(stay, alone.left):
        return _odd(lots, fact.fact, Odd.ANOTHER_TIME)
    # what was paid at the exit was paid for this stay
    stay = stay._replace(paid=stay.paid + alone.paid)
    alone = alone._replace(merged_into=stay.stay_id, paid=0)
    lots = _put(lots, alone, State.MERGED, fact.at, Cause.PERSON, fact.fact)
    return _end(lots, stay, alone.left or fact.at, alone.stay_id, Cause.PERSON, fact.fact)


def _corrected(lots: Lots, fact: Corrected) -> Lots:
    stay = lots.stays.get(fact.stay_id)
    if stay is None or stay.state in (State.MERGED, State.VOID):
        return _odd(lots, fact.fact, Odd.NO_STAY)
    other = open_stay(lots, stay.lot, fact.plate)
    if stay.state in INSIDE and other is not None and other.stay_id != stay.stay_id:
        return _odd(lots, fact.fact, Odd.PLATE_INSIDE)
    old = "" if stay.plate is None else stay.plate.text
    lots = _put(lots, stay._replace(plate=fact.plate), stay.state, fact.at, Cause.PERSON, fact.fact, old)
    return _gone_on(lots, fact)


def _ended(lots: Lots, fact: Ended) -> Lots:
    stay = lots.stays.get(fact.stay_id)
    if stay is None or stay.state is not State.EXIT_UNSEEN:
        return _odd(lots, fact.fact, Odd.NOT_UNSEEN)
    if not _while_it_lasted(stay, fact.until):
        return _odd(lots, fact.fact, Odd.ANOTHER_TIME)
    ended = stay._replace(left=fact.until)
    return _put(lots, ended, State.LEFT_OWING if ended.owes else State.LEFT, fact.at, Cause.PERSON, fact.fact)


def _while_it_lasted(stay: Stay, at: datetime) -> bool:
    """Whether it can have left then: not before it came, and not after its plate came in again."""
    return stay.entered is not None and stay.entered <= at and (stay.again_at is None or at <= stay.again_at)


def _voided(lots: Lots, fact: Voided) -> Lots:
    stay = lots.stays.get(fact.stay_id)
    if stay is None or stay.state in NO_MORE:
        return _odd(lots, fact.fact, Odd.NO_STAY)
    return _gone_on(_put(lots, stay, State.VOID, fact.at, Cause.PERSON, fact.fact, fact.why), fact)


def _gone_on(lots: Lots, fact: Corrected | Voided) -> Lots:
    """With the stays that go on, since the entry by which their exit seemed unseen was another car's, or none. Where
    that one has left by now a person says what of both is to be charged: its exit may have been of either car."""
    for stay in lots.stays.values():
        if stay.state is not State.EXIT_UNSEEN or fact.stay_id not in (stay.stay_id, stay.again):
            continue
        again = lots.stays.get(stay.again) if stay.again is not None else None
        if again is None or again.left is not None or open_stay(lots, stay.lot, stay.plate) is not None:
            continue
        if again.state is State.VOID or not _same_plate(stay, again):
            was = next(one.state for one in reversed(stay.history) if one.state in INSIDE)
            lots = _put(lots, stay._replace(again=None, again_at=None), was, fact.at, Cause.PERSON, fact.fact)
    return lots


def _same_plate(one: Stay, other: Stay) -> bool:
    return one.plate is not None and other.plate is not None and one.plate.text == other.plate.text


def _about_money(lots: Lots, fact: Priced | Paid | Overtime) -> Lots:
    stay = lots.stays.get(fact.stay_id) if not isinstance(fact, Paid) else _paid_stay(lots, fact.stay_id)
    if stay is None or stay.state in NO_MORE:
        return _odd(lots, fact.fact, Odd.NO_STAY)
    match fact:
        case Priced():
            priced = stay._replace(fee=fact.fee)
            if stay.state in (State.LEFT, State.LEFT_OWING):
                state = State.LEFT_OWING if priced.owes else State.LEFT
            elif stay.state is State.DETECTED:
                return _odd(lots, fact.fact, Odd.NOT_ENTERED)
            elif stay.state is State.EXIT_UNSEEN:
                state = stay.state
            else:
                state = State.PRICED if priced.owes or not stay.paid else stay.state
            return _put(lots, priced, state, fact.at, Cause.FEE, fact.fact)
        case Paid():
            paid = stay._replace(paid=stay.paid + fact.fen)
            state = stay.state
            if paid.fee is not None and not paid.owes and state is not State.EXIT_UNSEEN:
                state = State.LEFT if stay.left is not None else State.PAID
            return _put(lots, paid, state, fact.at, Cause.PAYMENT, fact.fact)
        case Overtime():
            if stay.state is not State.PAID:
                return _odd(lots, fact.fact, Odd.NOT_PAID)
            return _put(lots, stay, State.PAID_LATE, fact.at, Cause.OVERTIME, fact.fact)


def _paid_stay(lots: Lots, paid_for: UUID) -> Stay | None:
    """Whose money it is that came for a stay, or for an exit before its entry was known."""
    stay = lots.stays.get(paid_for)
    if stay is not None and stay.merged_into is not None:
        return lots.stays.get(stay.merged_into)
    return stay or next((one for one in lots.stays.values() if one.exit_id == paid_for), None)


def _put(lots: Lots, stay: Stay, state: State, at: datetime, cause: Cause, fact: UUID, note: str = "") -> Lots:
    changed = stay._replace(state=state, history=(*stay.history, Change(state, at, cause, fact, note)))
    return lots._replace(stays={**lots.stays, stay.stay_id: changed})


def _odd(lots: Lots, fact: UUID, what: Odd) -> Lots:
    return lots._replace(odd=(*lots.odd, (fact, what)))
