"""What a barrier's contacts have shown so far, and what of that is wired wrongly. Pure; times are monotonic seconds.

A car that drives through says which loop is which (`edge/lane/vehicle/loops.py`), an arm that was told to move says
which end contact is which:

    told up ─the up contact, and it alone─▶ travelled        ─nothing of the kind in time─▶ judged
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from edge.lane.vehicle.loops import LOOPS, Drive, Wrong, drive
from edge.lane.vehicle.states import Contacts, Loop
from models.site.topology import Direction

ENDS = ("up", "down")
STANDS_S = 60.0
"""The technician's own car may stand on a loop while the test begins; after so long the loop is taken to be stuck."""
APART = frozenset({"arming", "closing"})
"""One car stands on no such two: they are wired wrongly, most likely one for the other."""


class EndFault(StrEnum):
    """What is wrong with the arm's end contacts. `about` of a Wrong names one."""

    SWAPPED = "ends_swapped"
    BOTH = "ends_both"
    SILENT = "ends_silent"
    NEVER = "end_never"
    NOT_MOVED = "not_moved"


class Light(NamedTuple):
    """One contact: occupied or closed, or not known; since when it is so, and how often it changed."""

    on: bool | None = None
    since: float | None = None
    changes: int = 0


class Move(NamedTuple):
    """The arm was told to go to an end at `at`, when the end contacts said `before`."""

    to: str
    at: float
    before: tuple[bool | None, bool | None]


Levels = Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """`loops`, `ends`: what is wrong by the last car and the last movements. `cars`: how many were judged. `travel`:
    seconds to each end."""

    lights: Mapping[str, Light] = field(default_factory=dict)
    drive: Drive = field(default_factory=Drive)
    loops: tuple[Wrong, ...] = ()
    ends: Mapping[str, Wrong] = field(default_factory=dict)
    cars: int = 0
    move: Move | None = None
    travel: Mapping[str, float] = field(default_factory=dict)

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        return (*self.loops, *dict.fromkeys(self.ends.values()))


def levels_of(seen: Contacts | None, direction: Direction) -> Levels:
    """By the names of the site file. None: the board is not heard."""
    if seen is None:
        return dict.fromkeys((*LOOPS, *ENDS, "fire"))
    arming, closing = (seen.outer, seen.inner) if direction is Direction.IN else (seen.inner, seen.outer)
    loops = {"arming": arming, "safety": seen.safety, "closing": closing}
    occupied = {name: None if loop is Loop.UNKNOWN else loop is Loop.OCCUPIED for name, loop in loops.items()}
    return {**occupied, "up": seen.up, "down": seen.down, "fire": seen.fire}


def read(before: Evidence, levels: Levels, now: float, travel_s: float) -> Evidence:
    """After one read of everything."""
    lights = {name: _light(before.lights.get(name), on, now) for name, on in levels.items()}
    after = replace(before, lights=lights)
    return _judge_move(_drive(after, now), now, travel_s)


def told(before: Evidence, to: str, now: float) -> Evidence:
    """The arm was told to go `to` "up" or "down"."""
    return replace(before, move=Move(to, now, _ends(before)))


def _light(before: Light | None, on: bool | None, now: float) -> Light:
    if before is None:
        return Light(on)
    if on is None or before.on is None:  # heard again is no change
        return before._replace(on=on)
    return before if on == before.on else Light(on, now, before.changes + 1)


def _drive(after: Evidence, now: float) -> Evidence:
    levels = {name: after.lights[name].on for name in LOOPS}
    occupied = None if None in levels.values() else frozenset(name for name, on in levels.items() if on)
    known = Drive(occupied, occupied, (), now) if after.drive.rest is None and occupied == APART else after.drive
    drives, car = drive(known, occupied, now, STANDS_S)
    after = replace(after, drive=drives)
    return after if car is None else replace(after, loops=car, cars=after.cars + 1)


def _ends(evidence: Evidence) -> tuple[bool | None, bool | None]:
    up, down = (evidence.lights.get(name, Light()).on for name in ENDS)
    return up, down


def _judge_move(evidence: Evidence, now: float, travel_s: float) -> Evidence:
    move = evidence.move
    if move is None:
        return evidence
    there, other = _ends(evidence) if move.to == "up" else tuple(reversed(_ends(evidence)))
    was_there, was_other = move.before if move.to == "up" else tuple(reversed(move.before))
    if there and not other and not was_there:
        faults = {to: one for to, one in evidence.ends.items() if to != move.to and one.fault is not EndFault.SWAPPED}
        return replace(evidence, move=None, travel={**evidence.travel, move.to: now - move.at}, ends=faults)
    if now - move.at <= travel_s:
        return evidence
    if there is None or other is None:  # not wired, and the site file says so; or the board is gone
        return replace(evidence, move=None)
    wrong = None
    if there and other:
        wrong = Wrong(EndFault.BOTH)
    elif was_there and other and not was_other:
        wrong = Wrong(EndFault.SWAPPED)
    elif not there:
        moved = bool(was_other) and not other
        silent = not other and not was_there and not was_other
        wrong = Wrong(EndFault.SILENT) if silent else Wrong(EndFault.NEVER if moved else EndFault.NOT_MOVED, (move.to,))
    faults = {to: one for to, one in evidence.ends.items() if to != move.to} | ({move.to: wrong} if wrong else {})
    return replace(evidence, move=None, ends=faults)
