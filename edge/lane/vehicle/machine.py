"""How a vehicle lane changes: `step(lane, seen, now) -> (lane, effects)`, pure, so that every history can be asked.

    STARTING ─first contacts→ RESTING ─granted→ RAISED ─nobody there, no grant left→ LOWERING ─down→ RESTING
        └─arm found up→ LIFTED    └─up without a command→ LIFTED         └─a loop not free→ RAISED, by a reversal
    any ─a person holds it→ HELD ─cap or a person→ RAISED
    any ─fire→ FIRE ─a person ends it, input healthy→ RAISED; from HELD and FIRE down only once nobody drives there

Three things drive the barrier: `Open` (once, for one grant, or a reversal), `PermitClose`, and `lane.holds_open`.
Each step sets levels first and then lets the rules below speak, whatever it was that came: a rule that waits for an
event of its own is a rule that a lost event breaks. Starting, losing and regaining the board raise nothing and lower
nothing (S7, S10), but for one thing: an arm that is coming down while a loop is not known goes up again (S1).
"""

from dataclasses import replace
from uuid import UUID

from edge.lane.vehicle.arm import end_lift, sense, watch
from edge.lane.vehicle.passage import end_grants, follow, look, same_vehicle
from edge.lane.vehicle.states import (
    HOLD_CEILING_S,
    Arm,
    BoardLost,
    Car,
    Contacts,
    Do,
    Ended,
    EndFireHold,
    Grant,
    Granted,
    Hold,
    HoldOpen,
    Look,
    Loop,
    NotOpened,
    Open,
    Over,
    PermitClose,
    Phase,
    Raise,
    Refused,
    RemoteOpen,
    ReportArm,
    ReportDirection,
    ReportFire,
    ReportHoldOver,
    ReportPassage,
    Resume,
    Seen,
    SwitchDirection,
    Tick,
    Trouble,
    VehicleLane,
    Way,
)
from models.site.topology import Direction

GRANTS_MAX = 2
"""One vehicle under the arm and one on the arming loop: a third has no place to stand."""

ANSWERED_MAX = 16
"""How many grants a lane remembers that it has answered, so that none opens twice, also not after its passage."""

Step = tuple[VehicleLane, tuple[Do, ...]]


def step(lane: VehicleLane, seen: Seen, now: float) -> Step:
    """The lane after one thing was seen at monotonic second `now`, and what it asks for.

    What time alone has ended is over before it is seen: a grant that comes now is not for a vehicle that left before.
    """
    lost: tuple[Do, ...] = ()
    if lane.heard_at is not None and now - lane.heard_at > lane.settings.stale_s:
        lane, lost = _see(lane, BoardLost(), now)
    held: tuple[Do, ...] = ()
    if lane.hold is not None and now >= lane.hold.until:
        lane, held = _end_hold(lane, "cap")
    lane, ended = end_grants(lane, now)
    lane, does = _see(lane, seen, now)
    return lane, (*lost, *held, *ended, *does)


def _see(before: VehicleLane, seen: Seen, now: float) -> Step:
    lane, does = _take(before, seen, now)
    if lane.arm is not before.arm:
        does = (*does, ReportArm(lane.arm))
    lane, more = follow(before, lane, now)
    does = (*does, *more)
    for rule in (_catch_fire, look, _reverse, _close, watch):
        lane, more = rule(lane, now)
        does = (*does, *more)
    return lane, does


