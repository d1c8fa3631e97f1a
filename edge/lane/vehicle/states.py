"""A vehicle lane as values: what it is, what it may see, what it may ask for. No clock, no wire, no journal in here.

Times are monotonic seconds, so that a jump of the wall clock moves nothing (S19). Only differences of times matter.

    outside   [ outer loop ]   [ safety loop ]   [ inner loop ]   inside
                                ════ arm ════
    direction in:   arming ────────────────────────▶ closing
    direction out:  closing ◀──────────────────────── arming
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from models.site.topology import Direction


class Phase(StrEnum):
    """What is asked of the arm; where it is, `Arm` says. The two are shown apart (LANE-19).

    STARTING until the contacts have spoken once. RESTING: nothing is asked. RAISED: up, for a grant or by a reversal,
    until the way is clear. LOWERING: closing is permitted. LIFTED: up, and not by us. HELD: a person holds it open.
    FIRE until a person ends it, with the fire input healthy again.
    """

    STARTING = "starting"
    RESTING = "resting"
    RAISED = "raised"
    LOWERING = "lowering"
    LIFTED = "lifted"
    HELD = "held"
    FIRE = "fire"


class Arm(StrEnum):
    """What is sensed. UNKNOWN: the contacts contradict each other, or neither end is reached for too long.

    NOT_REPORTED: nothing is said of it, because nothing is wired or nothing answers.
    """

    UP = "up"
    DOWN = "down"
    MOVING = "moving"
    UNKNOWN = "unknown"
    NOT_REPORTED = "not_reported"


class Loop(StrEnum):
    """A loop detector's level. Only FREE is free: a loop that is not known counts as occupied (S1)."""

    FREE = "free"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"


class Way(StrEnum):
    """How far the vehicle at the arm has come. UNDER: on the safety loop, and not yet seen leaving it on either side.

    BEHIND: then on the closing loop too, in this order, without a moment in which the loops were unknown.
    """

    NOBODY = "nobody"
    UNDER = "under"
    BEHIND = "behind"


class Look(StrEnum):
    """The vehicle on the arming loop: none, a plate read was asked for, or it was answered. One look per vehicle."""

    NONE = "none"
    ASKED = "asked"
    ANSWERED = "answered"


class Car(StrEnum):
    """Where a vehicle was seen: not yet; on the arming loop; or it has left that."""

    AWAITED = "awaited"
    ARRIVED = "arrived"
    LEFT = "left"


class Ended(StrEnum):
    """How a grant ended. UNSEEN: the loops were unknown in between, so that nobody knows (GEN-01).

    REPLACED: a later grant is for the same vehicle, so that two grants never let a second one in.
    """

    PASSED = "passed"
    BACKED_OUT = "backed_out"
    NO_PASSAGE = "no_passage"
    UNSEEN = "unseen"
    NO_VEHICLE = "no_vehicle"
    NOT_OPENED = "not_opened"
    EXPIRED = "expired"
    REPLACED = "replaced"
    FIRE = "fire"


class Trouble(StrEnum):
    """Standing alarms of a vehicle lane."""

    FIRE = "fire"
    ARM_STUCK = "arm_stuck"
    MECHANICAL_LIFT = "mechanical_lift"


HOLD_CEILING_S = 12 * 3600.0
"""However often a hold is prolonged, it ends this long after it began (LANE-20)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long things may take at this lane, in seconds, and what its barrier can do.

    `gap_s`: how long a vehicle may be between two loops, on neither. `closes` is False for a write-only board: it may
    open and never close (LANE-19), and the barrier closes by itself. `positions`: the arm's end contacts are wired.
    """

    stale_s: float = 1.0
    travel_s: float = 5.0
    gap_s: float = 4.0
    passage_s: float = 60.0
    hold_max_s: float = 7200.0
    open_ttl_s: float = 5.0
    closes: bool = True
    positions: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """A vehicle that the arm is up for. `at`: since when its way is open. `blind`: a loop was unknown meanwhile."""

    correlation: UUID
    at: float
    car: Car
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Open until `until`, begun at `since`; `passed` vehicles were counted meanwhile (LANE-20)."""

    since: float
    until: float
    passed: int = 0


@dataclass(frozen=True, slots=True)
class VehicleLane:
    """One lane. The loops, `arm` and `fire` are levels: what is so now; they are known while `heard_at` says when.

    `clear_since`: safety and closing loop are free since then; `empty_since`: all three are. `asked_at`: when the arm
    was last sent to an end that it has not reached. `settled`: it was sensed down since it was last sent anywhere.
    `answered`: the last grants that came, opened for or not, the newest last; none of them opens again.
    `followed`: who went through last while the arm was up. `stranger`: the vehicle at the arm has no grant of its own;
    LEFT once the arming loop was free behind it, so that a grant that comes now is for somebody else. `for_all`: it is
    still up from a time when anybody could drive through, so that somebody may be between two loops now.
    """

    settings: Settings = Settings()
    direction: Direction = Direction.IN
    phase: Phase = Phase.STARTING
    outer: Loop = Loop.UNKNOWN
    safety: Loop = Loop.UNKNOWN
    inner: Loop = Loop.UNKNOWN
    arm: Arm = Arm.NOT_REPORTED
    fire: bool = False
    heard_at: float | None = None
    moving_since: float | None = None
    way: Way = Way.NOBODY
    look: Look = Look.NONE
    clear_since: float | None = None
    empty_since: float | None = None
    asked_at: float | None = None
    settled: bool = False
    stuck: bool = False
    lift: bool = False
    grants: tuple[Grant, ...] = ()
    stranger: Car | None = None
    followed: UUID | None = None
    answered: tuple[UUID, ...] = ()
    for_all: bool = False
    hold: Hold | None = None

    @property
    def arming(self) -> Loop:
        """The loop in front of the arm, as traffic goes now."""
        return self.outer if self.direction is Direction.IN else self.inner

    @property
    def closing(self) -> Loop:
        """The loop behind the arm, as traffic goes now."""
        return self.inner if self.direction is Direction.IN else self.outer

    @property
    def clear(self) -> bool:
        """Whether nothing is under the arm or just behind it, as far as loops tell, and they do tell.

        The arming loop is not asked: a queue would keep the arm up for everybody who drives after another.
        """
        return self.safety is Loop.FREE and self.closing is Loop.FREE

    @property
    def empty(self) -> bool:
        return self.clear and self.arming is Loop.FREE

    @property
    def holds_open(self) -> bool:
        """Whether the open output is to stay on as long as this state lasts. A barrier that comes down by itself begins
        to as soon as it is off, so that there it also stays on after a hold or a fire until nobody drives through."""
        return self.phase in (Phase.HELD, Phase.FIRE) or self.lets_go

    @property
    def lets_go(self) -> bool:
        """Whether only the open output keeps an arm up that nobody's word holds any more."""
        return self.phase is Phase.RAISED and self.for_all and not self.settings.closes

    @property
    def permits_close(self) -> bool:
        """Whether the barrier may come down. The barrier's own anti-smash stays the first layer (S3)."""
        return self.phase is Phase.LOWERING


