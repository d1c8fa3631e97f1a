"""Who goes through: one vehicle followed over the loops, loop-in then loop-out in order (LANE-15).

    nobody ─safety loop─▶ under ─closing loop, after it─▶ behind ─safety loop free─▶ passed, nobody
                            ◀─closing loop free, safety not─┘
    under ─neither loop for longer than a vehicle can be between them─▶ nobody: it went back, or nobody knows

Levels are followed, not only edges: a vehicle found on the safety loop is under the arm, however it came there. Only
the closing loop's turn from free to occupied proves the order: who drives against the lane is on it already.
"""

from dataclasses import replace

from edge.lane.vehicle.states import (
    Arm,
    AskLook,
    Car,
    Do,
    Ended,
    Grant,
    Look,
    Loop,
    Phase,
    ReportPassage,
    ReportTailgate,
    VehicleLane,
    Way,
)

Step = tuple[VehicleLane, tuple[Do, ...]]


def follow(before: VehicleLane, lane: VehicleLane, now: float) -> Step:
    """What the loops' levels say now, and their edges since `before`."""
    clear_since = (lane.clear_since if lane.clear_since is not None else now) if lane.clear else None
    empty_since = (lane.empty_since if lane.empty_since is not None else now) if lane.empty else None
    if (clear_since, empty_since) != (lane.clear_since, lane.empty_since):
        lane = replace(lane, clear_since=clear_since, empty_since=empty_since)
    does: list[Do] = []
    if lane.way is Way.NOBODY and lane.safety is Loop.OCCUPIED:
        lane = replace(lane, way=Way.UNDER, stranger=None if lane.grants else Car.ARRIVED)
        if lane.stranger and _up_for_grants_only(lane):
            does.append(ReportTailgate(lane.followed))
    elif lane.way is Way.UNDER and before.closing is Loop.FREE and lane.closing is Loop.OCCUPIED:
        lane = replace(lane, way=Way.BEHIND)
    elif lane.way is Way.BEHIND and lane.safety is Loop.OCCUPIED and lane.closing is Loop.FREE:
        lane = replace(lane, way=Way.UNDER)
    if lane.way is Way.BEHIND and Loop.UNKNOWN in (lane.safety, lane.closing):
        lane = replace(lane, way=Way.UNDER)
    if lane.stranger is Car.ARRIVED and lane.arming is Loop.FREE:
        lane = replace(lane, stranger=Car.LEFT)
    if lane.grants:
        lane = replace(lane, grants=tuple(_seen(lane, grant, first=not n) for n, grant in enumerate(lane.grants)))
    if lane.way is Way.BEHIND and lane.safety is Loop.FREE:
        lane, more = _passed(lane, now)
        does += more
    return lane, tuple(does)


def end_grants(lane: VehicleLane, now: float) -> Step:
    """Grants whose vehicle went back, was lost from sight, or never came."""
    settings, does = lane.settings, list[Do]()
    gone = lane.clear_since is not None and now - lane.clear_since > settings.gap_s
    away = lane.empty_since is not None and now - lane.empty_since > settings.gap_s
    if lane.way is not Way.NOBODY and gone:
        own = lane.stranger is None
        lane = replace(lane, way=Way.NOBODY, stranger=None)
        if own and lane.grants and lane.grants[0].blind:  # it may have gone through: nobody else shall use its grant
            lane, more = _end_first(lane, Ended.UNSEEN, now)
            does += more
    while lane.grants and away and lane.grants[0].car is not Car.AWAITED:
        lane, more = _end_first(lane, Ended.BACKED_OUT, now)
        does += more
    if lane.grants and lane.way is Way.NOBODY and lane.closing is not Loop.OCCUPIED:
        since = max(lane.grants[0].at, lane.clear_since if lane.clear_since is not None else lane.grants[0].at)
        if now - since > settings.passage_s:
            lane, more = _end_first(lane, Ended.NO_PASSAGE, now)
            does += more
    return lane, tuple(does)


def look(lane: VehicleLane, now: float) -> Step:
    """Asks for a plate read once per vehicle on the arming loop; a vehicle found there at the start is one too."""
    if lane.arming is Loop.FREE and lane.look is not Look.NONE:
        return replace(lane, look=Look.NONE), ()
    if lane.arming is Loop.OCCUPIED and lane.look is Look.NONE and lane.phase is not Phase.FIRE:
        return replace(lane, look=Look.ASKED), (AskLook(),)
    return lane, ()


def same_vehicle(lane: VehicleLane) -> bool:
    """Whether a new grant can only be for the vehicle that the last one was for."""
    if not lane.grants:
        return False
    last_is_under = len(lane.grants) == 1 and lane.way is not Way.NOBODY and lane.stranger is None
    return lane.arming is not Loop.OCCUPIED or (lane.grants[-1].car is not Car.LEFT and not last_is_under)


def _up_for_grants_only(lane: VehicleLane) -> bool:
    """Where a person or a fire holds the arm up, or somebody lifted it, nobody drives after another's grant."""
    if lane.phase is Phase.RESTING:
        return lane.arm is not Arm.DOWN
    return lane.phase in (Phase.RAISED, Phase.LOWERING)


def _seen(lane: VehicleLane, grant: Grant, first: bool) -> Grant:
    car, own = grant.car, lane.way is not Way.NOBODY and lane.stranger is None
    if car is Car.AWAITED and lane.arming is Loop.OCCUPIED:
        car = Car.ARRIVED
    elif (car is Car.ARRIVED and lane.arming is Loop.FREE) or (car is Car.AWAITED and first and own):
        car = Car.LEFT
    blind = grant.blind or Loop.UNKNOWN in (lane.outer, lane.safety, lane.inner)
    return grant if (car, blind) == (grant.car, grant.blind) else replace(grant, car=car, blind=blind)


def _passed(lane: VehicleLane, now: float) -> Step:
    grant = lane.grants[0] if lane.grants and not lane.stranger else None
    # bumper to bumper the arming loop never becomes free: whoever stands there now is another, and was not looked at
    car = grant.car if grant else lane.stranger
    unseen_next = len(lane.grants) <= (1 if grant else 0) and car is not Car.LEFT
    hold = lane.hold and replace(lane.hold, passed=lane.hold.passed + 1)
    look = Look.NONE if unseen_next else lane.look
    lane = replace(lane, way=Way.NOBODY, stranger=None, hold=hold, look=look)
    if grant is None:
        return lane, (ReportPassage(None, Ended.PASSED),)
    return _end_first(replace(lane, followed=grant.correlation), Ended.PASSED, now)


def _end_first(lane: VehicleLane, ended: Ended, now: float) -> Step:
    """The first grant is over; the next one's way is open from now on."""
    grant, left = lane.grants[0], lane.grants[1:]
    if grant.blind and ended is not Ended.PASSED:
        ended = Ended.UNSEEN
    left = tuple(replace(after, at=now) if not n else after for n, after in enumerate(left))
    return replace(lane, grants=left), (ReportPassage(grant.correlation, ended),)
