"""How a door lane changes: `step(lane, seen, now) -> (lane, effects)`, pure, so that every short history can be asked.

    STARTING ─first contacts→ SECURED ─granted→ RELEASED ─door opens→ OPENED ─door closes→ SECURED
                                 │                  └─nobody came→ SECURED
                                 └─door opens without a grant→ FORCED ─closes→ SECURED
                                                                      └─granted→ OPENED
    any ─fire→ FIRE ─a person ends it, input healthy→ SECURED or OPENED

A board that is silent while a grant waits for its door, or that was told to release and did not get its answer through,
makes the lane blind: should the door not be seen to open, the grant ends as "nobody knows", never as "nobody came".

That a door was forced is over when its contact says shut, not before: neither a grant nor a fire shuts it.

The lock itself is driven by two things only: `Release` (one pulse, for one recognition that is on disk) and the level
`lane.holds_open`. Losing or regaining the board releases nothing (S7), and starting does not either (S10). A beam or a
turnstile tells more of who went through (`passing.py`); a tamper contact moves nothing and raises its alarm;
what detectors beside the door say is in `beside.py`.
"""

from dataclasses import replace
from uuid import UUID

from edge.lane.beside import look_beside, wait_beside
from edge.lane.passing import pass_through
from edge.lane.states import (
    AskOpen,
    BoardLost,
    Contacts,
    Do,
    DoorLane,
    EndFireHold,
    Grant,
    Granted,
    NotReleased,
    Over,
    Partner,
    Phase,
    Raise,
    Release,
    Relock,
    ReportFire,
    ReportPassage,
    ReportPosition,
    Seen,
    Tick,
)
from models.access.credential import Kind
from models.wire.events import AlarmKind, Position

GRANTS_MAX = 4
"""Recognitions that may share one door cycle. A fifth waits for the door to close: more is a crowd, not a passage."""

ANSWERED_MAX = 16
"""How many grants a lane remembers that it has answered, so that none opens twice, also not after its cycle. Ids are
fresh and commands are judged once, so that a repeat means a mistake of ours, and such a mistake repeats at once.
"""

AFTER_PULSE_S = 0.5
"""A door pulled open in the last instant of the pulse is no forced door: the contact is heard this much later."""

Step = tuple[DoorLane, tuple[Do, ...]]


def step(lane: DoorLane, seen: Seen, now: float) -> Step:
    """The lane after one thing was seen at monotonic second `now`, and what it asks for."""
    after, does = _step(lane, seen, now)
    return (replace(after, blind=False) if after.blind and not after.grants else after), does


def _step(lane: DoorLane, seen: Seen, now: float) -> Step:
    match seen:
        case Contacts():
            return _contacts(lane, seen, now)
        case BoardLost():
            unknown = (ReportPosition(Position.UNKNOWN, None),) if lane.position is not Position.UNKNOWN else ()
            lost = replace(lane, board_ok=False, position=Position.UNKNOWN, exit_pressed=False, blind=True)
            return lost, unknown
        case Granted(correlation):
            return _granted(lane, correlation, now)
        case NotReleased(correlation, known):
            return _not_released(lane, correlation, known)
        case Partner(released):
            return replace(lane, partner_released=released), ()
        case EndFireHold():
            return _end_fire(lane, now)
        case Tick():
            lane, does = _tick(lane, now)
            lane, more = wait_beside(lane, now)
            return lane, (*does, *more)


def _contacts(lane: DoorLane, seen: Contacts, now: float) -> Step:
    position = Position.CLOSED if seen.closed else Position.OPEN
    # found pressed at start or when the board comes back is no press: neither ever releases a door (S7, S10)
    pressed = seen.exit_pressed and not lane.exit_pressed and lane.board_ok
    called = seen.intercom and not lane.intercom and lane.board_ok
    before = lane
    lane = replace(
        lane, board_ok=True, position=position, fire=seen.fire, exit_pressed=seen.exit_pressed, tamper=seen.tamper,
        beam=seen.beam, passed=seen.passed, timeout=seen.timeout, intercom=seen.intercom,
    )  # fmt: skip
    does: list[Do] = []
    if seen.tamper != before.tamper:
        does.append(Raise(AlarmKind.TAMPER) if seen.tamper else Over(AlarmKind.TAMPER))
    if position is not before.position:
        does.append(ReportPosition(position, lane.grants[0].correlation if lane.grants else None))
        lane, more = _door_moved(lane, pressed, now)
        does += more
    if lane.phase is Phase.STARTING:
        lane = replace(lane, phase=Phase.OPENED if position is Position.OPEN else Phase.SECURED)
    lane, more = pass_through(before, lane, seen)
    does += more
    lane, more = look_beside(lane, seen, now)
    does += more
    if lane.phase is Phase.FIRE and (seen.fire != before.fire or not before.board_ok):
        does.append(ReportFire(seen.fire))
    if seen.fire and lane.phase is not Phase.FIRE:
        lane, more = _catch_fire(lane, now)
        kept: list[Do] = [do for do in does if not isinstance(do, Relock)]
        does = [*kept, *more]
    if pressed and lane.phase is not Phase.FIRE:
        does.append(AskOpen())
    elif called and lane.phase is not Phase.FIRE:
        does.append(AskOpen(Kind.INTERCOM))
    return lane, tuple(does)


