"""Lifts (ACC-29): which floors somebody who is let into a lift may press. Pure.

A floor is named as its button is: "B1", "1", "3A". Everybody who is let in reaches the lift's common floors; a
cardholder or a visitor's pass also those that central names for it, mostly the one of its unit. A guard's command
frees every floor: the guard knows who is to go where, and the command does not say.
"""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.access.credential import Kind
from models.access.decision import Decision, Outcome
from models.values.frozen import IN_ORDER, Frozen, WireValue

Floor = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,6}$")]


class Lift(Frozen):
    """What one lift's buttons are, as far as the node frees them; `common` are among them."""

    floors: frozenset[Floor] = Field(min_length=1)
    common: frozenset[Floor] = frozenset()


class FloorsOf(WireValue):
    """The floors of one cardholder, or of one visitor's pass, in these lifts: the 11th floor of one house is not that
    of the next."""

    subject_id: UUID
    lanes: Annotated[frozenset[UUID], IN_ORDER] = Field(min_length=1)
    floors: Annotated[frozenset[Floor], IN_ORDER] = Field(min_length=1)


def floors_freed(
    lift: Lift, lane_id: UUID, kind: Kind, own: Iterable[FloorsOf], subjects: frozenset[UUID]
) -> frozenset[str]:
    """Which of this lift's floors are freed for whoever was recognised; `subjects`: who that is, person and pass."""
    if kind is Kind.REMOTE:
        return lift.floors
    named = frozenset(
        floor for one in own if one.subject_id in subjects and lane_id in one.lanes for floor in one.floors
    )
    return lift.floors & (lift.common | named)


def floors_granted(decision: Decision) -> tuple[str, ...]:
    """The floors that a grant at a lift frees, as the decision itself says; none of any other decision."""
    said = (check.detail["floors"] for check in decision.checks if check.step == "floors" and check.passed)
    return tuple(next(said, "").split()) if decision.outcome is Outcome.GRANT else ()


def in_order(floors: Iterable[str]) -> tuple[str, ...]:
    """Basements first, then upwards: as a person reads a panel."""
    return tuple(sorted(floors, key=_height))


def _height(floor: str) -> tuple[int, str]:
    digits = "".join(sign for sign in floor if sign.isdecimal())
    number = int(digits) if digits else 0
    return (-number if floor.startswith(("B", "-")) else number), floor
