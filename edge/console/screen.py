"""What the screen of one lane shows at this moment: pure, so that every state of a lane can be asked (promise 3)."""

from dataclasses import dataclass
from enum import StrEnum

from edge.console import words
from edge.console.words import Said
from edge.lane.says import Say
from edge.lane.shell import Hold, LastDecision
from edge.lane.states import DoorLane, Phase
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.site.topology import Direction
from models.wire.events import Position

ANSWER_S = 7.0
"""How long an answer stays: time to read two lines twice, and to look up again."""


class Tone(StrEnum):
    """The colour of the border, the symbol and the sound. Never the only carrier of what is said."""

    READY = "ready"
    WELCOME = "welcome"
    MORE = "more"
    SORRY = "sorry"
    FIRE = "fire"
    LOCKED = "locked"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class LaneNow:
    """The facts of one lane: `wants_face` what waits for its holder's face; `asks` what is asked of somebody without a
    pass; `sees`, `scans`, `reads` whether a camera looks and there are a scanner and a reader of cards; `lockdown`
    while one keeps most people out here; `faces` where a living face opens by itself; `hold` what is known of the lock
    in a fire."""

    door: DoorLane
    direction: Direction
    last: LastDecision | None = None
    wants_face: Kind | None = None
    asks: Say = Say.NOTHING
    sees: bool = True
    scans: bool = True
    reads: bool = False
    lockdown: bool = False
    faces: bool = False
    hold: Hold = Hold.UNKNOWN


@dataclass(frozen=True, slots=True)
class Screen:
    tone: Tone
    said: Said
    oval: bool = False
    """Whether the outline that tells distance is drawn."""


def screen_of(lane: LaneNow, now: float) -> Screen:
    """`now` in monotonic seconds. Fire first, then what is under way, then the last answer while it is fresh."""
    door = lane.door
    if door.phase is Phase.FIRE or door.fire or lane.hold is Hold.FAILED:
        return _fire(lane)
    if not door.board_ok or door.phase is Phase.STARTING:
        return Screen(Tone.FAULT, words.OUT_OF_ORDER)
    if lane.wants_face is not None:
        return Screen(Tone.MORE, words.LOOK_HERE[lane.wants_face], oval=True)
    if lane.asks in words.MORE and door.phase is Phase.SECURED:
        return Screen(Tone.MORE, words.MORE[lane.asks], oval=True)
    if lane.last is not None and (answer := _answer(lane.last, now)) is not None:
        return answer
    if door.phase in (Phase.RELEASED, Phase.OPENED):
        return _open_door(door, lane.direction)
    if lane.lockdown and lane.direction is Direction.IN:
        return Screen(Tone.SORRY, words.REFUSED[Reason.LOCKDOWN])
    return _ready(lane)


def _fire(lane: LaneNow) -> Screen:
    """An open door is promised where it stands open, or its lock was read back as released, by a board that answers
    still: who is sent to a door that is locked loses the time for another.
    """
    door = lane.door
    if door.board_ok and (door.position is Position.OPEN or lane.hold is Hold.SEEN):
        return Screen(Tone.FIRE, words.FIRE)
    if lane.hold is Hold.FAILED:
        return Screen(Tone.LOCKED, words.FIRE_LOCKED)
    return Screen(Tone.FIRE, words.FIRE_UNSURE)


def _ready(lane: LaneNow) -> Screen:
    """What can be shown here, as far as what reads it works. Where a face alone opens, everybody is told to show it."""
    if lane.sees and lane.faces:
        return Screen(Tone.READY, words.LOOK_OR_SHOW if lane.reads else words.COME_CLOSER)
    if lane.reads:
        return Screen(Tone.READY, words.SHOW_EITHER if lane.sees or lane.scans else words.SHOW_CARD)
    if lane.sees:
        return Screen(Tone.READY, words.SHOW_PASS)
    return Screen(Tone.READY, words.SCAN_PASS) if lane.scans else Screen(Tone.FAULT, words.OUT_OF_ORDER)


def _answer(last: LastDecision, now: float) -> Screen | None:
    """The answer to whoever stands there, while it is fresh; a grant that the relay did not follow is no welcome."""
    decision, age = last.decision, now - last.at
    if age >= ANSWER_S:
        return None
    if decision.outcome is Outcome.GRANT:  # the door itself says welcome once it is released
        if last.stuck:
            return Screen(Tone.FAULT, words.LOCK_STUCK)
        return Screen(Tone.FAULT, words.OUT_OF_ORDER) if last.failed else None
    more = decision.outcome is Outcome.REFER and decision.reason in _ONE_MORE_STEP
    return Screen(Tone.MORE if more else Tone.SORRY, words.refused(decision.reason, decision.kind), oval=more)


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