def _take(lane: VehicleLane, seen: Seen, now: float) -> Step:
    match seen:
        case Contacts():
            told = lane.phase is Phase.FIRE and (seen.fire != lane.fire or lane.heard_at is None)
            arm, moving_since = sense(lane, seen.up, seen.down, now)
            lane = replace(
                lane, outer=seen.outer, safety=seen.safety, inner=seen.inner, fire=seen.fire, heard_at=now, arm=arm,
                moving_since=moving_since,
            )  # fmt: skip
            return lane, (ReportFire(seen.fire),) if told else ()
        case BoardLost():
            lost = Loop.UNKNOWN  # and a fire that was read burns on
            lane = replace(
                lane, outer=lost, safety=lost, inner=lost, heard_at=None, arm=Arm.NOT_REPORTED, moving_since=None
            )  # fmt: skip
            return lane, ()
        case Granted(correlation, at):
            return _granted(lane, correlation, at, now, vehicle_needed=True)
        case RemoteOpen(correlation, at):
            return _granted(lane, correlation, at, now, vehicle_needed=False)
        case Refused():
            return replace(lane, look=Look.ANSWERED) if lane.look is Look.ASKED else lane, ()
        case NotOpened(correlation):
            return _not_opened(lane, correlation)
        case HoldOpen(for_s, anew):
            return _hold(lane, for_s, anew, now)
        case Resume(why):
            return _resume(lane, why)
        case EndFireHold():
            return _end_fire(lane)
        case SwitchDirection(direction):
            return _switch(lane, direction)
        case Tick():
            return lane, ()


def _granted(lane: VehicleLane, correlation: UUID, at: float, now: float, vehicle_needed: bool) -> Step:
    """Opens once for a grant that is new and in time, and for a vehicle that is there (LANE-08, S9, S15)."""
    if correlation in lane.answered:
        return lane, ()
    lane = replace(lane, answered=(*lane.answered, correlation)[-ANSWERED_MAX:])
    there = lane.arming is Loop.OCCUPIED
    again = same_vehicle(lane)
    no = None
    if not 0 <= now - at <= lane.settings.open_ttl_s:
        no = Ended.EXPIRED
    elif lane.phase is Phase.FIRE:
        no = Ended.FIRE
    elif vehicle_needed and not there:
        no = Ended.NO_VEHICLE
    elif len(lane.grants) >= GRANTS_MAX and not again:
        no = Ended.NOT_OPENED
    if no is not None:
        return lane, (ReportPassage(correlation, no),)
    does: tuple[Do, ...] = ()
    grant = Grant(correlation, now, Car.ARRIVED if there else Car.AWAITED)
    grants = (*lane.grants, grant)
    if again:
        old = lane.grants[-1]
        grants = (*lane.grants[:-1], replace(old, correlation=correlation, at=now))
        does = (ReportPassage(old.correlation, Ended.REPLACED),)
    # without a vehicle on the arming loop, or with one that has never left it, the one at the arm is meant
    stranger = lane.stranger if there and lane.stranger is not Car.ARRIVED else None
    lane = replace(lane, grants=grants, stranger=stranger, look=Look.ANSWERED if there else lane.look)
    if lane.phase is Phase.HELD:
        return lane, does
    # what only its output keeps up goes on to be kept: whoever drove when everybody could may still be on no loop
    lane, over = end_lift(replace(_raise(lane, Phase.RAISED, now), for_all=lane.lets_go))
    return lane, (*does, Open(correlation), *over)


def _raise(lane: VehicleLane, phase: Phase, now: float) -> VehicleLane:
    """Up from now on; it has its time to arrive there, unless it is up, or on its way for somebody else already."""
    on_its_way = lane.asked_at if lane.phase is not Phase.LOWERING else None
    return replace(lane, phase=phase, asked_at=now if on_its_way is None else on_its_way)


def _not_opened(lane: VehicleLane, correlation: UUID) -> Step:
    """It did open, or it did not: where the contacts say up, or the vehicle is under the arm, the grant stands."""
    used = lane.arm is Arm.UP or (lane.way is not Way.NOBODY and lane.stranger is None)
    if used or not any(grant.correlation == correlation for grant in lane.grants):
        return lane, ()
    grants = tuple(grant for grant in lane.grants if grant.correlation != correlation)
    return replace(lane, grants=grants), (ReportPassage(correlation, Ended.NOT_OPENED),)


def _hold(lane: VehicleLane, for_s: float, anew: bool, now: float) -> Step:
    """A hold has an end from its beginning, and prolonging it has one too (LANE-20)."""
    if lane.phase is Phase.FIRE or for_s <= 0:
        return lane, ()
    hold = lane.hold or Hold(now, now)
    hold = replace(hold, since=now) if anew else hold
    wished = now + min(for_s, lane.settings.hold_max_s)
    hold = replace(hold, until=min(wished, hold.since + HOLD_CEILING_S))
    return end_lift(replace(_raise(lane, Phase.HELD, now), hold=hold, for_all=False))


