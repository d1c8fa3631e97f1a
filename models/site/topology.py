"""Where a lane stands: site > zone > gate > lane, and which lanes must never be released together."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import Field

from models.values.frozen import WireValue


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Between(NamedTuple):
    """An inner lane 内道 leads from one zone of a car park into another, as a ramp or the gate of an inner part does:
    who drives through was inside before, and is inside after. Zones by their codes on the floor plan."""

    from_zone: str
    to_zone: str

    @property
    def turned(self) -> "Between":
        """As it leads while the lane is switched the other way."""
        return Between(self.to_zone, self.from_zone)


ZONE = r"^[0-9A-Za-z][0-9A-Za-z_.-]{0,15}$"
"""What a zone's code looks like."""


class FailState(StrEnum):
    """What the door does without power or without us: safe = unlocked, secure = locked with a mechanical exit."""

    SAFE = "safe"
    SECURE = "secure"


class Lane(WireValue):
    """One way through a gate, in one direction.

    `gate_number` 0..63 is the gate's place in the bit mask of a pass; it is unique within the site and never reused.
    """

    lane_id: UUID
    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    name: str = Field(min_length=1, max_length=60)
    gate_id: UUID
    gate_number: int = Field(ge=0, le=63)
    direction: Direction
