"""The arm as it is sensed, beside what was asked of it: where it is, whether it is stuck, whether it was lifted."""

from dataclasses import replace

from edge.lane.vehicle.states import Arm, Do, Over, Phase, Raise, Trouble, VehicleLane

WANTED = {Phase.RAISED: Arm.UP, Phase.HELD: Arm.UP, Phase.FIRE: Arm.UP, Phase.LOWERING: Arm.DOWN}
"""Where the arm ought to arrive. RESTING and LIFTED ask for nothing."""


def sense(lane: VehicleLane, up: bool | None, down: bool | None, now: float) -> tuple[Arm, float | None]:
    """What the end contacts say, and since when the arm moves: both at once is a fault, neither is a movement,
    and for too long a fault too.
    """
    if up is None and down is None:
        return Arm.NOT_REPORTED, None
    if up and not down:
        return Arm.UP, None
    if down and not up:
        return Arm.DOWN, None
    if up is False and down is False:
        since = now if lane.moving_since is None else lane.moving_since
        return Arm.MOVING if now - since <= lane.settings.travel_s else Arm.UNKNOWN, since
    return Arm.UNKNOWN, None


def watch(lane: VehicleLane, now: float) -> tuple[VehicleLane, tuple[Do, ...]]:
    """What the arm's place means for what was asked of it."""
    does: list[Do] = []
    wanted = WANTED.get(lane.phase)
    if lane.asked_at is not None and (wanted is None or lane.arm is wanted):
        lane = replace(lane, asked_at=None)
    late = lane.asked_at is not None and now - lane.asked_at > lane.settings.travel_s
    if late and lane.settings.positions and not lane.stuck:
        lane = replace(lane, stuck=True)
        does.append(Raise(Trouble.ARM_STUCK))
    if lane.stuck and lane.arm is (wanted or Arm.DOWN):
        lane = replace(lane, stuck=False)
        does.append(Over(Trouble.ARM_STUCK))
    match lane.phase:
        case Phase.STARTING if lane.heard_at is not None:
            lane = replace(lane, phase=Phase.LIFTED if lane.arm is Arm.UP else Phase.RESTING)
        case Phase.LOWERING if lane.arm is Arm.DOWN or (late and not lane.settings.positions):
            lane = replace(lane, phase=Phase.RESTING, asked_at=None)
        case Phase.LIFTED if lane.arm is Arm.DOWN:
            lane, more = end_lift(replace(lane, phase=Phase.RESTING))
            does += more
        case Phase.RESTING if lane.arm is Arm.UP and lane.settled:
            lane = replace(lane, phase=Phase.LIFTED, lift=True)
            does.append(Raise(Trouble.MECHANICAL_LIFT))
    settled = lane.phase is Phase.RESTING and (lane.settled or lane.arm is Arm.DOWN)
    if settled and not lane.settled:
        return replace(lane, settled=True, followed=None), tuple(does)
    return replace(lane, settled=False) if lane.settled and not settled else lane, tuple(does)


def end_lift(lane: VehicleLane) -> tuple[VehicleLane, tuple[Do, ...]]:
    """The arm is down again, or up because it was asked to be."""
    if not lane.lift:
        return lane, ()
    return replace(lane, lift=False), (Over(Trouble.MECHANICAL_LIFT),)
