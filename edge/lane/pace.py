"""Whether a lane looks at faces often enough to see a head turn. Pure.

A proof by turned heads takes two frames further apart than `challenge.GAP_S` for a cut, and says then nothing for or
against anybody. Where that is how often the node looks at all, nobody is ever shown to be alive: everybody is sent to
the guard, each for a reason of their own, and nothing tells that it is the machine or the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from edge.verify.face.liveness.challenge import GAP_S

NEEDED_S = GAP_S / 2
"""With a longer time between two looks in the middle, a late one is a cut. Set by rule: no crowd was measured."""
LOOKS = 6
"""So many gaps are judged: those of two people at whom a slow node looks, each tried three times."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the looks while somebody is asked to turn their head; `gaps` in seconds, the newest last."""

    gaps: tuple[float, ...] = ()
    last_at: float | None = None

    def begins(self) -> Pace:
        """Another proof: what lies between two of them is no gap."""
        return replace(self, last_at=None)

    def seen(self, at: float) -> Pace:
        """One more look, at monotonic seconds."""
        gaps = self.gaps if self.last_at is None else (*self.gaps, at - self.last_at)[-LOOKS:]
        return Pace(gaps, at)

    @property
    def too_slow(self) -> bool | None:
        """None while too few looks were counted."""
        return median(self.gaps) > NEEDED_S if len(self.gaps) == LOOKS else None

    @property
    def said(self) -> str:
        """What an alarm tells whoever repairs it."""
        a_second, needed = 1 / max(median(self.gaps), 0.001), 1 / NEEDED_S
        return (
            f"看脸每秒 {a_second:.1f} 次，转头的活体检查要 {needed:.1f} 次 / looks at faces {a_second:.1f} times a "
            f"second; a check by turned heads needs {needed:.1f}"
        )
