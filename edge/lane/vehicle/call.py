"""The button beside a vehicle lane by which a driver asks for a person (LANE-26). Pure; times are monotonic seconds.

    pressed, and no call is in progress           a call begins
    pressed again AGAIN_S later or more           it is told once more: whoever came may have thought it was over
    the vehicle has been gone for GONE_S          it is over
    there was none, and nobody pressed for CALL_S it is over

A button found pressed at the start, or when the board comes back, is no press: one that is stuck calls nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from models.wire.events import CallWhat

AGAIN_S = 10.0
GONE_S = 3.0
"""A loop may lose a high vehicle for a moment, and the next one is another driver."""
CALL_S = 300.0


@dataclass(frozen=True, slots=True)
class Calling:
    """`pressed`: the level, None while it is not known. `call_id`: of the call in progress; `asked` when they pressed
    last, `car_at` when a vehicle was last there meanwhile, None: never."""

    pressed: bool | None = None
    call_id: UUID | None = None
    asked: float = 0.0
    car_at: float | None = None


def heard(calling: Calling, pressed: bool, car: bool, now: float, new: UUID) -> tuple[Calling, CallWhat | None]:
    """After one read of the board, and what is told of it. `car`: a vehicle is at the lane; `new`: a fresh id."""
    press = pressed and calling.pressed is False
    calling = replace(calling, pressed=pressed)
    if calling.call_id is None:
        began = Calling(pressed, new, now, now if car else None)
        return (began, "began") if press else (calling, None)
    if car:
        calling = replace(calling, car_at=now)
    if press and now - calling.asked >= AGAIN_S:
        return replace(calling, asked=now), "again"
    gone = now - calling.asked >= CALL_S if calling.car_at is None else now - calling.car_at >= GONE_S
    return (Calling(pressed), "ended") if gone else (calling, None)


def lost(calling: Calling) -> Calling:
    """The board is silent: what is pressed when it comes back was perhaps pressed all the while."""
    return replace(calling, pressed=None)
