"""One plate, one car: a plate that stood for a vehicle at this lane answers for no other by itself. Pure.

A camera tells of one car more than once: as its tail leaves, or late. Records have numbers and cars have none, so that
only what the loops saw of the car before says whether it can be the one that stands there now.

    here ─arming loop free, or another came onto it─▶ left ─AGAIN_S, or it passed the other way─▶ forgotten
                                                        └─left backwards, nobody at the arm for gap_s─▶ forgotten

Whoever drove out, turned round and came back within AGAIN_S, unseen by the other way, is not trapped: a guard is asked.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from edge.lane.vehicle.states import Look, Loop, VehicleLane
from models.parking.decided import Seen
from models.site.topology import Direction

AGAIN_S = 120.0
"""From this long after a car has left the arming loop its plate may be read there anew and count."""
KEPT_MAX = 64
"""More than can leave one lane within AGAIN_S."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A vehicle by its plate as it was read. `correlation`: of what was decided about it last. `left_at`: since when it
    is not on the arming loop any more; None: it is. `back`: as far as loops tell it left that backwards."""

    plate: str = field(repr=False)
    direction: Direction
    correlation: UUID
    left_at: float | None = None
    back: bool = False


Cars = tuple[Stood, ...]


def stands(cars: Cars, plate: str | None, direction: Direction, correlation: UUID) -> Cars:
    """The vehicle on the arming loop was decided about; plate None: by a person, who reads none."""
    here = next((one for one in cars if one.left_at is None), None)
    if plate is None:
        return tuple(replace(one, correlation=correlation) if one is here else one for one in cars)
    others = tuple(one for one in cars if one is not here)
    return (*others, Stood(plate, direction, correlation))[-KEPT_MAX:]


def just_before(cars: Cars, plate: str, direction: Direction, now: float) -> bool:
    """Whether this plate stood for a vehicle that was here before the one that stands here now."""
    gone = (one for one in cars if one.left_at is not None and now - one.left_at <= AGAIN_S)
    return any(one.plate == plate and one.direction is direction for one in gone)


def claimed(cars: Cars, read: Seen, direction: Direction, now: float) -> Seen:
    """What was read, with word of it when this plate stood for another vehicle just before."""
    again = read.text is not None and just_before(cars, read.text, direction, now)
    return read._replace(just_before=True) if again else read


def after_step(cars: Cars, before: VehicleLane, lane: VehicleLane, another: bool, now: float) -> Cars:
    """After the lane saw one more thing; another: with it a vehicle is to be read that was not looked at before."""
    seen = before.heard_at is not None and now - before.heard_at <= lane.settings.stale_s
    return tuple(one for car in cars if (one := _after(car, before, lane, another, seen, now)) is not None)


def _after(one: Stood, before: VehicleLane, lane: VehicleLane, another: bool, seen: bool, now: float) -> Stood | None:
    if one.left_at is None:
        if not another and lane.look is not Look.NONE:
            return one
        off = before.arming is Loop.OCCUPIED and lane.arming is Loop.FREE
        return replace(one, left_at=now, back=seen and off and before.clear and lane.clear)
    # a loop that was not free, or not known, for a moment says nothing of where the car went
    back = one.back and seen and lane.clear_since is not None and lane.clear_since <= one.left_at
    away = now - one.left_at
    if away > AGAIN_S or (back and away > lane.settings.gap_s):
        return None
    return one if back is one.back else replace(one, back=back)


def passed(cars: Cars, correlation: UUID) -> Stood | None:
    """The vehicle that this passage is of, as far as its plate is known."""
    return next((one for one in reversed(cars) if one.correlation == correlation), None)


def seen_elsewhere(cars: Cars, car: Stood) -> Cars:
    """A car that passed the other way, at this lane or another, may come back the way that it went first."""
    return tuple(one for one in cars if one.left_at is None or one.plate != car.plate or one.direction is car.direction)
