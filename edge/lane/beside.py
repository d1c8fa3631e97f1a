"""What detectors beside a door say: an electric bicycle before it, something on the fire lane (LANE-27).

Neither is a camera of ours: a detector, or a camera that looks by itself, closes a dry contact. An e-bike is told the
moment it comes; what stands on the fire lane is an alarm once it has stood there for `fire_lane_s`. Each is one alarm
from its coming to its going, however the contact flickers. An e-bike that stands there for minutes without a break is a
detector that is stuck: nobody is kept out by it any more, and somebody is told (hanging.py).
"""

from dataclasses import replace

from edge.lane.states import Contacts, Do, DoorLane, Ebikes, Over, Phase, Raise, Relock, ReportEbike, Watched
from models.wire.events import AlarmKind

GONE_S = 10.0
"""What a detector loses for less than this is the same thing still."""

Said = tuple[DoorLane, tuple[Do, ...]]


def look_beside(lane: DoorLane, seen: Contacts, now: float) -> Said:
    """The detectors' levels were read."""
    came = seen.ebike and lane.ebike.since is None
    lane = replace(lane, ebike=_read(lane.ebike, seen.ebike, now), fire_lane=_read(lane.fire_lane, seen.fire_lane, now))
    lane, does = wait_beside(lane, now)
    if not came:
        return lane, does
    told: tuple[Do, ...] = (ReportEbike(),)
    if lane.settings.ebikes is not Ebikes.COUNT:
        lane, told = replace(lane, ebike=replace(lane.ebike, told=True)), (*told, Raise(AlarmKind.EBIKE))
    if lane.keeps_ebikes_out and not lane.settings.senses_passage and lane.phase is not Phase.FIRE:
        told = (*told, Relock())  # a lift: floors that were freed and not pressed yet are freed no more
    return lane, (*does, *told)


def wait_beside(lane: DoorLane, now: float) -> Said:
    """Time has passed: what is gone for long enough is over, what stands for too long is told."""
    does: list[Do] = []
    ebike, fire_lane = lane.ebike, lane.fire_lane
    if _is_over(ebike, now):
        does += [Over(AlarmKind.EBIKE)] if ebike.told else []
        ebike = Watched()
    if ebike.unbroken is not None and now - ebike.unbroken > lane.settings.ebike_stuck_s:
        ebike = replace(ebike, stuck=True)
    if _is_over(fire_lane, now):
        does += [Over(AlarmKind.FIRE_LANE)] if fire_lane.told else []
        fire_lane = Watched()
    stands = fire_lane.there and fire_lane.since is not None and now - fire_lane.since > lane.settings.fire_lane_s
    if stands and not fire_lane.told:
        does.append(Raise(AlarmKind.FIRE_LANE))
        fire_lane = replace(fire_lane, told=True)
    return replace(lane, ebike=ebike, fire_lane=fire_lane), tuple(does)


def _read(before: Watched, there: bool, now: float) -> Watched:
    if there:
        since = now if before.since is None else before.since
        unbroken = now if before.unbroken is None else before.unbroken
        return replace(before, there=True, since=since, gone=None, unbroken=unbroken)
    if before.since is None:
        return before
    return replace(before, there=False, gone=now if before.gone is None else before.gone, unbroken=None)


def _is_over(one: Watched, now: float) -> bool:
    return one.gone is not None and now - one.gone >= GONE_S
