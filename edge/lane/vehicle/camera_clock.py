"""A camera's clock beside the node's: how late a push is by what the camera itself says of when it was taken. Pure.

`behind` is by how many seconds the camera's clock stands behind the instant at which its push arrived: what its clock
is off, and how long the push took. The least of the last ones is the clock; what is more than that is delay.
"""

from dataclasses import dataclass

CLOCK_S = 30.0
"""A clock that is further off than this is told of, and is not believed until it is known to stand still there."""
STEADY_S = 5.0
APART_S = 20.0
SAMPLES = 3
"""So many pushes, each so far from the next, that agree by so much: a wrong clock that goes on evenly. What a camera
kept back and sends all at once agrees with nothing."""
KEPT = 5


@dataclass(frozen=True, slots=True)
class CameraClock:
    """`heard`: arrival (monotonic s) and the least `behind` of the pushes around it, the newest last."""

    heard: tuple[tuple[float, float], ...] = ()

    def after(self, at: float, behind: float) -> "CameraClock":
        """One more live push arrived."""
        if self.heard and at - self.heard[-1][0] < APART_S:
            since, least = self.heard[-1]
            together = abs(behind - least) <= CLOCK_S
            last = (since, min(least, behind) if together else least)
            return CameraClock((*self.heard[:-1], last))
        return CameraClock((*self.heard, (at, behind))[-KEPT:])

    def late_s(self, behind: float) -> float | None:
        """How long after it was taken a push came; None: its clock is far off, and nobody knows."""
        if abs(behind) <= CLOCK_S:
            return behind - min(one for _, one in (*self.heard, (0.0, behind)) if abs(one) <= CLOCK_S)
        alike = [one for _, one in self.heard if abs(one - behind) <= STEADY_S]
        return max(0.0, behind - min(alike)) if len(alike) >= SAMPLES else None
