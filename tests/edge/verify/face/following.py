"""What a lane is told of somebody who stands before its camera with a pass, frame by frame."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from edge.verify.face.checker import FaceChecker
from edge.verify.face.track import FRAMES_MIN, InView
from models.access.verification import FaceResult

RESIDENT = UUID(int=1)


def answers(checker: FaceChecker, seen: Sequence[np.ndarray], whose: UUID = RESIDENT) -> list[FaceResult | None]:
    """What is told frame by frame, a third of a second apart."""
    view, told = InView(), list[FaceResult | None]()
    for turn, frame in enumerate(seen):
        view, result = checker.follow(view, frame, turn / 3, whose)
        told.append(result)
    return told


def last(checker: FaceChecker, frame: np.ndarray, whose: UUID = RESIDENT) -> FaceResult:
    """What is told of somebody who stands still for as many frames as it takes."""
    told = answers(checker, [frame] * FRAMES_MIN, whose)[-1]
    assert told is not None
    return told
