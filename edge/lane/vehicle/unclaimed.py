"""Pushes that no vehicle on the loop stands behind, written down within bounds. Pure.

Whoever has a camera's secret may send ten a second: 864,000 lines a day, each of them for central and for good. What is
not written by itself is counted, and the count is one line an hour. A push that decides about a vehicle never comes
here, and neither does its journal line.
"""

from dataclasses import dataclass, field, replace

DAY_S = 86_400.0
TOLD_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Bound:
    """So many lines a day, `at_once` of them together, and one plate once within `once_s`. `kept_back`: pushes that
    were counted and not yet told, the first at `since`."""

    a_day: int
    at_once: int
    once_s: float = 0.0
    spent: float = 0.0
    spent_at: float = 0.0
    plates: dict[str, float] = field(default_factory=dict, repr=False)
    kept_back: int = 0
    since: float = 0.0

    def take(self, plate: str, now: float) -> tuple["Bound", bool]:
        """One push: whether it is written by itself."""
        spent = max(0.0, self.spent - (now - self.spent_at) * self.a_day / DAY_S)
        plates = {one: at for one, at in self.plates.items() if now - at < self.once_s}
        if plate in plates or spent + 1 > self.at_once:
            since = self.since if self.kept_back else now
            return replace(
                self, spent=spent, spent_at=now, plates=plates, kept_back=self.kept_back + 1, since=since
            ), False
        if self.once_s:
            plates[plate] = now
        return replace(self, spent=spent + 1, spent_at=now, plates=plates), True

    def told(self, now: float) -> tuple["Bound", int]:
        """How many are to be told as one line now; mostly none."""
        if not self.kept_back or now - self.since < TOLD_EVERY_S:
            return self, 0
        return replace(self, kept_back=0), self.kept_back


NO_VEHICLE = Bound(a_day=2_000, at_once=200, once_s=60.0)
"""A lane whose arming loop is dead still tells of each of its cars."""
STORED = Bound(a_day=10_000, at_once=10_000)
"""All that a camera can have kept while nobody answered, and as much again the next day."""
