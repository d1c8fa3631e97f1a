"""May this vehicle drive in, or out? One pure function for both sides of the link (LANE-11, GEN-05).

Asked in this order; the first that speaks is the answer, and what was asked before it is told with it:

    fire, lockdown, storm · was a plate read · is it that of the car just before · black list · white list · special
    vehicle · permit · permit in its grace · inside already · bay shared · bay taken · arrears · arrears that somebody
    denies · class and hours of the lane · is a place kept for it · are temporary vehicles let in · is there a place ·
    second car of a bay

A permit whose bay is taken by another car is as none (PARK-09, P22): its car is refused in words that say so, or comes
in as a temporary one does, except that what it owes keeps no permit out. Who has booked a place (PARK-25) comes in
when the lot is full, and where no temporary vehicle does; it is charged as one.

Of who has offered their bay for hours, and comes while a guest has it (PARK-10), a guard is asked, whatever the lane
does with strangers: nobody is kept out of their home, and where they park meanwhile a person says.
A storm closes ways in alone (LANE-28), to everybody but listed special vehicles and those that look like one: pumps and
fire engines go where the water is.

On the way out lists, classes and hours hold nobody: who is inside may always leave, by paying at most (PARK-07). Only a
lockdown, a plate that nobody could read or that is the one of the car just before, a car that nobody saw come in and a
fee that nobody has paid ask for a person or a payment. There the order is:

    fire, lockdown · was a plate read · is it that of the car just before · white list · special vehicle · a permit, for
    who was not seen coming in · no entry known · nothing due · may it leave owing · pay, along with what it left owing
    before

An inner lane leads from one zone of the car park into another: no money is asked there, and no stay begins or ends.
Further in, lists, permits, classes and hours are asked as on the way in, but neither debts nor places: the car has one.
Back out everybody drives whose plate is read, but in a lockdown: who may leave, the way out asks. A car that nobody saw
come in passes as well, and a person is told of it.

Earlier debts alone hold nobody: who owes nothing for this stay leaves, and is told of them.

A debt that somebody denies, and that nobody has looked at, is neither paid nor owed (PARK-15): no sum of it is asked,
so that a wrong plate costs nobody anything; but it counts towards what a car may owe, so that one press frees no
debtor. Where only such debts lead over that limit a person is asked, who sees the pictures: the gate neither refuses
nor opens.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import Field

from models.access.decision import Outcome
from models.access.schedule import Span
from models.parking.cover import Permit
from models.parking.payments import may_leave_owing
from models.parking.tariff import SecondCar
from models.site.topology import Direction
from models.values.frozen import WireValue
from models.values.plate import Plate, may_be_misread, same_car
from models.values.time import Instant

ORDER_VERSION = 5
"""Of the order above. It goes with every admission, so that an old one can be explained by the order of its day."""


class Case(StrEnum):
    """Why. The driver's board, the guard's page and the bill say it in these words (LANE-23)."""

    FIRE = "fire"
    LOCKDOWN = "lockdown"
    STORM = "storm"
    UNREAD = "unread"
    UNSURE = "unsure"
    JUST_BEFORE = "just_before"
    BLACK_LIST = "black_list"
    WHITE_LIST = "white_list"
    SPECIAL = "special"
    SPECIAL_LOOKS = "special_looks"
    PERMIT = "permit"
    PERMIT_GRACE = "permit_grace"
    INSIDE_ALREADY = "inside_already"
    BAY_SHARED = "bay_shared"
    BAY_TAKEN = "bay_taken"
    ARREARS = "arrears"
    DENIED = "denied"
    CLASS = "class"
    HOURS = "hours"
    BOOKED = "booked"
    TEMPORARY = "temporary"
    NO_TEMPORARY = "no_temporary"
    FULL = "full"
    SECOND_CAR = "second_car"
    NO_ENTRY = "no_entry"
    NOTHING_DUE = "nothing_due"
    PAY = "pay"
    OWES = "owes"
    INNER = "inner"


class List(StrEnum):
    """What a plate may stand on. SPECIAL: police, ambulances, fire engines, entered by their plate (LANE-12)."""

    BLACK = "black"
    WHITE = "white"
    SPECIAL = "special"


class Listed(WireValue):
    """A plate on a list, from `since` until before `until`; None: until somebody takes it off."""

    plate: Plate
    list: List
    since: Instant
    until: Instant | None = None

    def holds(self, plate: Plate, now: datetime) -> bool:
        return same_car(self.plate, plate) and self.since <= now and (self.until is None or now < self.until)


class LaneRules(WireValue):
    """Who may use a lane (LANE-13). classes: let in there; empty means all. hours: when; empty means always.

    temporary: whether vehicles without permit or list are let in. again: what a plate that is inside already gets: a
    guard is asked, or it is let in (a missed exit is commoner than a false plate at some gates). stranger, barred: what
    a vehicle gets that is not let in as a temporary one, or stands on the black list: refused, or a guard is asked.
    """

    classes: frozenset[str] = frozenset()
    hours: tuple[Span, ...] = Field(default=(), max_length=20)
    temporary: bool = True
    again: Outcome = Outcome.REFER
    stranger: Literal[Outcome.DENY, Outcome.REFER] = Outcome.DENY
    barred: Literal[Outcome.DENY, Outcome.REFER] = Outcome.DENY
    owing_limit: int = Field(default=0, ge=0, description="fen of arrears that hold nobody back")


class Vehicle(NamedTuple):
    """What stands at the lane. plate: None where none could be read. sure: the reads of the approach agreed (LANE-05).

    special: the plate's form or the vehicle's shape says police, ambulance or fire engine, and no list does.
    """

    plate: Plate | None
    sure: bool
    vehicle_class: str
    special: bool = False


class Known(NamedTuple):
    """What is known of the plate where it is asked. owed: arrears in fen that follow the plate; overdue: some of them
    are so old that staff decide, however small they are (P33). denied, denied_old: the same of debts that somebody says
    are not theirs, until a person has looked. inside: since when an open stay of it lasts here. due:
    what this stay still costs, in fen; None where it has no price yet.
    no_entry: what a guard asks of a car that nobody saw come in, in fen. second: what the tariff says of one more car
    where those inside take up its bay; None where there is room for it. bay_shared: each of its bays is a guest's now.

    just_before: another vehicle with this plate left the same lane a moment ago, forwards as far as anybody saw.
    storm: the way in is closed in a storm. booked: a place is kept for it now. free: places for it; None where nobody
    counts. near: listed or permitted plates, for a guard's suggestion only. inner: the lane leads from one zone of the
    car park into another.
    """

    listed: tuple[Listed, ...] = ()
    permit: Permit | None = None
    grace_days: int = 3
    inside: datetime | None = None
    owed: int = 0
    overdue: bool = False
    denied: int = 0
    denied_old: bool = False
    due: int | None = None
    no_entry: int = 0
    second: SecondCar | None = None
    bay_shared: bool = False
    booked: bool = False
    free: int | None = None
    fire: bool = False
    lockdown: bool = False
    storm: bool = False
    just_before: bool = False
    near: tuple[Plate, ...] = ()
    inner: bool = False
    holidays: frozenset[date] = frozenset()


class Admission(NamedTuple):
    """charged: a stay that begins now costs as a temporary one. fen: what is to be paid, or stays owed. asked: the
    cases that were looked at before the answer, in order. candidates: which plates a guard might pick."""

    outcome: Outcome
    case: Case
    charged: bool
    fen: int = 0
    asked: tuple[Case, ...] = ()
    candidates: tuple[Plate, ...] = ()
    order: int = ORDER_VERSION


def admit(vehicle: Vehicle, known: Known, lane: LaneRules, direction: Direction, now: datetime) -> Admission:
    """The answer for one vehicle at one lane. Aware times; money in fen."""
    if known.inner:
        questions = _further_in if direction is Direction.IN else _back_out
    else:
        questions = _to_enter if direction is Direction.IN else _to_leave
    asked: list[Case] = []
    for case, answer in questions(vehicle, known, lane, now):
        if answer is not None:
            outcome, charged, fen = answer
            near = _near(vehicle, known) if outcome is Outcome.REFER else ()
            return Admission(outcome, case, charged, fen, tuple(asked), near)
        asked.append(case)
    raise AssertionError("the last question always has an answer")


Answer = tuple[Outcome, bool, int] | None
Questions = Sequence[tuple[Case, Answer]]
GRANT, DENY, REFER = Outcome.GRANT, Outcome.DENY, Outcome.REFER


def _when(it_is_so: bool, outcome: Outcome, charged: bool = False, fen: int = 0) -> Answer:
    return (outcome, charged, fen) if it_is_so else None


def _first(vehicle: Vehicle, known: Known, *inwards: tuple[Case, Answer]) -> Questions:
    """The same both ways: the state of the gate, and whether anything is known at all. inwards: what may close it to
    who comes in alone."""
    return (
        (Case.FIRE, _when(known.fire, GRANT)),
        (Case.LOCKDOWN, _when(known.lockdown, DENY)),
        *inwards,
        # a vehicle that nobody could read is no temporary one yet: a ticket or a person says who it is (LANE-14)
        (Case.UNREAD, _when(vehicle.plate is None, REFER)),
        (Case.UNSURE, _when(not vehicle.sure, REFER)),
        # one plate, one car: a camera tells of a car once more as it leaves, and the next one stands there (LANE-06)
        (Case.JUST_BEFORE, _when(known.just_before, REFER)),
    )


def _storm(vehicle: Vehicle, known: Known, on: set[List]) -> Questions:
    """Asked in a storm alone."""
    special = List.SPECIAL in on or vehicle.special
    return ((Case.STORM, _when(not special, DENY)),) if known.storm else ()


def _to_enter(vehicle: Vehicle, known: Known, lane: LaneRules, now: datetime) -> Questions:
    on = _lists(vehicle, known, now)
    valid, grace = _permit(known, now)
    forbidden = bool(lane.classes) and vehicle.vehicle_class not in lane.classes
    open_now = not lane.hours or any(span.holds(now, known.holidays) for span in lane.hours)
    second = (valid or grace) and known.second is not None
    shared = (valid or grace) and known.bay_shared
    elsewhere = second or shared
    stays_out = second and not known.booked and (known.second is SecondCar.REFUSE or not lane.temporary)
    return (
        *_first(vehicle, known, *_storm(vehicle, known, on)),
        (Case.BLACK_LIST, _when(List.BLACK in on, lane.barred)),
        (Case.WHITE_LIST, _when(List.WHITE in on, GRANT)),
        (Case.SPECIAL, _when(List.SPECIAL in on, GRANT)),
        (Case.SPECIAL_LOOKS, _when(vehicle.special, REFER)),
        (Case.PERMIT, _when(valid and known.inside is None and not elsewhere, GRANT)),
        (Case.PERMIT_GRACE, _when(grace and known.inside is None and not elsewhere, GRANT)),
        (Case.INSIDE_ALREADY, _when(known.inside is not None, lane.again, charged=not (valid or grace) or second)),
        (Case.BAY_SHARED, _when(shared, REFER)),
        (Case.BAY_TAKEN, _when(stays_out, lane.stranger)),
        (Case.ARREARS, _when(_owes_too_much(known, lane) and not second, REFER, fen=known.owed)),
        (Case.DENIED, _when(_may_owe_too_much(known, lane) and not second, REFER, fen=known.owed)),
        (Case.CLASS, _when(forbidden, DENY)),
        (Case.HOURS, _when(not open_now, DENY)),
        (Case.BOOKED, _when(known.booked, GRANT, charged=True)),
        (Case.NO_TEMPORARY, _when(not lane.temporary, lane.stranger)),
        (Case.FULL, _when(known.free is not None and known.free <= 0, DENY)),
        (Case.SECOND_CAR, _when(second, GRANT, charged=True)),
        (Case.TEMPORARY, (GRANT, True, 0)),
    )


def _to_leave(vehicle: Vehicle, known: Known, lane: LaneRules, now: datetime) -> Questions:
    on = _lists(vehicle, known, now)
    valid, grace = _permit(known, now)
    due = known.due or 0
    return (
        *_first(vehicle, known),
        (Case.WHITE_LIST, _when(List.WHITE in on, GRANT)),
        (Case.SPECIAL, _when(List.SPECIAL in on, GRANT)),
        (Case.PERMIT, _when(valid and known.inside is None, GRANT)),
        (Case.PERMIT_GRACE, _when(grace and known.inside is None, GRANT)),
        # nobody's fee is known, and it is never guessed: the lot's rule or a guard says (LANE-24)
        (Case.NO_ENTRY, _when(known.inside is None, REFER, fen=known.no_entry)),
        (Case.NOTHING_DUE, _when(known.due is not None and due == 0, GRANT)),
        (
            Case.OWES,
            _when(due > 0 and not _may_owe_too_much(known, lane, due), GRANT, charged=True, fen=due),
        ),
        (Case.PAY, (REFER, True, known.owed + due)),
    )


def _further_in(vehicle: Vehicle, known: Known, lane: LaneRules, now: datetime) -> Questions:
    on = _lists(vehicle, known, now)
    valid, grace = _permit(known, now)
    forbidden = bool(lane.classes) and vehicle.vehicle_class not in lane.classes
    open_now = not lane.hours or any(span.holds(now, known.holidays) for span in lane.hours)
    return (
        *_first(vehicle, known, *_storm(vehicle, known, on)),
        (Case.BLACK_LIST, _when(List.BLACK in on, lane.barred)),
        (Case.WHITE_LIST, _when(List.WHITE in on, GRANT)),
        (Case.SPECIAL, _when(List.SPECIAL in on, GRANT)),
        (Case.SPECIAL_LOOKS, _when(vehicle.special, REFER)),
        (Case.PERMIT, _when(valid, GRANT)),
        (Case.PERMIT_GRACE, _when(grace, GRANT)),
        (Case.CLASS, _when(forbidden, DENY)),
        (Case.HOURS, _when(not open_now, DENY)),
        (Case.NO_TEMPORARY, _when(not lane.temporary, lane.stranger)),
        (Case.INNER, (GRANT, False, 0)),
    )


def _back_out(vehicle: Vehicle, known: Known, lane: LaneRules, now: datetime) -> Questions:
    return *_first(vehicle, known), (Case.INNER, (GRANT, False, 0))


def _owes_too_much(known: Known, lane: LaneRules, new: int = 0) -> bool:
    return known.overdue or not may_leave_owing(known.owed, new, lane.owing_limit)


def _may_owe_too_much(known: Known, lane: LaneRules, new: int = 0) -> bool:
    """Where what somebody denies turns out to be theirs."""
    old = known.overdue or known.denied_old
    return old or not may_leave_owing(known.owed + known.denied, new, lane.owing_limit)


def _lists(vehicle: Vehicle, known: Known, now: datetime) -> set[List]:
    plate = vehicle.plate
    return set() if plate is None else {one.list for one in known.listed if one.holds(plate, now)}


def _permit(known: Known, now: datetime) -> tuple[bool, bool]:
    """Whether the permit holds, and whether it is past its end by less than its grace."""
    permit = known.permit
    if permit is None or now < permit.valid_from:
        return False, False
    covered = not permit.hours or any(span.holds(now, known.holidays) for span in permit.hours)
    return (
        covered and now < permit.valid_until,
        covered and permit.valid_until <= now < permit.valid_until + timedelta(days=known.grace_days),
    )


def _near(vehicle: Vehicle, known: Known) -> tuple[Plate, ...]:
    read = vehicle.plate
    return () if read is None else tuple(one for one in known.near if may_be_misread(read.text, one.text))
