"""The face beside a pass, card or PIN, shown to be alive where a lane can tell that without asking anything of anybody.

A photograph beside the pass is its owner's face as much as the face itself. So a match is told only with its proof; a
lane that asks for turned heads, or for nothing, compares alone.
"""

from collections.abc import Callable

from devices.ports import Frame, Pixels
from edge.verify.face.detect import Face
from edge.verify.face.liveness.port import LivenessCheck, Proving
from models.access.verification import FaceResult, FaceStatus


class BesidePass:
    """One lane's. Not thread-safe: one camera's thread owns it."""

    def __init__(self, find: Callable[[Pixels], tuple[Face, ...]], liveness: LivenessCheck):
        self._find, self._liveness = find, liveness
        self._proving: Proving | None = None

    def begin(self) -> None:
        """Another recognition: what was shown before speaks for nobody."""
        self._proving = None

    def look(self, frame: Frame, result: FaceResult | None) -> FaceResult | None:
        """What to tell of one more frame; `result`: how it was compared, a match standing on this frame's own face.
        A match waits for its proof, and one that could not be measured says so."""
        mine = result is not None and result.status is FaceStatus.MATCHED
        if self._proving is None:
            if not mine:
                return result
            self._proving = self._liveness.begin(frame.taken_at)
        proof = self._proving.see(frame, self._find(frame.pixels), mine)
        if proof is not None:
            self._proving = None
        if result is None or not mine:
            return result
        return proof.told_of(result) if proof is not None else None
