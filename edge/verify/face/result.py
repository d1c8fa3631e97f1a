"""What is told to the policy: a FaceResult, from a comparison or from why there was none."""

from __future__ import annotations

from edge.verify.face.match import FaceMatch
from edge.verify.face.quality import Unfit
from models.access.verification import FaceResult, FaceStatus

_STATUS = {Unfit.NO_FACE: FaceStatus.NO_FACE, Unfit.SEVERAL_FACES: FaceStatus.SEVERAL_FACES}


def result_of(match: FaceMatch, model: str, frames: int = 1) -> FaceResult:
    """A comparison, told. `frames`: how many were looked at until this one."""
    return FaceResult(
        status=match.status,
        one_to_many=match.one_to_many,
        cardholder_id=match.cardholder_id,
        score=match.score,
        threshold=match.threshold,
        frames=frames,
        model=model,
    )


def result_of_unfit(unfit: Unfit, model: str, frames: int = 1, one_to_many: bool = False) -> FaceResult:
    """No comparison, and why: nobody, several, or in `quality` what to do better (ACC-04 low_quality)."""
    status = _STATUS.get(unfit, FaceStatus.LOW_QUALITY)
    return FaceResult(status=status, one_to_many=one_to_many, quality=unfit.value, frames=frames, model=model)
