"""A door lane as values: what it is, what it may see, what it may ask for. No clock, no wire, no journal in here.

Times are monotonic seconds, so that a jump of the wall clock moves nothing (S19). Only differences of times matter.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from models.access.credential import Kind
from models.wire.events import AlarmKind, Position


class Phase(StrEnum):
    """STARTING until the board has spoken once; FIRE until a person ends it, with the fire input healthy again."""

    STARTING = "starting"
    SECURED = "secured"
    RELEASED = "released"
    OPENED = "opened"
    FORCED = "forced"
    FIRE = "fire"


class Ebikes(StrEnum):
    """What becomes of an electric bicycle before the lane's detector (LANE-27)."""

    DENY = "deny"
    """An alarm, and nobody is let in while it stands there; a lift takes no floor."""
    ALARM = "alarm"
    COUNT = "count"
    """It belongs here: a lane for them. Each is counted, and that is all."""


@dataclass(frozen=True, slots=True)
class BesideSettings:
    """What is done about what detectors beside a lane see, at a door or at a barrier. Times in seconds.
    `fire_lane_s`: for so long something may stand on the fire lane before it is an alarm. `ebike_stuck_s`: an e-bike
    that a detector sees for longer without a break is taken for its own fault."""

    ebikes: Ebikes = Ebikes.DENY
    fire_lane_s: float = 180.0
    ebike_stuck_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Settings(BesideSettings):
    """How long things may take at this door, in seconds. `senses_passage`: False at a lift, where no contact tells."""

    release_s: float = 5.0
    held_open_s: float = 30.0
    senses_passage: bool = True


@dataclass(frozen=True, slots=True)
class Watched:
    """What a detector beside a lane says: `there` is its level, `since` when it began to say so, `gone` since when it
    says so no more, `told`: an alarm stands for it. A detector that flickers says of one thing that it came many
    times: only what is gone for a while is over. `unbroken`: since when it says so without a break, `stuck`: for so
    long that it is taken to be the detector's fault, until it is gone."""

    there: bool = False
    since: float | None = None
    gone: float | None = None
    told: bool = False
    unbroken: float | None = None
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A recognition that the door is released for, and since when: each has its own time to be used."""

    correlation: UUID
    at: float


@dataclass(frozen=True, slots=True)
class DoorLane:
    """One door. `position`, `fire`, `board_ok` and `partner_released` are levels: what is so now.

    `grants` are the recognitions that the door is released for; they end together with the door's next cycle, because
    a single contact cannot tell who of them went through first. `through`: how many of them the beam has seen go in.
    `answered`: the last grants that came, opened for or not, the newest last; none of them opens again.
    `forced`: the door was opened without a grant and has not been shut since, whatever became of it meanwhile.
    `blind`: the board was silent while a grant waited for its door, so that nobody knows whether it was used.
    """

    settings: Settings = Settings()
    phase: Phase = Phase.STARTING
    position: Position = Position.UNKNOWN
    fire: bool = False
    exit_pressed: bool = False
    board_ok: bool = False
    partner_released: bool = False
    tamper: bool = False
    beam: bool = False
    passed: bool = False
    timeout: bool = False
    intercom: bool = False
    ebike: Watched = Watched()
    fire_lane: Watched = Watched()
    grants: tuple[Grant, ...] = ()
    through: int = 0
    answered: tuple[UUID, ...] = ()
    blind: bool = False
    open_since: float | None = None
    held: bool = False
    forced: bool = False

    @property
    def keeps_ebikes_out(self) -> bool:
        """Whether an electric bicycle stands where none may be taken in. A detector that is stuck keeps nobody out."""
        return self.ebike.since is not None and not self.ebike.stuck and self.settings.ebikes is Ebikes.DENY

    @property
    def holds_open(self) -> bool:
        """Whether the lock is to stay released as long as this state lasts."""
        return self.phase is Phase.FIRE

    @property
    def lets_through(self) -> bool:
        """Whether somebody can go through now, so that nobody need be recognised."""
        return self.phase in (Phase.RELEASED, Phase.OPENED, Phase.FORCED, Phase.FIRE)

    @property
    def keeps_partner_shut(self) -> bool:
        """Whether the partner of an interlock must stay shut because of this door (S16).

        A door of which nothing is known may stand open. Only a fire sets both free.
        """
        if self.phase is Phase.FIRE:
            return False
        return self.position is not Position.CLOSED or self.phase in (Phase.RELEASED, Phase.OPENED, Phase.FORCED)


# What a lane sees.
@dataclass(frozen=True, slots=True)
class Contacts:
    """The dry contacts as levels; one that is not wired stays False. `fire` and `tamper` are True when their
    supervised loop is open, that is: alarm. `beam`: somebody stands in it. `passed`, `timeout`: a turnstile's own word
    that somebody went through, or that nobody did. `intercom`: the intercom's own relay asks for the door. `ebike`: a
    detector sees an electric bicycle; `fire_lane`: something stands on the fire lane. Both close when they see it, so
    that a cut cable says that nothing is there.
    """

    closed: bool
    exit_pressed: bool
    fire: bool
    tamper: bool = False
    beam: bool = False
    passed: bool = False
    timeout: bool = False
    intercom: bool = False
    ebike: bool = False
    fire_lane: bool = False


@dataclass(frozen=True, slots=True)
class BoardLost:
    """The relay board does not answer: nothing is known of the door any more."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant is on disk; the door may be released for it, once: seen again it releases nothing, also later (S8)."""

    correlation: UUID


