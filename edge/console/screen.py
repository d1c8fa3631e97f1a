"""What the screen of one lane shows at this moment: pure, so that every state of a lane can be asked (promise 3)."""

from dataclasses import dataclass
from enum import StrEnum

from edge.console import words
from edge.console.words import Said
from edge.lane.says import Say
from edge.lane.shell import LastDecision
from edge.lane.states import DoorLane, Phase
from models.access.decision import Outcome, Reason
from models.site.topology import Direction

ANSWER_S = 7.0
"""How long an answer stays: time to read two lines twice, and to look up again."""


class Tone(StrEnum):
    """The colour of the border, the symbol and the sound. Never the only carrier of what is said."""

    READY = "ready"
    WELCOME = "welcome"
    MORE = "more"
    SORRY = "sorry"
    FIRE = "fire"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class LaneNow:
    """The facts of one lane: `wants_face` while a pass waits for its holder; `asks` what is asked of somebody without
    one; `sees` whether a camera looks; `lockdown` while one keeps most people out here."""

    door: DoorLane
    direction: Direction
    last: LastDecision | None = None
    wants_face: bool = False
    asks: Say = Say.NOTHING
    sees: bool = True
    lockdown: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    tone: Tone
    said: Said
    oval: bool = False
    """Whether the outline that tells distance is drawn."""


def screen_of(lane: LaneNow, now: float) -> Screen:
    """`now` in monotonic seconds. Fire first, then what is under way, then the last answer while it is fresh."""
    door = lane.door
    if door.phase is Phase.FIRE or door.fire:
        return Screen(Tone.FIRE, words.FIRE)
    if not door.board_ok or door.phase is Phase.STARTING:
        return Screen(Tone.FAULT, words.OUT_OF_ORDER)
    if lane.wants_face:
        return Screen(Tone.MORE, words.LOOK_HERE, oval=True)
    if lane.asks in words.MORE and door.phase is Phase.SECURED:
        return Screen(Tone.MORE, words.MORE[lane.asks], oval=True)
    if lane.last is not None and (answer := _answer(lane.last, now)) is not None:
        return answer
    if door.phase in (Phase.RELEASED, Phase.OPENED):
        return _open_door(door, lane.direction)
    if lane.lockdown and lane.direction is Direction.IN:
        return Screen(Tone.SORRY, words.REFUSED[Reason.LOCKDOWN])
    return Screen(Tone.READY, words.SHOW_PASS if lane.sees else words.SCAN_PASS, oval=False)


def _answer(last: LastDecision, now: float) -> Screen | None:
    """The answer to whoever stands there, while it is fresh; a grant that the relay did not follow is no welcome."""
    decision, age = last.decision, now - last.at
    if age >= ANSWER_S:
        return None
    if decision.outcome is Outcome.GRANT:  # the door itself says welcome once it is released
        return Screen(Tone.FAULT, words.OUT_OF_ORDER) if last.failed else None
    more = decision.outcome is Outcome.REFER and decision.reason in _ONE_MORE_STEP
    return Screen(Tone.MORE if more else Tone.SORRY, words.REFUSED[decision.reason], oval=more)


_ONE_MORE_STEP = frozenset(
    {
        Reason.SECOND_FACTOR,
        Reason.FACE_ALONE,
        Reason.AMBIGUOUS,
        Reason.NO_FACE,
        Reason.SEVERAL_FACES,
        Reason.LOW_QUALITY,
        Reason.INTERLOCK,
    }
)


def _open_door(door: DoorLane, direction: Direction) -> Screen:
    if door.phase is Phase.OPENED and door.held:
        return Screen(Tone.MORE, words.DOOR_OPEN)
    return Screen(Tone.WELCOME, _greeting(direction))


def _greeting(direction: Direction) -> Said:
    return words.GOODBYE if direction is Direction.OUT else words.WELCOME
