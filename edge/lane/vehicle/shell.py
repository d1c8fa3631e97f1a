"""What one vehicle lane is made of while it runs: its pure state, and what it may ask of the threads around it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from devices.ports import Frame, Push
from edge.lane.inbox import PlatesVoted
from edge.lane.shell import Lock
from edge.lane.vehicle.states import VehicleLane
from models.parking.admission import LaneRules
from models.site.topology import Lane
from models.wire.commands import Command


class PlateEyes(Protocol):
    """What the lane may ask of the thread that reads plates."""

    def look_for(self, look: UUID | None) -> None:
        """Read plates for this look until another word; None: enough."""

    def newest(self) -> Frame | None: ...


@dataclass(frozen=True, slots=True)
class Looking:
    """A vehicle on the arming loop is being read since `since`; `best` is what its frames say so far."""

    look: UUID
    since: float
    best: PlatesVoted | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a camera that reads by itself has told, and when: its word may come a moment before the loop's.

    `answer` tells the camera that its record is kept.
    """

    push: Push
    at: float
    answer: Callable[[Push], bool]


@dataclass
class VehicleShell:
    """One vehicle lane. `arm.pulse` raises, `arm.relock` permits closing, `arm.hold` keeps it up for fire.

    `look_s`: how long a vehicle is read before a person is asked.
    """

    code: str
    lane: Lane
    arm: Lock
    rules: LaneRules
    vehicle: VehicleLane
    eyes: PlateEyes | None = None
    look_s: float = 4.0
    looking: Looking | None = None
    told: Told | None = None
    fire_at: tuple[str, ...] = ()
    began: dict[UUID, float] = field(default_factory=dict)
    commands: dict[UUID, Command] = field(default_factory=dict)
