"""One face, in one place, without a break: which looks may count together towards a proof.

A look counts only where that same frame was compared and is the cardholder's, near where the last look had them and
soon after it. At anything else, somebody else's face as much as a blink, what was told until then is void.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from edge.verify.face.liveness.challenge import OVERLAP_MIN, Box, overlap

GAP_S = 1.0
"""A longer time between two looks is a break: somebody may have left and come back."""

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Unbroken(Generic[Told]):
    """Looks on end. `told`: what was found in those that could be judged; `box` None: the newest was a break."""

    told: tuple[Told, ...] = ()
    box: Box | None = None
    at: float = 0.0

    def look(self, mine: Box | None, at: float) -> Unbroken[Told]:
        """After one more look, at `at` seconds. `mine`: where the cardholder's face is in it; None: it is not there,
        or not known to be."""
        if mine is None:
            return Unbroken()
        goes_on = self.box is not None and at - self.at <= GAP_S and overlap(self.box, mine) >= OVERLAP_MIN
        return Unbroken(self.told if goes_on else (), mine, at)

    def tell(self, found: Told) -> Unbroken[Told]:
        """What was found in the newest look."""
        return Unbroken((*self.told, found), self.box, self.at)