def _end_hold(lane: VehicleLane, why: str) -> Step:
    if lane.hold is None:
        return lane, ()
    return replace(lane, hold=None, phase=Phase.RAISED, for_all=True), (ReportHoldOver(lane.hold.passed, why),)


def _resume(lane: VehicleLane, why: str) -> Step:
    """From here on the arm comes down by itself: once nobody drives through any more."""
    if lane.hold is not None:
        return _end_hold(lane, why)
    if lane.phase in (Phase.LIFTED, Phase.RESTING) and lane.arm is not Arm.DOWN:
        # no output held it up: one that comes down by itself does so when it will, and is not to be raised for this
        return end_lift(replace(lane, phase=Phase.RAISED, asked_at=None, for_all=lane.settings.closes))
    return lane, ()


def _catch_fire(lane: VehicleLane, now: float) -> Step:
    if not lane.fire or lane.phase is Phase.FIRE:
        return lane, ()
    ended = tuple(ReportPassage(grant.correlation, Ended.FIRE) for grant in lane.grants)
    lane, held = _end_hold(lane, "fire")
    stranger = None if lane.way is Way.NOBODY else Car.LEFT  # its grant is over, and nobody else's is its own
    lane, over = end_lift(replace(_raise(lane, Phase.FIRE, now), grants=(), stranger=stranger, for_all=False))
    return lane, (*ended, *held, *over, Raise(Trouble.FIRE), ReportFire(True))


def _end_fire(lane: VehicleLane) -> Step:
    """Only with the input seen healthy: an unreachable board might hide a fire that still burns."""
    if lane.phase is not Phase.FIRE or lane.fire or lane.heard_at is None:
        return lane, ()
    return replace(lane, phase=Phase.RAISED, for_all=True), (Over(Trouble.FIRE),)


def _switch(lane: VehicleLane, direction: Direction) -> Step:
    """Only an empty lane turns round, with its arm down: nobody is to meet a vehicle that was let in (LANE-13)."""
    down = lane.arm is Arm.DOWN or (lane.arm is Arm.NOT_REPORTED and not lane.settings.positions)
    resting = lane.phase is Phase.RESTING and down and lane.way is Way.NOBODY
    if lane.empty and resting:
        return replace(lane, direction=direction), (ReportDirection(direction, True),)
    return lane, (ReportDirection(lane.direction, lane.direction is direction),)


def _reverse(lane: VehicleLane, now: float) -> Step:
    """Whatever comes under an arm that comes down, or can no longer be known not to, raises it at once (S1, S2)."""
    if lane.phase is not Phase.LOWERING or lane.clear:
        return lane, ()
    return _raise(lane, Phase.RAISED, now), (Open(None),)


def _close(lane: VehicleLane, now: float) -> Step:
    """The one place where an arm may start to come down."""
    if lane.phase is not Phase.RAISED or lane.grants or lane.way is not Way.NOBODY or not lane.clear:
        return lane, ()
    if lane.for_all and not _nobody_drives(lane, now):
        return lane, ()
    lane = replace(lane, for_all=False)
    if not lane.settings.closes:  # the barrier comes down by itself, some time; the contacts will say when
        return replace(lane, phase=Phase.RESTING), ()
    return replace(lane, phase=Phase.LOWERING, asked_at=now), (PermitClose(),)


def _nobody_drives(lane: VehicleLane, now: float) -> bool:
    """Whoever leaves the arming loop towards an arm that is up for everybody is on no loop for a moment. Somebody who
    stands on it for as long as a passage may take does not drive, and may be a loop that is stuck."""
    empty_since, clear_since, settings = lane.empty_since, lane.clear_since, lane.settings
    empty = empty_since is not None and now - empty_since > settings.gap_s
    return empty or (clear_since is not None and now - clear_since > settings.passage_s)