# What a lane sees.
@dataclass(frozen=True, slots=True)
class Contacts:
    """Everything wired, as levels, from one read. A beam under the arm belongs to `safety`: the worse of the two.

    `up` and `down` are the arm's end contacts; None where one is not wired or does not answer. `fire` is True when its
    supervised loop is open, that is: alarm. `call`: the button beside the lane is pressed; it moves nothing (calls.py).
    """

    outer: Loop
    safety: Loop
    inner: Loop
    up: bool | None
    down: bool | None
    fire: bool = False
    call: bool = False


@dataclass(frozen=True, slots=True)
class BoardLost:
    """The board does not answer: nothing is known of loops and arm any more."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant for the vehicle on the arming loop is on disk since `at`. Seeing it again opens nothing (S8)."""

    correlation: UUID
    at: float


@dataclass(frozen=True, slots=True)
class RemoteOpen:
    """A person who sees the lane opens it, at `at`: with or without a vehicle on the loop, which may be dead."""

    correlation: UUID
    at: float


@dataclass(frozen=True, slots=True)
class Refused:
    """The vehicle on the arming loop was refused or referred; it may be granted later, with another decision."""


@dataclass(frozen=True, slots=True)
class NotOpened:
    """The open output could not be made to move, or reading back did not confirm that it did (S12)."""

    correlation: UUID


@dataclass(frozen=True, slots=True)
class HoldOpen:
    """A person holds the lane open for so long, or prolongs a hold. `anew`: by a new word, so that the ceiling counts
    from now on again: a storm that a person has prolonged (LANE-28)."""

    for_s: float
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Resume:
    """A person says that the lane goes on as usual: ends a hold, lets an arm down that is up for nobody. `why`: what
    ends it, where it is no person's word."""

    why: str = "resumed"


@dataclass(frozen=True, slots=True)
class EndFireHold:
    """A person ends the fire hold, at the gate or from central."""


@dataclass(frozen=True, slots=True)
class SwitchDirection:
    """A tidal lane is to lead the other way from now on (LANE-13)."""

    direction: Direction


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. Must come often: a loop that went stale is noticed with the next thing seen."""


Seen = (
    Contacts
    | BoardLost
    | Granted
    | RemoteOpen
    | Refused
    | NotOpened
    | HoldOpen
    | Resume
    | EndFireHold
    | SwitchDirection
    | Tick
)


# What a lane asks for.
@dataclass(frozen=True, slots=True)
class Open:
    """Send open once, for this grant; without one it is a reversal: something came under a lowering arm (S2)."""

    correlation: UUID | None


@dataclass(frozen=True, slots=True)
class PermitClose:
    """The way is clear: the barrier may close. Never a position, never a motor (S3)."""


@dataclass(frozen=True, slots=True)
class AskLook:
    """A vehicle has come onto the arming loop: read its plate."""


@dataclass(frozen=True, slots=True)
class ReportArm:
    arm: Arm


@dataclass(frozen=True, slots=True)
class ReportFire:
    """Held for fire, the lane hears what the inputs say now: whether a person's word would end the hold."""

    burning: bool


@dataclass(frozen=True, slots=True)
class ReportPassage:
    """A grant ended, or a vehicle without one went through (`correlation` is None, and it is always PASSED)."""

    correlation: UUID | None
    ended: Ended


@dataclass(frozen=True, slots=True)
class ReportTailgate:
    """A vehicle without a grant is under an arm that is up; `followed` is who went through before it."""

    followed: UUID | None


@dataclass(frozen=True, slots=True)
class ReportHoldOver:
    """A hold ended, by its cap, by a person, by the rules or by fire, after so many vehicles."""

    passed: int
    why: str


@dataclass(frozen=True, slots=True)
class ReportDirection:
    """The direction as it is now; `switched` is False where it was asked for and the lane was not empty."""

    direction: Direction
    switched: bool


@dataclass(frozen=True, slots=True)
class Raise:
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Over:
    trouble: Trouble


Do = (
    Open
    | PermitClose
    | AskLook
    | ReportArm
    | ReportFire
    | ReportPassage
    | ReportTailgate
    | ReportHoldOver
    | ReportDirection
    | Raise
    | Over
)
