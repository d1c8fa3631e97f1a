"""A vehicle's admission as a decision: the same record, with the same parts, as that of a person at a door (GEN-04).

Pure, for both sides of the link. The plate itself is in none of it: it travels sealed (models/wire/plates.py).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from models.access.policy import KindWindow
from models.parking.admission import Case, Known, LaneRules, List, Listed, Vehicle, admit
from models.parking.cover import Permit
from models.site.topology import Direction
from models.values.plate import Plate, may_be_misread
from models.wire.plates import PlateEntry, PlateList

REASONS = {
    Case.FIRE: Reason.FIRE,
    Case.LOCKDOWN: Reason.LOCKDOWN,
    Case.UNREAD: Reason.LOW_QUALITY,
    Case.UNSURE: Reason.AMBIGUOUS,
    Case.BLACK_LIST: Reason.BLOCKED,
    Case.INSIDE_ALREADY: Reason.PASSBACK,
    Case.HOURS: Reason.WRONG_TIME,
}
"""Of a case that does not let a vehicle through; what is not here is UNKNOWN: nothing here says that it may."""


class Lists(NamedTuple):
    """What the rules of this moment say about plates at one lane."""

    entries: Sequence[PlateEntry] = ()
    kinds: Sequence[KindWindow] = ()
    holidays: frozenset[date] = frozenset()
    version: int = 0
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    refer_when_stale: bool = False


class Seen(NamedTuple):
    """What stood at the lane, and how it was read. `source`: camera, or push by one that reads by itself."""

    vehicle: Vehicle
    source: str
    frames: int = 0
    left_out: str = ""


class Gate(NamedTuple):
    """The state of the lane as the policy asks about it."""

    fire: bool = False
    lockdown: bool = False


def decide_vehicle(
    seen: Seen, gate: Gate, lists: Lists, rules: LaneRules, lane_id: UUID, direction: Direction, now: datetime
) -> Decision:
    """May this vehicle pass? With every question that was asked, and what the answer stood on."""
    here = [one for one in lists.entries if one.counts_at(lane_id)]
    entry = _entry(here, seen.vehicle.plate, now)
    read = seen.vehicle.plate
    near = _near(here, read.text) if read is not None and entry is None else ()
    known = _known(entry, near, gate, direction, lists.holidays, now)
    refused = _before(lists, lane_id, now) if not gate.fire else None
    if refused is not None:
        outcome, step, reason = refused
        checks: tuple[Check, ...] = (Check(step=step, passed=False, reason=reason),)
        case = step
    else:
        admission = admit(seen.vehicle, known, rules, direction, now)
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
        detail={"case": case} | ({"near": str(len(near))} if near else {}),
        checks=checks,
        inputs=_inputs(seen, entry, gate, rules, direction),
    )


def _before(lists: Lists, lane_id: UUID, now: datetime) -> tuple[Outcome, str, Reason] | None:
    """What the rules say before any plate is looked at: too old, or no plates at this hour."""
    expired = lists.expires_at is not None and now >= lists.expires_at
    if expired and lists.refer_when_stale:
        return Outcome.REFER, "rules_age", Reason.STALE_RULES
    windows = [one for one in lists.kinds if one.lane_id == lane_id]
    mine = [one for one in windows if one.kind is Kind.PLATE]
    if windows and not any(span.holds(now, lists.holidays) for one in mine for span in one.schedule):
        return Outcome.REFER, "kind", Reason.WRONG_TIME if mine else Reason.NO_RULE
    return None


def _entry(here: Sequence[PlateEntry], plate: Plate | None, now: datetime) -> PlateEntry | None:
    """What is said of this plate: a block before a permit, of two permits the one that lasts longer."""
    if plate is None:
        return None
    mine = [one for one in here if one.plate == plate.text and one.since <= now]
    blocks = [one for one in mine if one.list is PlateList.BLOCK and (one.until is None or now < one.until)]
    permits = [one for one in mine if one.list is PlateList.PERMIT and one.until is not None]
    longest = max(permits, key=lambda one: (one.until, one.entry_id), default=None)
    return blocks[0] if blocks else longest


def permit_in(entry: PlateEntry) -> Permit | None:
    """The entry as what a stay is covered by; None for one that is no permit."""
    if entry.list is not PlateList.PERMIT or entry.until is None:
        return None
    return Permit(valid_from=entry.since, valid_until=entry.until)


def _near(here: Sequence[PlateEntry], read: str) -> tuple[Plate, ...]:
    """Permits that this read may have been meant for (LANE-05): a guard is told how many, and nothing opens."""
    permits = (one.plate for one in here if one.list is PlateList.PERMIT)
    return tuple(Plate(text=text) for text in dict.fromkeys(permits) if may_be_misread(read, text))


def _known(
    entry: PlateEntry | None, near: tuple[Plate, ...], gate: Gate, direction: Direction,
    holidays: frozenset[date], now: datetime,
) -> Known:  # fmt: skip
    listed: tuple[Listed, ...] = ()
    permit = None
    if entry is not None and entry.list is PlateList.BLOCK:
        listed = (Listed(plate=Plate(text=entry.plate), list=List.BLACK, since=entry.since, until=entry.until),)
    elif entry is not None:
        permit = permit_in(entry)
    out = direction is Direction.OUT
    return Known(
        listed=listed,
        permit=permit,
        inside=now if out else None,  # no gate counts stays yet: whoever leaves is taken to have been inside
        due=0 if out else None,  # and nothing is charged at a gate yet
        fire=gate.fire,
        lockdown=gate.lockdown,
        near=near,
        holidays=holidays,
    )


def _reason(case: Case, granted: bool) -> Reason:
    if granted:
        return Reason.FIRE if case is Case.FIRE else Reason.OK
    return REASONS.get(case, Reason.UNKNOWN)


def _inputs(seen: Seen, entry: PlateEntry | None, gate: Gate, rules: LaneRules, direction: Direction) -> dict[str, str]:
    """Words and figures only; of the plate no more than whether it was read and on which list it stands."""
    vehicle = seen.vehicle
    read = "none" if vehicle.plate is None else "sure" if vehicle.sure else "unsure"
    said = {"direction": direction.value, "plate": read, "plate_source": seen.source, "frames": str(seen.frames)}
    if entry is not None:
        said["plate_list"] = entry.list.value
        said["plate_since"] = entry.since.isoformat()
        if entry.until is not None:
            said["plate_until"] = entry.until.isoformat()
    if seen.left_out:
        said["left_out"] = seen.left_out
    if not rules.temporary:
        said["unlisted"] = rules.stranger.value
    return said | {name: "yes" for name, on in (("fire", gate.fire), ("lockdown", gate.lockdown)) if on}
