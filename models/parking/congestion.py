"""More time to leave after a payment where the way out is jammed (PARK-13). Pure.

The lane measures how long cars waited in its queue; central is told with the exit by how many minutes the time to leave
was longer, and prices the stay by the same. Nobody reckons it a second time from other facts.
"""

import math
from collections.abc import Sequence

JAM_S = 300.0
"""From this 95th percentile of the waits on the lane counts as jammed."""
CARS_MIN = 5
"""Of fewer cars nobody knows whether they waited in a queue or for one driver who looked for a coin."""
LOOK_BACK_S = 1800.0
EXTRA_MAX = 60
"""Minutes. A lane that is jammed for longer is a guard's to open."""


def extra_minutes(waits_s: Sequence[float]) -> int:
    """By how many minutes the time to leave is longer now; `waits_s`: of the cars that left within LOOK_BACK_S.

    Never the longest wait itself, which of fewer than twenty cars the 95th percentile would be: one driver who takes
    his time is no jam, and the second longest wait can be no longer than what another car has waited too.
    """
    count = len(waits_s)
    if count < CARS_MIN:
        return 0
    p95 = sorted(waits_s)[min(math.ceil(0.95 * count) - 1, count - 2)]
    return min(EXTRA_MAX, math.ceil(p95 / 60)) if p95 > JAM_S else 0


def told_minutes(detail: str) -> int:
    """What a decision told of it, in bounds; 0 for nothing, and for what is no number."""
    return min(EXTRA_MAX, int(detail)) if detail.isascii() and detail.isdecimal() and len(detail) < 4 else 0
