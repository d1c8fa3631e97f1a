"""What reaches the gate's one thread, from the threads around it. `lane` is the lane's code in the site file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from devices.ports import CardRead, Frame, Push, PushRefused
from edge.journal.journal import Entry
from edge.lane.says import Say
from edge.lane.states import Contacts
from edge.lane.vehicle import states as vehicle
from edge.verify.plate.vote import Vote
from models.access.credential import Kind
from models.access.pins import PinMatch
from models.access.verification import FaceResult
from models.values.plate import PlateColour
from models.wire.commands import Command
from models.wire.events import AlarmKind


@dataclass(frozen=True, slots=True)
class ContactsRead:
    """`fire_at`: the lanes of the node whose own inputs said fire then, for a person who has to find it."""

    lane: str
    contacts: Contacts
    fire_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoopsRead:
    """The same of a vehicle lane. It comes again before it is old, also where nothing has changed. `ebike`,
    `fire_lane`: what detectors beside it see, of which the arm's machine knows nothing."""

    lane: str
    contacts: vehicle.Contacts
    fire_at: tuple[str, ...] = ()
    ebike: bool = False
    fire_lane: bool = False


@dataclass(frozen=True, slots=True)
class PlatesVoted:
    """What the frames of one look say so far. `frame` is the very one that the plate was read from, if it is kept."""

    lane: str
    look: UUID
    vote: Vote = field(repr=False)
    colour: PlateColour
    frames: int
    frame: Frame | None
    at: float


@dataclass(frozen=True, slots=True)
class PlatePushed:
    """A camera that reads plates has told of one and waits for its answer, or some of its pushes were not taken.

    `answer`: tells the camera that its record is kept.
    """

    lane: str
    push: Push | PushRefused = field(repr=False)
    answer: Callable[[Push], bool] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BoardDown:
    lane: str
    detail: str


@dataclass(frozen=True, slots=True)
class Pulsed:
    """The lock's pulse for one recognition: confirmed by reading back, or why not. `at`: monotonic s.

    `seen` is False for a board that cannot be read back: it was told, and the door's contact shows the rest. `known` is
    False where it was told, perhaps heard it, and did not get its answer through.
    """

    lane: str
    correlation: UUID
    fault: str | None
    at: float
    seen: bool = True
    known: bool = True


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The lock is now held released, or secured again, as read back; or why that could not be confirmed."""

    lane: str
    held: bool
    fault: str | None = None
    seen: bool = True


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """A code came into sight or is still in sight; `frame` is the very frame it was read from."""

    lane: str
    text: str
    at: float
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class ScanRefused:
    """What came from a scanner or reader and is no code; `count` lines of it, `length` bytes together."""

    lane: str
    why: str
    length: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card was held to the lane's reader."""

    lane: str
    card: CardRead
    at: float


@dataclass(frozen=True, slots=True)
class PinEntered:
    """A unit and a PIN were keyed, and looked up where they were keyed: a slow hash holds up no lane."""

    lane: str
    unit: str = field(repr=False)
    match: PinMatch | None = field(repr=False)
    at: float


@dataclass(frozen=True, slots=True)
class ReaderTampered:
    """The lane's reader was opened or torn off, or is whole again."""

    lane: str
    tampered: bool


@dataclass(frozen=True, slots=True)
class OpenAsked:
    """Something that proved itself asks for the lane to be opened, for somebody whom nobody here recognised. `detail`:
    what it says of the call, for the record."""

    lane: str
    kind: Kind
    at: float
    detail: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """A frame was looked at for a face: for the second factor of `correlation`, or of somebody without a pass."""

    lane: str
    result: FaceResult
    at: float
    correlation: UUID | None = None
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the person in front of the camera is asked to do now. `at`: monotonic s."""

    lane: str
    say: Say
    at: float


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A camera, scanner or reader went silent (`fault` in words), or is back (`fault` None).

    `alarm`: what it is where it is not silence, such as a covered lens.
    """

    lane: str
    device: str
    fault: str | None
    alarm: AlarmKind | None = None


@dataclass(frozen=True, slots=True)
class CommandIn:
    """A command that was judged in order. `until`: monotonic s at which its time to live is over."""

    command: Command
    until: float = float("inf")


@dataclass(frozen=True, slots=True)
class Note:
    """News from another thread that belongs into the journal: a refused snapshot, an answered look, a clock jump."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class AlarmNote:
    """An alarm about the node as a whole, raised or over."""

    alarm: AlarmKind
    over: bool = False
    device: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is begun, then end."""


Item = (
    ContactsRead
    | LoopsRead
    | PlatesVoted
    | PlatePushed
    | BoardDown
    | Pulsed
    | HoldChanged
    | CodeSeen
    | ScanRefused
    | CardSeen
    | PinEntered
    | ReaderTampered
    | OpenAsked
    | FaceSeen
    | Prompt
    | DeviceState
    | CommandIn
    | Note
    | AlarmNote
    | Stop
)
