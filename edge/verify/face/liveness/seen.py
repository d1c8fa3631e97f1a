"""From what the detector found to what the challenge sees."""

from __future__ import annotations

import numpy as np

from edge.verify.face.detect import Face
from edge.verify.face.liveness.challenge import Seen
from edge.verify.face.quality import AT_THE_GATE


def seen_in(faces: tuple[Face, ...], mine: bool) -> Seen | None:
    """The nearest face of a frame (largest first, as Detector.find gives them), and whether this frame was found to be
    the cardholder's; None when there is no face."""
    if not faces:
        return None
    nearest, *others = faces
    alone = all(other.side_px < AT_THE_GATE.rival_share * nearest.side_px for other in others)
    return Seen(nearest.box, nearest.landmarks.astype(np.float64), alone, mine=mine)
