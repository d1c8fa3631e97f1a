"""A vehicle's admission as a decision: the same record, with the same parts, as that of a person at a door (GEN-04).

Pure, for both sides of the link. The plate itself is in none of it: it travels sealed (models/wire/plates.py).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from models.access.policy import KindWindow
from models.parking.account import Account, class_of, colour_of
from models.parking.admission import Admission, Case, Known, LaneRules, List, Listed, Vehicle, admit
from models.parking.bill_text import bill_text, left_out
from models.parking.bookings import Booking
from models.parking.cover import NO_END, Permit
from models.parking.scope import Entering, Group
from models.site.topology import Between, Direction
from models.values.plate import Plate, PlateColour, may_be_misread
from models.wire.plates import PassingEntry, PassingList, PlateEntry, PlateList

REASONS = {
    Case.FIRE: Reason.FIRE,
    Case.LOCKDOWN: Reason.LOCKDOWN,
    Case.STORM: Reason.LOCKDOWN,
    Case.UNREAD: Reason.LOW_QUALITY,
    Case.UNSURE: Reason.AMBIGUOUS,
    Case.JUST_BEFORE: Reason.AMBIGUOUS,
    Case.BLACK_LIST: Reason.BLOCKED,
    Case.INSIDE_ALREADY: Reason.PASSBACK,
    Case.HOURS: Reason.WRONG_TIME,
}
"""Of a case that does not let a vehicle through; what is not here is UNKNOWN: nothing here says that it may."""


Entry = PlateEntry | PassingEntry
LISTS = {PlateList.BLOCK: List.BLACK, PassingList.WHITE: List.WHITE, PassingList.SPECIAL: List.SPECIAL}
"""The lists of the wire in the words of the rules, in the order in which they are asked; a permit is none of them."""
GRACE_MAX = timedelta(days=30)
"""The longest grace that a tariff can give a permit (P20)."""


class Lists(NamedTuple):
    """What the rules of this moment say about plates at one lane. known: False where there are no rules yet."""

    entries: Sequence[Entry] = ()
    kinds: Sequence[KindWindow] = ()
    holidays: frozenset[date] = frozenset()
    version: int = 0
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    refer_when_stale: bool = False
    known: bool = True


class Seen(NamedTuple):
    """What stood at the lane, and how it was read. `source`: camera, or push by one that reads by itself. just_before:
    the plate is that of a vehicle that left the lane a moment ago."""

    vehicle: Vehicle
    source: str
    frames: int = 0
    left_out: str = ""
    just_before: bool = False

    @property
    def text(self) -> str | None:
        """The plate as it was read; None where none could be."""
        return self.vehicle.plate.text if self.vehicle.plate is not None else None


class Gate(NamedTuple):
    """The state of the lane as the policy asks about it."""

    fire: bool = False
    lockdown: bool = False
    storm: bool = False


def decide_vehicle(
    seen: Seen, gate: Gate, lists: Lists, rules: LaneRules, lane_id: UUID, direction: Direction, now: datetime,
    account: Account | None = None, places: int | None = None, booked: Booking | None = None,
    between: Between | None = None,
) -> Decision:  # fmt: skip
    """May this vehicle pass? With every question that was asked, and what the answer stood on.

    account: what is known of its money; None where nothing is charged. Then whoever leaves has been inside and owes
    nothing. places: for how many more cars there is one; None where nobody counts. booked: by which a place is kept for
    it now. between: of an inner lane, as it is switched now; there neither money nor places are asked about.
    """
    if between is not None:
        account, places = None, None
    here = [one for one in lists.entries if one.counts_at(lane_id)]
    standing = _standing(here, seen.vehicle.plate, now)
    entry = standing[0] if standing else None
    read = seen.vehicle.plate
    near = _near(here, read.text) if read is not None and entry is None else ()
    known = _known(standing, near, gate, direction, lists.holidays, account, places, booked, now, seen.just_before)
    known = known._replace(inner=between is not None)
    refused = _before(lists, lane_id, now) if not gate.fire else None
    if refused is not None:
        outcome, step, reason = refused
        checks: tuple[Check, ...] = (Check(step=step, passed=False, reason=reason),)
        case, money = step, dict[str, str]()
    else:
        admission = admit(seen.vehicle, known, _with_limit(rules, account, direction), direction, now)
        money = _money(admission, account)
        outcome, case = admission.outcome, admission.case.value
        granted = outcome is Outcome.GRANT
        reason = _reason(admission.case, granted)
        passed = tuple(Check(step=f"plate_{one.value}", passed=True, reason=Reason.OK) for one in admission.asked)
        checks = (*passed, Check(step=f"plate_{case}", passed=granted, reason=reason))
    return Decision(
        outcome=outcome,
        reason=reason,
        kind=Kind.PLATE,
        at=now,
        lane_id=lane_id,
        credential_id=entry.entry_id if entry is not None else None,
        rules_version=lists.version,
        rules_age_s=int((now - lists.issued_at).total_seconds()) if lists.issued_at else None,
        detail={"case": case} | ({"near": str(len(near))} if near else {}) | money,
        checks=checks,
        inputs=_inputs(seen, entry, gate, rules, direction)
        | _account_inputs(account)
        | _places_input(direction, places)
        | _booked_input(direction, booked)
        | _between_input(between),
    )


def permits_of(lists: Lists, lane_id: UUID | None, plate: str, since: datetime) -> tuple[Permit, ...]:
    """The permits of a plate that may cover a stay begun at this lane `since` then, as far as the lists name them."""
    mine = (one for one in lists.entries if one.plate == plate and (lane_id is None or one.counts_at(lane_id)))
    found = (permit_in(one) for one in mine)
    return tuple(one for one in found if one is not None and one.valid_until > since - GRACE_MAX)


def car_at(lists: Lists, lane_id: UUID, plate: Plate, now: datetime) -> Entering:
    """What the lane tells of a car that stands there, as a tariff's scope asks (P01)."""
    standing = _standing([one for one in lists.entries if one.counts_at(lane_id)], plate, now)
    group = _group(standing[0].list.value, standing[0].until, now) if standing else Group.TEMPORARY
    return _entering(lane_id, plate.text, plate.colour, group)


