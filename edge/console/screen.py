"""What the screen of one lane shows at this moment: pure, so that every state of a lane can be asked (promise 3)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from edge.console import words
from edge.console.words import Line, Said
from edge.lane.says import Say
from edge.lane.shell import STARTING, Hold, LastDecision
from edge.lane.states import DoorLane, Phase
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.site.topology import Direction
from models.wire.events import Position

ANSWER_S = 7.0
"""How long an answer stays: time to read two lines twice, and to look up again."""
WAITS_S = 120.0
"""How long who was referred is told that a guard was asked, unless something happens at the lane before. A camera does
not tell when somebody with a pass has gone: whoever comes next finds the other ways in on the same screen."""


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
    """The facts of one lane: `wants_face` what waits for its holder's face; `asks` what is asked of whoever is looked
    at, with a pass or without one; `sees`, `scans`, `reads` whether a camera looks and there are a scanner and a reader
    of cards; `lockdown` while one keeps most people out here; `faces` where a living face opens by itself; `hold` what
    is known of the lock in a fire; `panel` where an existing panel drives the lock; `starting` while nothing was heard
    of the board yet; `online` whether a guard's desk hears of it."""

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
    panel: bool = False
    starting: bool = False
    online: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    tone: Tone
    said: Said
    oval: bool = False
    """Whether the outline that tells distance is drawn."""
    turn: str | None = None
    """To which side a head is to be turned: "left" or "right", as whoever stands there sees it. The mark points there:
    one that points elsewhere is followed sooner than words are read."""
    guard: bool = False
    """Whether the mark is a guard: somebody was asked to come, and nothing more is to be shown or done."""
    also: Line | None = None
    """A third line, smaller: what goes on meanwhile."""


def screen_of(lane: LaneNow, now: float) -> Screen:
    """`now` in monotonic seconds. Fire first, then what is under way, then the last answer while it is fresh."""
    door = lane.door
    if door.phase is Phase.FIRE or door.fire or lane.hold is Hold.FAILED:
        return _fire(lane)
    if lane.starting:
        return Screen(Tone.MORE, words.STARTING)
    if not door.board_ok or door.phase is Phase.STARTING:
        return Screen(Tone.FAULT, words.OUT_OF_ORDER)
    if door.keeps_ebikes_out and lane.direction is Direction.IN:
        return Screen(Tone.SORRY, words.EBIKE)
    if lane.asks in words.MORE and (door.phase is Phase.SECURED or lane.wants_face is not None):
        return Screen(Tone.MORE, words.MORE[lane.asks], oval=True, turn=_TURNS.get(lane.asks))
    if lane.wants_face is not None:
        return Screen(Tone.MORE, words.LOOK_HERE[lane.wants_face], oval=True)
    if lane.last is not None and (answer := _answer(lane, lane.last, now)) is not None:
        return answer
    if door.phase in (Phase.RELEASED, Phase.OPENED):
        return _open_door(lane, now)
    if lane.last is not None and now - lane.last.at < WAITS_S and _guard_asked(lane, lane.last):
        return Screen(Tone.MORE, _waits(lane, lane.last.decision.reason), guard=True)
    if lane.lockdown and lane.direction is Direction.IN:
        return Screen(Tone.SORRY, words.CLOSED)
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


def _guard_asked(lane: LaneNow, last: LastDecision) -> bool:
    """Whether the last decision lies before a guard: written down, and sent. Beside a pass a suspected photograph is
    refused, which the desk shows as well; here it looks like any other further check."""
    decision = last.decision
    if last.failed or not lane.online or decision.reason is Reason.INTERLOCK or _while_starting(decision):
        return False  # who waits for the other door waits for no guard
    return decision.outcome is Outcome.REFER or (decision.outcome is Outcome.DENY and decision.reason is Reason.SPOOF)


def _waits(lane: LaneNow, reason: Reason) -> Said:
    """That a guard was asked, and what else opens here meanwhile."""
    if reason in _NOTHING_HELPS:
        return replace(words.GUARD_ASKED, do=_NOTHING_HELPS[reason])
    passes = lane.sees or lane.scans
    return replace(words.GUARD_ASKED, do=words.MEANWHILE.get((passes, lane.reads)))


_NOTHING_HELPS = {Reason.FAULT: words.ANOTHER_GATE, Reason.STALE_RULES: None}
"""Where the gate itself stands in the way, no pass and no card changes that."""


def _while_starting(decision: Decision) -> bool:
    return decision.reason is Reason.FAULT and decision.detail.get("device") == STARTING


def _answer(lane: LaneNow, last: LastDecision, now: float) -> Screen | None:
    """The answer to whoever stands there, while it is fresh; a grant that the relay did not follow is no welcome."""
    decision, age = last.decision, now - last.at
    if age >= ANSWER_S:
        return None
    if decision.outcome is Outcome.GRANT:  # the door itself says welcome once it is released
        if last.stuck:
            return Screen(Tone.FAULT, words.LOCK_STUCK)
        return Screen(Tone.FAULT, words.OUT_OF_ORDER) if last.failed else None
    if _while_starting(decision):
        return Screen(Tone.MORE, words.AGAIN)
    more, asked = decision.reason in _ONE_MORE_STEP, _guard_asked(lane, last)
    said = words.refused(decision.reason, decision.kind)
    if asked and said.do == words.CALL_GUARD:  # who was asked already need not be called
        return Screen(Tone.MORE if more else Tone.SORRY, replace(said, do=words.GUARD_ASKED.what), guard=more)
    return Screen(
        Tone.MORE if more else Tone.SORRY,
        words.or_a_card(said) if lane.reads else said,
        oval=decision.reason in _LOOK_AGAIN,
        also=words.GUARD_ASKED.what if asked else None,
    )


_TURNS = {Say.TURN_LEFT: "left", Say.TURN_RIGHT: "right"}
_ONE_MORE_STEP = frozenset(
    {
        Reason.SECOND_FACTOR,
        Reason.FACE_ALONE,
        Reason.AMBIGUOUS,
        Reason.SPOOF,
        Reason.NO_FACE,
        Reason.SEVERAL_FACES,
        Reason.LOW_QUALITY,
        Reason.INTERLOCK,
    }
)
"""What looks like one more step, and a suspected photograph among them: whoever stands there is accused of nothing."""
_LOOK_AGAIN = frozenset({Reason.SECOND_FACTOR, Reason.NO_FACE, Reason.SEVERAL_FACES, Reason.LOW_QUALITY})
"""Of these what asks for a face: where a pass is wanted no outline of a head is drawn."""


def _open_door(lane: LaneNow, now: float) -> Screen:
    """That the door is unlocked is known of a lock of ours; of a panel's only once the door stands open."""
    if lane.door.phase is Phase.OPENED and lane.door.held:
        return Screen(Tone.MORE, words.DOOR_OPEN)
    if lane.panel and lane.door.phase is Phase.RELEASED:
        return Screen(Tone.WELCOME, words.SENT_TO_PANEL)
    greeting = words.GOODBYE if lane.direction is Direction.OUT else words.WELCOME
    last = lane.last
    if last is not None and last.decision.reason is Reason.CONSENT_ENDED and now - last.at < ANSWER_S:
        greeting = replace(greeting, do=words.CONSENT_ENDED.do)
    return Screen(Tone.WELCOME, greeting)
