"""What stands in front of a lane: one recognition at a time, pure like the lane itself.

A code held to the camera is read ten times a second; it is one recognition, not ten (ACC-16). It becomes a new one
only after it was out of sight for REPEAT_S. Where the rules want a face beside the pass, the recognition stays open
until a face matched, enough frames agreed that it does not, or the time for a second factor is over (ACC-11).
"""

from dataclasses import dataclass, replace
from uuid import UUID

from models.access.verification import FaceResult, FaceStatus, Verification

REPEAT_S = 2.0
CODES_MAX = 32
"""Codes remembered at once: a wall of them in view is no reason to fill the memory."""
FRAMES_TO_REFUSE = 3
"""Answers that must agree on a stranger: one frame with a turned head refuses nobody. Of a pass's holder each answer
stands on several frames already, and this is all the tries that a stranger has."""

_MOST_TELLING = (
    FaceStatus.MATCHED,
    FaceStatus.NO_REFERENCE,
    FaceStatus.BELOW_THRESHOLD,
    FaceStatus.AMBIGUOUS,
    FaceStatus.SEVERAL_FACES,
    FaceStatus.LOW_QUALITY,
    FaceStatus.NO_FACE,
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A pass, card or PIN that is right and still wants its holder's face. `token`: of a pass, as it was scanned."""

    correlation: UUID
    shown: Verification
    seen_at: float
    until: float
    token: str | None = None
    faces: tuple[FaceResult, ...] = ()

    def seen(self, face: FaceResult) -> "Pending":
        return replace(self, faces=(*self.faces, face)[-16:])

    def verdict(self, now: float) -> FaceResult | None:
        """The face to decide on, once nothing is gained by looking longer; None while there is."""
        best = most_telling(self.faces)
        if best is not None and best.status in (FaceStatus.MATCHED, FaceStatus.NO_REFERENCE):
            return best
        strangers = sum(face.status is FaceStatus.BELOW_THRESHOLD for face in self.faces)
        if strangers >= FRAMES_TO_REFUSE or now >= self.until:
            return best or FaceResult(status=FaceStatus.NO_FACE, frames=0)
        return None


@dataclass(frozen=True, slots=True)
class Presented:
    """The lane's memory of codes: each with when it was last in sight, and the recognition that is still open.

    Each code has its own memory: two codes in one picture take turns, and must not make each other new.
    """

    codes: tuple[tuple[str, float], ...] = ()
    pending: Pending | None = None

    def see(self, token: str, now: float) -> tuple["Presented", bool]:
        """The memory after `token` was in sight at `now`, and whether this begins a new recognition."""
        before = next((at for code, at in self.codes if code == token), None)
        fresh = before is None or now - before > REPEAT_S
        others = tuple((code, at) for code, at in self.codes if code != token and now - at <= REPEAT_S)
        newest = now if before is None else max(now, before)
        return replace(self, codes=(*others, (token, newest))[-CODES_MAX:]), fresh


def most_telling(faces: tuple[FaceResult, ...]) -> FaceResult | None:
    """Of several looks the one that says most; among strangers the one that came closest."""
    if not faces:
        return None
    rank = min(_MOST_TELLING.index(face.status) for face in faces)
    alike = [face for face in faces if _MOST_TELLING.index(face.status) == rank]
    best = max(alike, key=lambda face: face.score if face.score is not None else -2.0)
    return best.model_copy(update={"frames": max(best.frames, len(faces))})
