"""What one lane is made of while it runs: its pure state, and what it may ask of the threads around it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from devices.ports import Frame, Signal
from edge.lane.inbox import HoldChanged
from edge.lane.recognition import Presented
from edge.lane.says import Said
from edge.lane.states import DoorLane, Phase
from models.access.attempts import USUAL, Limits
from models.access.decision import Decision
from models.access.lifts import Lift
from models.access.pictures import Shows as PictureShows
from models.site.topology import Lane
from models.wire.commands import Command


class Lock(Protocol):
    """What the lanes may ask of the thread that owns a board."""

    def pulse(self, correlation: UUID) -> None: ...
    def relock(self) -> None: ...
    def hold(self, wanted: bool) -> None: ...


class Eyes(Protocol):
    """What the lanes may ask of the thread that looks through a camera."""

    def look_for(self, correlation: UUID | None, cardholder_id: UUID | None) -> None:
        """Compare faces with this cardholder for this recognition; None, None: stop looking."""

    def rest(self, resting: bool) -> None:
        """Look for nobody without a pass while the door stands open; codes and second factors go on."""

    def newest(self) -> Frame | None: ...
    def fault(self) -> str | None: ...


class Ears(Protocol):
    """What the lanes may ask of the thread that listens to a scanner."""

    def fault(self) -> str | None: ...


class Shows(Protocol):
    """What the lanes may ask of the thread that owns a reader."""

    def show(self, signal: Signal) -> None: ...
    def fault(self) -> str | None: ...


class Pictures(Protocol):
    def keep(
        self, event_id: UUID, frame: Frame, decision: Decision, alarmed: bool, vehicle: PictureShows | None = None
    ) -> None:
        """Crop and keep the event's picture. Returns at once; the work is done elsewhere. `vehicle`: what it shows
        where it is of a vehicle lane: that is cut to no face."""

    def keep_of_alarm(self, event_id: UUID, frames: tuple[Frame, ...]) -> None:
        """Keep what a lane's camera saw, one below the other, with an alarm that is about no decision."""


STARTING = "starting"
"""What keeps a lane from deciding in the first moments of a node, in place of a device: nothing is broken."""


@dataclass(frozen=True, slots=True)
class LastDecision:
    """What was decided last, for the screen at the lane. `failed`: it could not be written down, so nothing opens.
    `stuck`: it was a grant, and the relay did not follow.
    """

    decision: Decision
    at: float
    failed: bool = False
    stuck: bool = False


class Hold(StrEnum):
    """What is known of the lock that is to stay released for a fire: nothing yet, that it is, that it was told to where
    nothing can be read back, or that it did not follow.
    """

    UNKNOWN = "unknown"
    SEEN = "seen"
    TOLD = "told"
    FAILED = "failed"


def hold_of(said: HoldChanged) -> Hold:
    """What the board's last word about a hold leaves to be known."""
    if not said.held:
        return Hold.UNKNOWN
    if said.fault is not None:
        return Hold.FAILED
    return Hold.SEEN if said.seen else Hold.TOLD


@dataclass
class LaneShell:
    """One lane while it runs: its pure state, and the threads around it."""

    code: str
    lane: Lane
    lock: Lock
    eyes: Eyes | None = None
    second_factor_s: float = 10.0
    door: DoorLane = field(default_factory=DoorLane)
    presented: Presented = field(default_factory=Presented)
    face_opens: bool = False
    face_lives: bool = False
    says: Said = field(default_factory=Said)
    fire_at: tuple[str, ...] = ()
    hold: Hold = Hold.UNKNOWN
    pressed_since: float | None = None
    before: Frame | None = None
    """What the camera saw as something came onto the fire lane, while it stands there."""
    frame: Frame | None = None
    last: LastDecision | None = None
    began: dict[UUID, float] = field(default_factory=dict)
    commands: dict[UUID, Command] = field(default_factory=dict)
    reader: Shows | None = None
    ears: Ears | None = None
    limits: Limits = USUAL
    lift: Lift | None = None
    panel: bool = False
    """An existing panel drives the lock: it is shown a card, and nothing is known of what it does then."""

    board_silent: bool = False
    """Since its start the lane was told that its board does not answer."""

    @property
    def starting(self) -> bool:
        """Whether nothing was heard of the board yet, good or bad."""
        return self.door.phase is Phase.STARTING and not self.door.board_ok and not self.board_silent

    @property
    def board_fault(self) -> str | None:
        """What keeps the lane from knowing its door; None where nothing does."""
        return None if self.door.board_ok else STARTING if self.starting else "relay"

    @property
    def scans(self) -> bool:
        """Whether a code scanner stands here and works, for what the lane's screen asks for."""
        return self.ears is not None and self.ears.fault() is None

    @property
    def reads(self) -> bool:
        """The same of a reader of cards."""
        return self.reader is not None and self.reader.fault() is None
