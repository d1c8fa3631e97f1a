"""What one vehicle lane is made of while it runs: its pure state, and what it may ask of the threads around it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from devices.display.texts import Text
from devices.ports import Frame, Push
from edge.lane.beside import Beside
from edge.lane.inbox import PlatesVoted
from edge.lane.shell import STARTING, Lock
from edge.lane.states import BesideSettings, Ebikes
from edge.lane.vehicle.call import Calling
from edge.lane.vehicle.camera_clock import CameraClock
from edge.lane.vehicle.kept import HeldBy
from edge.lane.vehicle.loops import LoopWatch
from edge.lane.vehicle.one_car import Cars
from edge.lane.vehicle.queue import Queue
from edge.lane.vehicle.states import Arm, Loop, Phase, VehicleLane, Way
from edge.lane.vehicle.timetable import Due, Turn
from edge.lane.vehicle.unclaimed import NO_VEHICLE, STORED, Bound
from models.parking.account import Account
from models.parking.admission import LaneRules
from models.parking.bookings import Booking
from models.parking.decided import Seen
from models.site.topology import Between, Direction, Lane
from models.values.plate import PlateColour
from models.wire.commands import Command
from models.wire.events import Position
from models.wire.stays import LotTold

POSITIONS = {Arm.UP: Position.OPEN, Arm.DOWN: Position.CLOSED, Arm.UNKNOWN: Position.UNKNOWN}
"""What is told of the arm; a movement is not."""


class PlateEyes(Protocol):
    """What the lane may ask of the thread that reads plates."""

    def look_for(self, look: UUID | None) -> None:
        """Read plates for this look until another word; None: enough."""

    def newest(self) -> Frame | None: ...


@dataclass(frozen=True, slots=True)
class Looking:
    """A vehicle on the arming loop is being read since `since`; `best` is what its frames say so far. `aside`: a push
    with the plate of a vehicle that was here just before: it decides only when nothing better comes."""

    look: UUID
    since: float
    best: PlatesVoted | None = None
    aside: Seen | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a camera that reads by itself has told, and when: its word may come a moment before the loop's.

    `answer` tells the camera that its record is kept. `taken`: when it was taken, by the camera's clock as it is known.
    """

    push: Push
    at: float
    answer: Callable[[Push], bool]
    taken: float


class Board(Protocol):
    """What the lane may ask of the thread that owns its board."""

    def say(self, text: Text) -> None: ...


class Accounts(Protocol):
    """What the lane may ask of what is known of the car park: `edge.lane.vehicle.stays.Stays`."""

    def account(
        self, plate: str | None, lane_id: UUID, now: datetime, leave_extra: int = 0,
        colour: PlateColour = PlateColour.UNKNOWN,
    ) -> Account | None: ...  # fmt: skip

    def state(self, now: datetime) -> Hashable: ...

    def lot(self, now: datetime) -> LotTold | None: ...

    def places(self, now: datetime) -> int | None: ...

    def booked(self, plate: str | None, now: datetime) -> Booking | None: ...

    def catch_up(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vehicle that was not let through stands there still. `state`: of what is known of the car park, by which that
    was said: when it differs, a payment or a permit may have come. `correlation`: of what was decided about it.
    """

    read: Seen
    state: Hashable
    correlation: UUID


@dataclass(frozen=True, slots=True)
class Driving:
    """A vehicle at the arm without a grant of its own. `correlation`: of what was decided about it; None: nobody knows
    which it is. `held`: the arm was held up while it was there, or was up yet from a hold. `behind`: it drives behind
    another's grant."""

    correlation: UUID | None
    held: bool = False
    behind: bool = False


@dataclass
class VehicleShell:
    """One vehicle lane. `arm.pulse` raises, `arm.relock` permits closing, `arm.hold` keeps it up for fire.

    `look_s`: how long a vehicle is read before a person is asked. `idle_says`: what its board shows of free places now;
    None while it speaks to a driver.
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
    accounts: Accounts | None = None
    waiting: Waiting | None = None
    drove_on: tuple[Waiting, float] | None = None
    """Who waited last, and when it left the arming loop: forwards, perhaps."""
    unanswered: tuple[Looking, float] | None = None
    """The look of who left the arming loop before it was answered, and when: its plate may be told in a moment."""
    driving: Driving | None = None
    """The vehicle without a grant that is at the arm."""
    board: Board | None = None
    idle_says: Text | None = None
    language: str = "zh"
    leads_between: Mapping[Direction, Between] = field(default_factory=dict)
    """Of an inner lane: the zones, by how it is switched."""
    fire_at: tuple[str, ...] = ()
    calling: Calling = field(default_factory=Calling)
    """Whether somebody here asks for a person."""
    loops: LoopWatch = field(default_factory=LoopWatch)
    detectors: BesideSettings = field(default_factory=lambda: BesideSettings(ebikes=Ebikes.ALARM))
    beside: Beside = field(default_factory=Beside)
    before: Frame | None = None
    """What the camera saw as something came onto the fire lane, while it stands there."""
    queue: Queue = field(default_factory=Queue)
    board_silent: bool = False
    """Since its start the lane was told that its board does not answer."""
    held_by: HeldBy | None = None
    """By whose word the arm is held up, or for which storm."""
    resumed_by: UUID | None = None
    """Whose word ends the hold in this very step."""
    tidal: bool = False
    """A person may turn the lane round (LANE-13)."""
    turns: tuple[Turn, ...] = ()
    """When it turns round by itself."""
    turned_at: datetime | None = None
    """Up to when its timetable has been followed, or a person has said otherwise: older changes are due no more."""
    turn_waits: tuple[Due, str] | None = None
    """The change that is due and was not made yet, and why, as it was told."""
    written: Direction | None = None
    """Which way the site file says that a tidal lane leads; None of others."""
    turn: Callable[[Direction], None] = lambda direction: None
    """Tells the thread of the board which loop lies behind the arm from now on."""
    cars: Cars = ()
    """Who stands on the arming loop and who was there just before, by the plates that were read."""
    clocks: dict[str, CameraClock] = field(default_factory=dict)
    clock_off_at: float | None = None
    no_vehicle: Bound = NO_VEHICLE
    stored: Bound = STORED
    began: dict[UUID, float] = field(default_factory=dict)
    commands: dict[UUID, Command] = field(default_factory=dict)

    @property
    def between(self) -> Between | None:
        """The zones that an inner lane leads from and to, as it is switched now."""
        return self.leads_between.get(self.vehicle.direction)

    @property
    def position(self) -> Position:
        """The arm in the wire's words."""
        return POSITIONS.get(self.vehicle.arm, Position.UNKNOWN)

    @property
    def board_fault(self) -> str | None:
        """What keeps the lane from knowing its loops and arm; None where nothing does."""
        if self.vehicle.heard_at is not None:
            return None
        return STARTING if self.vehicle.phase is Phase.STARTING and not self.board_silent else "relay"

    def stands(self, now: float) -> bool | None:
        """Whether a vehicle is in front of the arm or under it, as far as loops tell; None: they do not. One that left
        the arming loop just now may be between two of them."""
        lane, left = self.vehicle, self.drove_on
        if Loop.OCCUPIED in (lane.arming, lane.safety) or lane.way is not Way.NOBODY:
            return True
        if left is not None and now - left[1] <= lane.settings.gap_s:
            return True
        return None if Loop.UNKNOWN in (lane.arming, lane.safety) else False
