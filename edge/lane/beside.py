"""What detectors beside a lane say: an electric bicycle before it, something on the fire lane (LANE-27).

Neither is a camera of ours: a detector, or a camera that looks by itself, closes a dry contact. An e-bike is told the
moment it comes; what stands on the fire lane is an alarm once it has stood there for `fire_lane_s`. Each is one alarm
from its coming to its going, however the contact flickers. An e-bike that stands there for minutes without a break is a
detector that is stuck: nobody is kept out by it any more, and somebody is told (hanging.py).

The same at a door, a lift and a barrier. Only at the first two does it keep anybody out: an arm stops no bicycle, and
whoever drives a car beside one is not to be refused for it, so that a barrier's machine never hears of these.
"""

from dataclasses import dataclass, field, replace

from edge.lane.states import (
    BesideSettings,
    Contacts,
    Do,
    DoorLane,
    Ebikes,
    Over,
    Phase,
    Raise,
    Relock,
    ReportEbike,
    Watched,
)
from models.wire.events import AlarmKind

GONE_S = 10.0
"""What a detector loses for less than this is the same thing still."""

Told = tuple[Raise | Over | ReportEbike, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """Both detectors of one lane; one that is not wired sees nothing."""

    ebike: Watched = field(default_factory=Watched)
    fire_lane: Watched = field(default_factory=Watched)


def looked(beside: Beside, ebike: bool, fire_lane: bool, settings: BesideSettings, now: float) -> tuple[Beside, Told]:
    """The detectors' levels were read."""
    came = ebike and beside.ebike.since is None
    beside = Beside(_read(beside.ebike, ebike, now), _read(beside.fire_lane, fire_lane, now))
    beside, does = waited(beside, settings, now)
    if not came:
        return beside, does
    if settings.ebikes is Ebikes.COUNT:
        return beside, (*does, ReportEbike())
    beside = replace(beside, ebike=replace(beside.ebike, told=True))
    return beside, (*does, ReportEbike(), Raise(AlarmKind.EBIKE))


def waited(beside: Beside, settings: BesideSettings, now: float) -> tuple[Beside, Told]:
    """Time has passed: what is gone for long enough is over, what stands for too long is told."""
    does: list[Raise | Over | ReportEbike] = []
    ebike, fire_lane = beside.ebike, beside.fire_lane
    if _is_over(ebike, now):
        does += [Over(AlarmKind.EBIKE)] if ebike.told else []
        ebike = Watched()
    if ebike.unbroken is not None and now - ebike.unbroken > settings.ebike_stuck_s:
        ebike = replace(ebike, stuck=True)
    if _is_over(fire_lane, now):
        does += [Over(AlarmKind.FIRE_LANE)] if fire_lane.told else []
        fire_lane = Watched()
    stands = fire_lane.there and fire_lane.since is not None and now - fire_lane.since > settings.fire_lane_s
    if stands and not fire_lane.told:
        does.append(Raise(AlarmKind.FIRE_LANE))
        fire_lane = replace(fire_lane, told=True)
    return Beside(ebike, fire_lane), tuple(does)


def look_beside(lane: DoorLane, seen: Contacts, now: float) -> tuple[DoorLane, tuple[Do, ...]]:
    """A door's contacts were read, and with them its detectors'."""
    beside, does = looked(Beside(lane.ebike, lane.fire_lane), seen.ebike, seen.fire_lane, lane.settings, now)
    lane = replace(lane, ebike=beside.ebike, fire_lane=beside.fire_lane)
    is_lift = not lane.settings.senses_passage
    if ReportEbike() in does and lane.keeps_ebikes_out and is_lift and lane.phase is not Phase.FIRE:
        return lane, (*does, Relock())  # floors that were freed and not pressed yet are freed no more
    return lane, does


def wait_beside(lane: DoorLane, now: float) -> tuple[DoorLane, Told]:
    """Time has passed at a door."""
    beside, does = waited(Beside(lane.ebike, lane.fire_lane), lane.settings, now)
    return replace(lane, ebike=beside.ebike, fire_lane=beside.fire_lane), does


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
