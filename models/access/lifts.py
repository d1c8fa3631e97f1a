"""Lifts (ACC-29): which floors somebody who is let into a lift may press. Pure.

A floor is named as its button is: "B1", "1", "3A". Everybody who is let in reaches the lift's common floors; a
cardholder or a visitor's pass also those that central names for it: the floor of each home, in the lifts that serve
its stairs. A guard's command frees every floor: the guard knows who is to go where, and the command does not say.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.access.credential import Kind
from models.access.decision import Decision, Outcome
from models.values.frozen import IN_ORDER, Frozen, WireValue
from models.values.time import Instant

FLOOR = r"^[A-Z0-9-]{1,6}$"
Floor = Annotated[str, Field(pattern=FLOOR)]


class Lift(Frozen):
    """What one lift's buttons are, as far as the node frees them; `common` are among them."""

    floors: frozenset[Floor] = Field(min_length=1)
    common: frozenset[Floor] = frozenset()


class FloorsOf(WireValue):
    """The floors of one cardholder, or of one visitor's pass, in these lifts: the 11th floor of one house is not that
    of the next. Somebody who moves has the new floor from the hour of the move and the old one until then, also at a
    gate without a link."""

    subject_id: UUID
    lanes: Annotated[frozenset[UUID], IN_ORDER] = Field(min_length=1)
    floors: Annotated[frozenset[Floor], IN_ORDER] = Field(min_length=1)
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    def holds(self, at: datetime) -> bool:
        started = self.valid_from is None or self.valid_from <= at
        return started and (self.valid_until is None or at < self.valid_until)


class HomeFloor(Frozen):
    """Where a cardholder is at home, or whom a visitor's pass is for: a house by its stairs (`unit_id`) and floor."""

    subject_id: UUID
    unit_id: UUID
    floor: Floor
    valid_from: Instant | None = None
    valid_until: Instant | None = None


def floors_of_homes(homes: Iterable[HomeFloor], serves: Mapping[UUID, frozenset[UUID]]) -> tuple[FloorsOf, ...]:
    """What the lifts are told of these homes. `serves`: each lift's lane with the units that it goes up in.

    A home whose stairs no lift serves is told to nobody.
    """
    lanes: dict[UUID, set[UUID]] = {}
    for lane_id, units in serves.items():
        for unit_id in units:
            lanes.setdefault(unit_id, set()).add(lane_id)
    told = {
        FloorsOf(
            subject_id=home.subject_id, lanes=frozenset(lanes[home.unit_id]), floors=frozenset({home.floor}),
            valid_from=home.valid_from, valid_until=home.valid_until,
        )
        for home in homes if home.unit_id in lanes
    }  # fmt: skip
    return tuple(sorted(told, key=lambda one: one.model_dump_json()))


def floors_freed(
    lift: Lift, lane_id: UUID, kind: Kind, own: Iterable[FloorsOf], subjects: frozenset[UUID], now: datetime
) -> frozenset[str]:
    """Which of this lift's floors are freed for whoever was recognised; `subjects`: who that is, person and pass."""
    if kind is Kind.REMOTE:
        return lift.floors
    mine = (one for one in own if one.subject_id in subjects and lane_id in one.lanes and one.holds(now))
    return lift.floors & lift.common.union(*(one.floors for one in mine))


def floors_granted(decision: Decision) -> tuple[str, ...]:
    """The floors that a grant at a lift frees, as the decision itself says; none of any other decision."""
    said = (check.detail["floors"] for check in decision.checks if check.step == "floors" and check.passed)
    return tuple(next(said, "").split()) if decision.outcome is Outcome.GRANT else ()


def buttons_word(lane_id: UUID) -> str:
    """Under which word a node that starts tells the buttons of one lift of its own, beside the news that it did."""
    return f"lift {lane_id}"


def without_button(
    floors: Mapping[UUID, frozenset[str]],
    serves: Mapping[UUID, frozenset[UUID]],
    buttons: Mapping[UUID, frozenset[str]],
) -> dict[UUID, dict[UUID, tuple[str, ...]]]:
    """Lift -> unit -> the floors on which people live there and for which this lift has no button: nobody gets to them
    by it. `floors`: by unit; `serves`: by lift, its units; `buttons`: of the lifts whose buttons are known."""
    found = {
        lane_id: {unit: in_order(lack) for unit in units if (lack := floors.get(unit, frozenset()) - buttons[lane_id])}
        for lane_id, units in serves.items() if lane_id in buttons
    }  # fmt: skip
    return {lane_id: units for lane_id, units in found.items() if units}


def in_order(floors: Iterable[str]) -> tuple[str, ...]:
    """Basements first, then upwards: as a person reads a panel."""
    return tuple(sorted(floors, key=_height))


def _height(floor: str) -> tuple[int, str]:
    digits = "".join(sign for sign in floor if sign.isdecimal())
    number = int(digits) if digits else 0
    return (-number if floor.startswith(("B", "-")) else number), floor
