"""What a technician may do to the arm, by the machine that drives it in service. Pure.

Raising is always allowed. The arm comes down only while somebody presses, and only where the machine would let it: with
safety and closing loop known and free. Let go of, or with something under it, it goes up again and stays there.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from edge.commission.barrier.evidence import EndFault
from edge.lane.vehicle.loops import Wrong
from edge.lane.vehicle.machine import step
from edge.lane.vehicle.states import (
    Arm,
    EndFireHold,
    HoldOpen,
    Loop,
    Open,
    PermitClose,
    Phase,
    Resume,
    Seen,
    VehicleLane,
)

HELD_S = 7200.0
PRESSED_S = 1.2
"""A press lasts so long beyond its last word: a page that hangs, or a phone that fell, lets go."""


class No(StrEnum):
    """Why the arm is not lowered."""

    UNHEARD = "unheard"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"
    ENDS_WRONG = "ends_wrong"
    FIRE = "fire"
    NO_OUTPUT = "no_output"


class Order(StrEnum):
    """What the board is asked for."""

    RAISE = "raise"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Hand:
    """The lane and who presses: `pressed_until` is when a press is over unless it is said again. `came_up`: it was
    lowered, and went up again by itself."""

    lane: VehicleLane
    pressed_until: float = float("-inf")
    came_up: bool = False


Done = tuple[Hand, tuple[Order, ...]]


def raised(hand: Hand, now: float) -> Done:
    lane, _ = step(hand.lane, HoldOpen(HELD_S), now)
    asked = () if lane.phase is Phase.FIRE else (Order.RAISE,)
    return replace(hand, lane=lane, pressed_until=float("-inf"), came_up=False), asked


def pressed(hand: Hand, wrong: tuple[Wrong, ...], now: float) -> tuple[Hand, tuple[Order, ...], No | None]:
    """Somebody presses "lower", or still does."""
    lane = hand.lane
    if lane.phase is Phase.LOWERING:
        return replace(hand, pressed_until=now + PRESSED_S), (), None
    if hand.came_up and now <= hand.pressed_until:  # the same press: it must be let go of first
        return replace(hand, pressed_until=now + PRESSED_S), (), None
    no = why_not(lane, wrong)
    if no is not None or lane.arm is Arm.DOWN:
        return hand, (), no
    hand = replace(hand, pressed_until=now + PRESSED_S, came_up=False)
    hand, orders = saw(hand, Resume(), now)
    return hand, orders, None


def why_not(lane: VehicleLane, wrong: tuple[Wrong, ...]) -> No | None:
    """What keeps the arm up, the gravest first."""
    if lane.phase is Phase.FIRE:
        return No.FIRE
    if not lane.settings.closes:
        return No.NO_OUTPUT
    if lane.heard_at is None:
        return No.UNHEARD
    if Loop.OCCUPIED in (lane.safety, lane.closing):
        return No.OCCUPIED
    if not lane.clear:
        return No.UNKNOWN
    if any(one.fault in (EndFault.SWAPPED, EndFault.BOTH) for one in wrong):
        return No.ENDS_WRONG
    return None


def saw(hand: Hand, seen: Seen, now: float) -> Done:
    """The machine's own step; of what it asks for, the arm comes down only while somebody presses."""
    lane, does = step(hand.lane, seen, now)
    orders: list[Order] = []
    came_up = hand.came_up
    if any(isinstance(do, Open) for do in does):  # something came under the arm
        orders.append(Order.RAISE)
        lane, came_up = _held(lane, now), True
    elif any(isinstance(do, PermitClose) for do in does) and now <= hand.pressed_until:
        orders.append(Order.LOWER)
    elif any(isinstance(do, PermitClose) for do in does) or (lane.phase is Phase.RAISED and now > hand.pressed_until):
        lane = _held(lane, now)
    elif lane.phase is Phase.LOWERING and now > hand.pressed_until:
        orders.append(Order.RAISE)
        lane, came_up = _held(lane, now), True
    return replace(hand, lane=lane, came_up=came_up), tuple(orders)


def fire_over(hand: Hand, now: float) -> Done:
    """Ends a fire hold whose input is well again; the arm stays up."""
    return saw(replace(hand, pressed_until=float("-inf")), EndFireHold(), now)


def _held(lane: VehicleLane, now: float) -> VehicleLane:
    held, _ = step(lane, HoldOpen(HELD_S), now)
    return held
