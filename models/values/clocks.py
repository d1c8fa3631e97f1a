"""Which clock is believed (GEN-02): a node's own may be set by hand, or start in another year when its battery is dead.

Central's clock is the one by which passes, rules and consents are made, so it judges them wherever it is known; a node
that has reached central once carries it on with a counter that nobody can set. A node that has not reached central
since its start has nothing but its own clock, and what it knows to lie in the past: the newest instant that it has
written, and that of the rules it was given. It follows its clock forwards and never back behind those, or else setting
a clock back would revive what has expired. Central's word replaces all of it, also an instant too late.
"""

from datetime import datetime, timedelta


def corrected(at: datetime, skew_ms: int | None) -> datetime:
    """An instant of a node's clock on central's, as far as the skew (node minus central) was known."""
    return moved(at, -timedelta(milliseconds=skew_ms)) if skew_ms is not None and _sane(skew_ms) else at


def following(before: datetime | None, at: datetime, skew_ms: int | None) -> datetime:
    """When a line of a journal was written, after one of `before`: a journal is in the order of time.

    A line with a skew says it by central's clock, and is believed. One without is believed only forwards.
    """
    if skew_ms is not None or before is None:
        return corrected(at, skew_ms)
    return max(before, at)


def judging(own: datetime, central: datetime | None, past: datetime) -> datetime:
    """The instant by which a node judges. `past`: what certainly lies behind us, as far as this node knows."""
    return max(own, past) if central is None else central


def moved(at: datetime, by: timedelta) -> datetime:
    """`at + by`; at the ends of the calendar `at` as it is, for a clock that stands there is wrong anyway."""
    try:
        return at + by
    except OverflowError:
        return at


def _sane(skew_ms: int) -> bool:
    return abs(skew_ms) <= timedelta.max // timedelta(milliseconds=1)
