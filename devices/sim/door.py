"""A door, physically: a leaf that falls shut, a lock, a contact, an exit button, a fire loop, and people. Pure.

    door = Door()
    door = act(door, Deed.PULL, now)               # somebody stands there and pulls
    door = step(door, released, now)               # `released`: is the lock relay energised?
    board.set_inputs(contacts(door))               # what the inputs of the board see

    contacts: (1 door contact, True = shut) (2 exit button, True = pressed) (3 fire loop, True = healthy)

Call `step` every 20 to 100 ms with a monotonic `now`; nothing else moves the door. A person who pulls waits until
the lock gives, opens, walks through and lets go; the door falls shut behind. With `fail_safe` the fire relay cuts
the magnet's power itself, whatever the relay board says (S5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

PATIENCE_S = 8.0  # how long somebody pulls at a locked door
WALK_S = 1.8  # open, and somebody in the way
FALL_S = 1.2  # let go, and not yet shut
PRESS_S = 0.6  # a finger on the exit button


class Deed(Enum):
    """What people do to a door."""

    PULL = auto()  # from outside: waits for the lock, walks through once
    PRESS_EXIT = auto()  # from inside: presses the exit button and then pulls
    FORCE = auto()  # breaks it open, locked or not
    HOLD = auto()  # wedges it; open for as long as that lasts once it has been opened
    LET_GO = auto()  # takes the wedge away
    FIRE = auto()  # the fire loop opens
    FIRE_OVER = auto()  # the fire loop closes again


@dataclass(frozen=True, slots=True)
class Door:
    """The state of one door. Times are monotonic seconds; None = not at present."""

    fail_safe: bool = True
    shut: bool = True
    fire_loop_healthy: bool = True
    wedged: bool = False
    pulling_until: float | None = None
    pressed_until: float | None = None
    clear_at: float | None = None  # when the person will be through
    falls_shut_at: float | None = None
    passages: int = 0
    forced: int = 0


def act(door: Door, deed: Deed, now: float) -> Door:
    """The door after somebody does something to it. What follows from it, `step` shows."""
    match deed:
        case Deed.PULL:
            return replace(door, pulling_until=now + PATIENCE_S)
        case Deed.PRESS_EXIT:
            return replace(door, pressed_until=now + PRESS_S, pulling_until=now + PATIENCE_S)
        case Deed.FORCE:
            broken = door.forced + 1 if door.shut else door.forced
            return replace(_opened(door, now), forced=broken)
        case Deed.HOLD:
            return replace(door, wedged=True)
        case Deed.LET_GO:
            falls = None if door.shut else max(now, door.clear_at or now) + FALL_S
            return replace(door, wedged=False, falls_shut_at=falls)
        case Deed.FIRE:
            return replace(door, fire_loop_healthy=False)
        case Deed.FIRE_OVER:
            return replace(door, fire_loop_healthy=True)


def step(door: Door, released: bool, now: float) -> Door:
    """The door at `now`, while the lock relay is energised or not."""
    door = _times_out(door, now)
    free = released or (door.fail_safe and not door.fire_loop_healthy)
    if door.pulling_until is not None and (free or not door.shut):
        return replace(_opened(door, now), pulling_until=None, passages=door.passages + 1)
    if not door.shut and not door.wedged and door.falls_shut_at is not None and now >= door.falls_shut_at:
        return replace(door, shut=True, falls_shut_at=None, clear_at=None)
    return door


def contacts(door: Door) -> tuple[bool, bool, bool]:
    """Inputs 1, 2 and 3 of the relay board; see `devices/door/profiles.py`."""
    return door.shut, door.pressed_until is not None, door.fire_loop_healthy


def _opened(door: Door, now: float) -> Door:
    clear_at = now + WALK_S
    return replace(door, shut=False, clear_at=clear_at, falls_shut_at=clear_at + FALL_S)


def _times_out(door: Door, now: float) -> Door:
    """Fingers leave buttons, and people give up."""
    if door.pressed_until is not None and now >= door.pressed_until:
        door = replace(door, pressed_until=None)
    if door.pulling_until is not None and now >= door.pulling_until:
        door = replace(door, pulling_until=None)
    return door
