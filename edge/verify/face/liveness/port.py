"""What a lane may rely on, whatever shows that somebody is alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from devices.ports import Frame
from edge.verify.face.detect import Face
from edge.verify.face.liveness.challenge import Turn
from models.access.verification import Attack, FaceResult, Liveness


@dataclass(frozen=True, slots=True)
class Proof:
    """How one proving ended. NOT_MEASURED says nothing against anybody: it may be tried anew."""

    liveness: Liveness
    by: str
    attack: Attack | None = None
    simulated: bool = False

    def told_of(self, result: FaceResult) -> FaceResult:
        """The comparison, with this proof."""
        measured = {"liveness": self.liveness, "attack": self.attack, "simulated": self.simulated}
        return result.model_copy(update={**measured, "proved_by": self.by})


class Proving(Protocol):
    """The proof of one person's liveness, under way."""

    @property
    def asks(self) -> Turn | None:
        """The turn of the head that is asked for now; None: none."""

    @property
    def compares(self) -> bool:
        """Whether the next frame has to be compared: it counts only as the cardholder's. Not so a head that turns."""

    def see(self, frame: Frame, faces: tuple[Face, ...], mine: bool) -> Proof | None:
        """One more frame with the faces found in it, largest first; a proof once there is one. `mine`: this very
        frame was compared, and is the cardholder's. A living proof is told at such a frame only."""


class LivenessCheck(Protocol):
    """Shared by the lanes of a node or not, as each says; `begin` is called from one thread only."""

    @property
    def passive(self) -> bool:
        """Whether it asks nothing of anybody, so that the face beside a pass is shown to be alive as well."""

    def begin(self, now: float) -> Proving:
        """For the person who stands there at `now` (monotonic seconds)."""
