"""Who went through, where more than the door's contact tells it: a beam behind the door, a turnstile's own contacts.

A rising edge counts, never a level: a contact found active at the start, or when the board comes back, says nothing.
None of these ever releases anything; the most they do is to end a grant early.
"""

from dataclasses import replace

from edge.lane.states import Contacts, Do, DoorLane, Phase, Relock, ReportPassage, ReportTailgate


def pass_through(before: DoorLane, lane: DoorLane, seen: Contacts) -> tuple[DoorLane, tuple[Do, ...]]:
    """What the edges from `before` to `seen` say. `lane` knows the door's own movement of this moment already."""
    if not before.board_ok or seen.fire or lane.phase is Phase.FIRE:
        return lane, ()
    does: list[Do] = []
    if seen.beam and not before.beam:
        lane, more = _beam(lane)
        does += more
    if seen.passed and not before.passed:
        lane, more = _turned(lane, still=before.position is lane.position)
        does += more
    if seen.timeout and not before.timeout:
        lane, more = _end_oldest(lane, passed=False)
        does += more
    return lane, tuple(does)


def _beam(lane: DoorLane) -> tuple[DoorLane, tuple[Do, ...]]:
    """One pulse is one person: as many as have grants may go through while the door is open for them (S17)."""
    if not lane.grants:
        return lane, ()  # a door nobody was let through is forced or held open, and told as that
    if lane.through < len(lane.grants):
        return replace(lane, through=lane.through + 1), ()
    return lane, (ReportTailgate(lane.grants[-1].correlation),)


def _turned(lane: DoorLane, still: bool) -> tuple[DoorLane, tuple[Do, ...]]:
    if not lane.grants and lane.phase is Phase.SECURED and still:
        return lane, (ReportTailgate(None),)
    return _end_oldest(lane, passed=True)


def _end_oldest(lane: DoorLane, passed: bool) -> tuple[DoorLane, tuple[Do, ...]]:
    """A turnstile lets them through in the order in which they were granted. Whether that nobody came is said of the
    oldest is known only while everybody before was seen."""
    if not lane.grants:
        return lane, ()
    nobody = "board_silent" if lane.blind else "timeout"
    ended = ReportPassage(lane.grants[0].correlation, passed, "door_cycle" if passed else nobody)
    left = lane.grants[1:]
    lane = replace(lane, grants=left, through=max(0, min(lane.through - 1, len(left))))
    if left or lane.phase is not Phase.RELEASED:
        return lane, (ended,)
    return replace(lane, phase=Phase.SECURED), (ended, Relock())
