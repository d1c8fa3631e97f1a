"""Compare a probe: with the one template a pass has named (1:1), or with everybody (1:N). Values in, a value out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from edge.verify.face.embed import Embedding
from edge.verify.face.errors import ModelMismatch
from edge.verify.face.gallery import Gallery
from edge.verify.face.template import Template
from models.access.verification import FaceStatus

MARGIN = 0.05
"""Two identities at most this far apart are ambiguous (ACC-14)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One face in front of the camera, already judged fit. Dies after matching; never stored."""

    vector: Embedding
    model: str


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """How a comparison ended. `status` is MATCHED, BELOW_THRESHOLD, AMBIGUOUS or NO_REFERENCE.

    `cardholder_id` is set only by a search that MATCHED: who else came near is nobody's business. `score`,
    `threshold` and `runner_up` (best score of anybody else) are cosines.
    """

    status: FaceStatus
    score: float | None
    threshold: float
    one_to_many: bool = False
    cardholder_id: UUID | None = None
    runner_up: float | None = None


def match_one(probe: Probe, template: Template | None, threshold: float) -> FaceMatch:
    """Is this the person the pass or card has named? No template gives NO_REFERENCE. Raises ModelMismatch."""
    if template is None:
        return FaceMatch(FaceStatus.NO_REFERENCE, None, threshold)
    _same_model(probe, template.model)
    score = float(template.vector @ probe.vector)
    status = FaceStatus.MATCHED if score >= threshold else FaceStatus.BELOW_THRESHOLD
    return FaceMatch(status, score, threshold)


def search(probe: Probe, gallery: Gallery, threshold: float, margin: float = MARGIN) -> FaceMatch:
    """Who is this? Raises ModelMismatch.

    The best must reach the threshold, and the next best must be further off than `margin`, whether or not that one
    reaches the threshold too: the higher of two near scores is not evidence.
    """
    _same_model(probe, gallery.model)
    nearest = gallery.nearest(probe.vector)
    if nearest is None:
        return FaceMatch(FaceStatus.NO_REFERENCE, None, threshold, one_to_many=True)
    found = FaceStatus.MATCHED
    if not nearest.score >= threshold:
        found = FaceStatus.BELOW_THRESHOLD
    elif nearest.runner_up is not None and not nearest.score - nearest.runner_up > margin:
        found = FaceStatus.AMBIGUOUS
    return FaceMatch(
        status=found,
        score=nearest.score,
        threshold=threshold,
        one_to_many=True,
        cardholder_id=nearest.cardholder_id if found is FaceStatus.MATCHED else None,
        runner_up=nearest.runner_up,
    )


def _same_model(probe: Probe, model: str) -> None:
    if probe.model != model:
        raise ModelMismatch(f"a probe of model {probe.model} cannot be compared with templates of {model}")