def car_in(decision: Decision, plate: str) -> Entering:
    """The same of a car that was decided about, from what the decision stood on: gate and central read it alike,
    whatever their lists say since. plate: "" where it is not known."""
    said, colours = decision.inputs, set(PlateColour)
    colour = PlateColour(said["plate_colour"]) if said.get("plate_colour") in colours else PlateColour.UNKNOWN
    group = _group(said.get("plate_list", ""), _instant(said.get("plate_until", "")), decision.at)
    return _entering(decision.lane_id, plate, colour, group)


def own_plate(decision: Decision) -> bool:
    """Whether the plate that was read is taken to be this vehicle's own. Where it is that of the vehicle just before,
    whoever opens does so for a car that nobody has read."""
    return decision.detail.get("case") != Case.JUST_BEFORE


def _entering(lane_id: UUID | None, plate: str, colour: PlateColour, group: Group) -> Entering:
    return Entering(lane_id, class_of(plate, colour), colour_of(plate, colour), group)


def _instant(said: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _group(on: str, until: datetime | None, at: datetime) -> Group:
    if on in (Group.WHITE, Group.SPECIAL):
        return Group(on)
    return Group.PERMIT if on == PlateList.PERMIT and until is not None and at < until else Group.TEMPORARY


def _before(lists: Lists, lane_id: UUID, now: datetime) -> tuple[Outcome, str, Reason] | None:
    """What the rules say before any plate is looked at: not there yet, too old, or no plates at this hour. Without any
    nobody knows what a stay costs, or whether it costs something: a person says who may go."""
    if not lists.known:
        return Outcome.REFER, "rules_age", Reason.STALE_RULES
    expired = lists.expires_at is not None and now >= lists.expires_at
    if expired and lists.refer_when_stale:
        return Outcome.REFER, "rules_age", Reason.STALE_RULES
    windows = [one for one in lists.kinds if one.lane_id == lane_id]
    mine = [one for one in windows if one.kind is Kind.PLATE]
    if windows and not any(span.holds(now, lists.holidays) for one in mine for span in one.schedule):
        return Outcome.REFER, "kind", Reason.WRONG_TIME if mine else Reason.NO_RULE
    return None


def _standing(here: Sequence[Entry], plate: Plate | None, now: datetime) -> list[Entry]:
    """What is said of this plate, in the order in which the lists are asked; of its permits the one that lasts longest.

    A permit that has ended stays: its days of grace are the rules' to know.
    """
    if plate is None:
        return []
    mine = [one for one in here if one.plate == plate.text and one.since <= now]
    listed = [one for one in mine if one.list in LISTS and (one.until is None or now < one.until)]
    permits = [one for one in mine if one.list is PlateList.PERMIT and one.until is not None]
    longest = sorted(permits, key=lambda one: (one.until, one.entry_id))[-1:]
    return [*sorted(listed, key=lambda one: list(LISTS).index(one.list)), *longest]


def permit_in(entry: Entry) -> Permit | None:
    """The entry as what a stay is covered by; None for one that covers nothing."""
    if isinstance(entry, PassingEntry):
        return Permit(valid_from=entry.since, valid_until=entry.until or NO_END)
    if entry.list is not PlateList.PERMIT or entry.until is None:
        return None
    return Permit(valid_from=entry.since, valid_until=entry.until, bay=entry.bay, bay_cars=entry.bay_cars)


def _near(here: Sequence[Entry], read: str) -> tuple[Plate, ...]:
    """Who may drive in and may have been meant by this read (LANE-05): a guard is told how many, and nothing opens."""
    welcome = (one.plate for one in here if one.list is not PlateList.BLOCK)
    return tuple(Plate(text=text) for text in dict.fromkeys(welcome) if may_be_misread(read, text))


def _known(
    standing: Sequence[Entry], near: tuple[Plate, ...], gate: Gate, direction: Direction,
    holidays: frozenset[date], account: Account | None, places: int | None, booked: Booking | None, now: datetime,
    just_before: bool,
) -> Known:  # fmt: skip
    listed = tuple(
        Listed(plate=Plate(text=one.plate), list=LISTS[one.list], since=one.since, until=one.until)
        for one in standing
        if one.list in LISTS
    )
    permits = [one for one in standing if one.list is PlateList.PERMIT]
    permit = permit_in(permits[0]) if permits else None
    inside, due = _inside(account, direction, now)
    return Known(
        listed=listed,
        permit=permit,
        inside=inside,
        due=due,
        owed=account.owed if account is not None else 0,
        overdue=account.overdue if account is not None else False,
        denied=account.denied if account is not None else 0,
        denied_old=account.denied_old if account is not None else False,
        no_entry=account.no_entry if account is not None else 0,
        second=account.second if account is not None else None,
        bay_shared=account is not None and account.bay_shared is not None,
        booked=booked is not None,
        free=places,
        fire=gate.fire,
        lockdown=gate.lockdown,
        storm=gate.storm,
        just_before=just_before,
        near=near,
        holidays=holidays,
    )


def _inside(account: Account | None, direction: Direction, now: datetime) -> tuple[datetime | None, int | None]:
    """Since when it is inside, and what its stay still costs."""
    if account is None:
        return (now, 0) if direction is Direction.OUT else (None, None)
    if account.due is not None:
        return account.inside, account.due.due
    return account.inside, 0 if account.inside is not None else None  # nothing was charged when it came in


def _with_limit(rules: LaneRules, account: Account | None, direction: Direction) -> LaneRules:
    """Up to which debt the tariff lets a car pass: into the lot always; out of it unpaid only where nobody can tell
    whether it has paid (PARK-14). A limit of 0 asks a guard."""
    if account is None or account.tariff is None:
        return rules
    limit = account.tariff.owe_limit if direction is Direction.IN or account.alone else 0
    return rules.model_copy(update={"owing_limit": limit})


def _money(admission: Admission, account: Account | None) -> dict[str, str]:
    """What is asked or owed, of what it is made, and by which version: enough to tell the driver, and to price it again
    (PARK-05). `ask_fen`: to be paid now; `fee_fen`: what the whole stay costs."""
    if account is None:
        return {}
    said = {"owed_fen": str(account.owed)} if account.owed else {}
    said |= {"denied_fen": str(account.denied)} if account.denied else {}
    if admission.fen:
        said["ask_fen"] = str(admission.fen)
    if account.due is None or account.tariff is None:
        return said
    due = account.due
    said |= {"fee_fen": str(due.total), "due_fen": str(due.due), "bill": bill_text(due.bills)}
    if due.paid:
        said["paid_fen"] = str(due.paid)
    if account.accepted:
        said["accepted_fen"] = str(account.accepted)
    if due.leave is not None:
        said["leave_min"] = str(due.leave)
    if account.leave_extra:
        said["leave_extra_min"] = str(account.leave_extra)
    if more := left_out(due.bills):
        said["bill_left_out"] = str(more)
    return said | {"tariff": f"{account.tariff.tariff_id} {account.tariff.version}"}


def _account_inputs(account: Account | None) -> dict[str, str]:
    if account is None:
        return {}
    said = {"charged": "yes" if account.tariff is not None else "no"}
    if account.inside is not None:
        said["inside_since"] = account.inside.isoformat()
    said |= {"overdue": "yes"} if account.overdue else {}
    said |= {"denied_old": "yes"} if account.denied_old else {}
    said |= {"second_car": account.second.value} if account.second is not None else {}
    if account.bay_shared is not None:
        said |= {"shared_bay": account.bay_shared.bay, "shared_until": account.bay_shared.until.isoformat()}
    return said | ({"central": "away"} if account.alone else {})


def _places_input(direction: Direction, places: int | None) -> dict[str, str]:
    return {"places": str(places)} if places is not None and direction is Direction.IN else {}


def _booked_input(direction: Direction, booked: Booking | None) -> dict[str, str]:
    """By which booking, and to which bay or zone its driver is told to go."""
    if booked is None or direction is not Direction.IN:
        return {}
    named = {"booked_bay": booked.bay, "booked_zone": booked.zone}
    return {"booking": str(booked.booking_id)} | {name: said for name, said in named.items() if said}


def _between_input(between: Between | None) -> dict[str, str]:
    return dict(between._asdict()) if between is not None else {}


def _reason(case: Case, granted: bool) -> Reason:
    if granted:
        return Reason.FIRE if case is Case.FIRE else Reason.OK
    return REASONS.get(case, Reason.UNKNOWN)


def _inputs(seen: Seen, entry: Entry | None, gate: Gate, rules: LaneRules, direction: Direction) -> dict[str, str]:
    """Words and figures only; of the plate no more than whether it was read and on which list it stands."""
    vehicle = seen.vehicle
    read = "none" if vehicle.plate is None else "sure" if vehicle.sure else "unsure"
    said = {"direction": direction.value, "plate": read, "plate_source": seen.source, "frames": str(seen.frames)}
    if entry is not None:
        said["plate_list"] = entry.list.value
        said["plate_since"] = entry.since.isoformat()
        if entry.until is not None:
            said["plate_until"] = entry.until.isoformat()
    if vehicle.plate is not None and vehicle.plate.colour is not PlateColour.UNKNOWN:
        said["plate_colour"] = vehicle.plate.colour.value
    if seen.just_before:
        said["just_before"] = "yes"
    if seen.left_out:
        said["left_out"] = seen.left_out
    if not rules.temporary:
        said["unlisted"] = rules.stranger.value
    return said | {name: "yes" for name, on in gate._asdict().items() if on}
