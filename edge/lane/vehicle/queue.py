"""How long cars wait in front of a lane, from its own loops. Pure; times are monotonic seconds.

Loops see the head of a queue and not its end. As long as the next car is on the arming loop within GAP_S of the last
one leaving it, the queue has not broken off, and whoever drives out by then has waited at most since it began. So it is
never measured too short.
"""

from dataclasses import dataclass, replace

from edge.lane.vehicle.states import Loop, VehicleLane
from models.parking.congestion import LOOK_BACK_S, extra_minutes

GAP_S = 4.0
CARS_KEPT = 500


@dataclass(frozen=True, slots=True)
class Queue:
    """`since`: unbroken since then; None: nobody is there. `free_at`: since when the loop is free. `left`: when each of
    the last cars drove through, and how long it had waited."""

    since: float | None = None
    free_at: float | None = None
    left: tuple[tuple[float, float], ...] = ()

    def more_minutes(self, now: float) -> int:
        """Minutes by which the time to leave is longer now."""
        return extra_minutes([waited for at, waited in self.left if now - at <= LOOK_BACK_S])


def queued(queue: Queue, lane: VehicleLane, passed: bool, now: float) -> Queue:
    """After the lane has seen one more thing; `passed`: a car drove through with it."""
    if passed and queue.since is not None:
        queue = replace(queue, left=(*queue.left, (now, now - queue.since))[-CARS_KEPT:])
    if lane.arming is Loop.OCCUPIED:
        return replace(queue, since=now if queue.since is None else queue.since, free_at=None)
    if queue.since is None:
        return queue
    free_at = now if queue.free_at is None else queue.free_at
    # a car that has left the loop and is still under the arm belongs to it yet
    if now - free_at > GAP_S and lane.clear:
        return replace(queue, since=None, free_at=None)
    return queue if free_at == queue.free_at else replace(queue, free_at=free_at)
