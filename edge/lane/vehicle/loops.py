"""Which loop does not tell the truth: from what they say while cars drive over them. Pure; times are monotonic seconds.

    unknown ─all free at once, or for FREE_S─▶ rest ─a loop changes─▶ a car is there ─as at rest again for SETTLED_S─▶
    judged, rest

A car may stand on a loop when this begins, or wait there: only what no car would do is taken for rest with a loop on.
Loops that are all free as this begins are at rest, for the first car may come the moment after.

A technician is told after one car; in service a loop is only blamed by several in a row, or by a car that never leaves:
one may turn back, and one may be a bicycle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from edge.lane.vehicle.states import Loop, VehicleLane

LOOPS = ("arming", "safety", "closing")
SETTLED_S = 2.0
"""Between two loops a car may be on none of them for a moment."""
FREE_S = 5.0
"""So long free, all of them, nobody drives here; less may be a car that is on no loop, or on one that is inverted."""
BLAMED_BY = 3
UNSEEN, OCCUPIED = "loop unseen", "loop occupied"
OCCUPIED_S = 600.0
"""A car that stands on a loop for so long is worth a guard's look, and a loop that only says so too."""


class LoopFault(StrEnum):
    """`about` of a Wrong names the loops."""

    SWAPPED = "loops_swapped"
    REVERSED = "loops_reversed"
    MISSED = "loop_missed"
    STUCK_ON = "loop_stuck_on"
    INVERTED = "loop_inverted"


class Wrong(NamedTuple):
    fault: StrEnum
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drive:
    """`occupied` now; None while a loop is not known. `rest`: with nobody driving; None while that is not known.
    `order`: which loops changed since then, each once, in order."""

    occupied: frozenset[str] | None = None
    rest: frozenset[str] | None = None
    order: tuple[str, ...] = ()
    changed_at: float = 0.0


def drive(
    before: Drive, occupied: frozenset[str] | None, now: float, stands_s: float
) -> tuple[Drive, tuple[Wrong, ...] | None]:
    """After one read, and what a car that has gone by now has shown; None where none has. `stands_s`: no car stands for
    longer here, so that what is unchanged for so long is a loop that is stuck or inverted."""
    if occupied is None:
        return replace(before, occupied=None, rest=None, order=()), None
    was, rest = before.occupied, before.rest
    if was is None:
        return Drive(occupied, None if occupied else occupied, (), now), None
    changed = tuple(name for name in LOOPS if (name in occupied) != (name in was))
    if changed:
        new = (
            name for name in changed
            if rest is not None and name not in before.order and (name in occupied) != (name in rest)
        )  # fmt: skip
        return Drive(occupied, rest, (*before.order, *new), now), None
    still = now - before.changed_at
    if rest is not None and occupied == rest:
        if before.order and still >= SETTLED_S:
            return replace(before, order=()), _judged(before.order, rest)
    elif still >= (stands_s if occupied else FREE_S):
        return Drive(occupied, occupied, (), now), None
    return before, None


def _judged(order: tuple[str, ...], rest: frozenset[str]) -> tuple[Wrong, ...] | None:
    """One loop alone is a car that turned back, or somebody with an iron plate: nothing follows from it."""
    if len(order) < 2:
        return None
    inverted = [Wrong(LoopFault.INVERTED, (name,)) for name in order if name in rest]
    missed = [
        Wrong(LoopFault.STUCK_ON if name in rest else LoopFault.MISSED, (name,)) for name in LOOPS if name not in order
    ]
    wrong = _in_wrong_order(order)
    about = tuple(name for name in LOOPS if name in order and name in rest)
    if wrong and len(about) == 2 and about[0] == "arming":
        # its contact closes where the others' open (`board.py`): taken one for the other, both are inverted as well
        return (*missed, Wrong(LoopFault.SWAPPED, about))
    return (*inverted, *missed, *wrong)


def _in_wrong_order(order: tuple[str, ...]) -> tuple[Wrong, ...]:
    wanted = tuple(name for name in LOOPS if name in order)
    if order == wanted:
        return ()
    if order == tuple(reversed(wanted)):
        return (Wrong(LoopFault.REVERSED, (order[0], order[-1])),)
    pair = {name for name, at in zip(order, wanted, strict=True) if name != at}
    return (Wrong(LoopFault.SWAPPED, tuple(name for name in LOOPS if name in pair)),)


@dataclass(frozen=True, slots=True)
class LoopWatch:
    """In service. `blamed`: by how many cars in a row each loop was. `since`: since when each is occupied."""

    drive: Drive = field(default_factory=Drive)
    blamed: Mapping[str, int] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)

    def faulty(self, now: float) -> dict[str, str]:
        """The loops that cannot be believed, with what is wrong."""
        unseen = {name: UNSEEN for name, cars in self.blamed.items() if cars >= BLAMED_BY}
        long = {name: OCCUPIED for name, since in self.since.items() if now - since > OCCUPIED_S}
        return unseen | long


def watched(before: LoopWatch, lane: VehicleLane, now: float) -> LoopWatch:
    """After the lane has read its loops once more."""
    levels = {"arming": lane.arming, "safety": lane.safety, "closing": lane.closing}
    known = Loop.UNKNOWN not in levels.values()
    occupied = frozenset(name for name, level in levels.items() if level is Loop.OCCUPIED) if known else None
    now_drives, car = drive(before.drive, occupied, now, OCCUPIED_S)
    since = {name: before.since.get(name, now) for name in LOOPS if levels[name] is Loop.OCCUPIED}
    blamed = before.blamed
    if car is not None:
        faults = (LoopFault.MISSED, LoopFault.STUCK_ON, LoopFault.INVERTED)
        by_this = {name for wrong in car if wrong.fault in faults for name in wrong.about}
        blamed = {name: blamed.get(name, 0) + 1 for name in by_this}
    if (since, blamed, now_drives) == (before.since, before.blamed, before.drive):
        return before
    return LoopWatch(now_drives, blamed, since)