def _door_moved(lane: DoorLane, pressed: bool, now: float) -> Step:
    if lane.position is Position.OPEN:
        lane = replace(lane, open_since=now if lane.open_since is None else lane.open_since)
        match lane.phase:
            case Phase.RELEASED:
                return replace(lane, phase=Phase.OPENED), ()
            case Phase.SECURED if (
                pressed
            ):  # pressed and pulled at once: the grant follows; one held down excuses nothing
                return replace(lane, phase=Phase.OPENED), ()
            case Phase.SECURED:
                return replace(lane, phase=Phase.FORCED, forced=True), (Raise(AlarmKind.FORCED),)
        return lane, ()
    open_s = now - lane.open_since if lane.open_since is not None else None
    stood = ((AlarmKind.FORCED, lane.forced), (AlarmKind.HELD_OPEN, lane.held))
    over = tuple(Over(alarm) for alarm, stands in stood if stands)
    lane = replace(lane, open_since=None, held=False, forced=False)
    match lane.phase:
        case Phase.OPENED:
            passages = tuple(ReportPassage(grant.correlation, True, "door_cycle", open_s) for grant in lane.grants)
            return replace(lane, grants=(), through=0, phase=Phase.SECURED), (*passages, *over, Relock())
        case Phase.FORCED:
            return replace(lane, phase=Phase.SECURED), over
    return lane, over


def _granted(lane: DoorLane, correlation: UUID, now: float) -> Step:
    if _holds(lane, correlation) or correlation in lane.answered:
        return lane, ()
    lane = replace(lane, answered=(*lane.answered, correlation)[-ANSWERED_MAX:])
    if lane.phase is Phase.FIRE:
        return lane, (ReportPassage(correlation, False, "fire"),)
    crowded = len(lane.grants) >= GRANTS_MAX
    if lane.phase is Phase.STARTING or not lane.board_ok or lane.partner_released or crowded:
        return lane, (ReportPassage(correlation, False, "not_released"),)
    lane = replace(lane, grants=(*lane.grants, Grant(correlation, now)))
    match lane.phase:
        case Phase.SECURED | Phase.RELEASED:
            return replace(lane, phase=Phase.RELEASED), (Release(correlation),)
        case Phase.FORCED:
            return replace(lane, phase=Phase.OPENED), (Release(correlation),)
        case _:
            return lane, (Release(correlation),)


def _not_released(lane: DoorLane, correlation: UUID, known: bool) -> Step:
    """The door did open, or it did not: where the contact says open, the passage is not denied."""
    if not _holds(lane, correlation) or lane.phase is not Phase.RELEASED:
        return lane, ()
    if not known:
        return replace(lane, blind=True), ()
    grants = tuple(grant for grant in lane.grants if grant.correlation != correlation)
    lane = replace(lane, grants=grants, through=min(lane.through, len(grants)))
    if not grants:
        lane = replace(lane, phase=Phase.SECURED)
    return lane, (ReportPassage(correlation, False, "not_released"),)


def _catch_fire(lane: DoorLane, now: float) -> Step:
    ended = tuple(ReportPassage(grant.correlation, False, "fire") for grant in lane.grants)
    return replace(lane, grants=(), through=0, phase=Phase.FIRE), (*ended, Raise(AlarmKind.FIRE), ReportFire(True))


def _end_fire(lane: DoorLane, now: float) -> Step:
    """Only with the input seen healthy: an unreachable board might hide a fire that still burns."""
    if lane.phase is not Phase.FIRE or lane.fire or not lane.board_ok:
        return lane, ()
    open_now = lane.position is Position.OPEN
    phase = Phase.OPENED if open_now else Phase.SECURED
    return replace(lane, phase=phase, open_since=now if open_now else None), (Over(AlarmKind.FIRE),)


def _tick(lane: DoorLane, now: float) -> Step:
    if lane.phase is Phase.RELEASED:
        over_at = lane.settings.release_s + AFTER_PULSE_S
        left = tuple(grant for grant in lane.grants if now - grant.at <= over_at)
        why = "timeout" if lane.settings.senses_passage else "not_sensed"
        why = "board_silent" if lane.blind else why  # nobody knows whether the door was used (GEN-01)
        ended = tuple(ReportPassage(grant.correlation, False, why) for grant in lane.grants if grant not in left)
        lane = replace(lane, grants=left, through=min(lane.through, len(left)))
        return replace(lane, phase=Phase.RELEASED if left else Phase.SECURED), ended
    too_long = lane.open_since is not None and now - lane.open_since > lane.settings.held_open_s
    if too_long and not lane.held and lane.position is Position.OPEN and lane.phase is not Phase.FIRE:
        return replace(lane, held=True), (Raise(AlarmKind.HELD_OPEN),)
    return lane, ()


def _holds(lane: DoorLane, correlation: UUID) -> bool:
    return any(grant.correlation == correlation for grant in lane.grants)