@dataclass(frozen=True, slots=True)
class NotReleased:
    """The relay was not seen to move. `known`: it is certain that it did not, because nothing was sent, the board said
    no, or reading back said "off". Where an answer got lost on the way, the door may be open to whoever pulls it.
    """

    correlation: UUID
    known: bool = True


@dataclass(frozen=True, slots=True)
class Partner:
    """The other door of an interlock is released, open or unknown, or is no longer."""

    released: bool


@dataclass(frozen=True, slots=True)
class EndFireHold:
    """A person ends the fire hold, at the gate or from central."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Seen = Contacts | BoardLost | Granted | NotReleased | Partner | EndFireHold | Tick


# What a lane asks for.
@dataclass(frozen=True, slots=True)
class Release:
    """Pulse the lock once, for this recognition."""

    correlation: UUID


@dataclass(frozen=True, slots=True)
class Relock:
    """The passage is over: end what is left of the pulse, so that nobody walks in on somebody else's grant."""


@dataclass(frozen=True, slots=True)
class AskOpen:
    """The exit button was pressed, or the intercom's contact closed: record it, and decide."""

    kind: Kind = Kind.EXIT_BUTTON


@dataclass(frozen=True, slots=True)
class ReportPosition:
    position: Position
    correlation: UUID | None


@dataclass(frozen=True, slots=True)
class ReportFire:
    """Held for fire, the lane hears what the inputs say now: whether a person's word would end the hold."""

    burning: bool


@dataclass(frozen=True, slots=True)
class ReportPassage:
    """A grant ended. `why` is the wire's word for it."""

    correlation: UUID
    passed: bool
    why: str
    open_s: float | None = None


@dataclass(frozen=True, slots=True)
class ReportTailgate:
    """Somebody went through without a grant; `correlation` is whom they followed, where that is known."""

    correlation: UUID | None


@dataclass(frozen=True, slots=True)
class ReportEbike:
    """An electric bicycle came; each is told once."""


@dataclass(frozen=True, slots=True)
class Raise:
    alarm: AlarmKind


@dataclass(frozen=True, slots=True)
class Over:
    alarm: AlarmKind


Do = (
    Release
    | Relock
    | AskOpen
    | ReportPosition
    | ReportFire
    | ReportPassage
    | ReportTailgate
    | ReportEbike
    | Raise
    | Over
)
