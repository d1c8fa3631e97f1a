"""YuNet: where the faces are, and five landmarks of each.

A frame is shrunk to the area of 544x408: at the gate a face is large, and time grows with the area. Measured on frames
of 640x480 drawn from 480 pairs of labelled photos, the face 150 to 430 px high: looked at 640, 608, 544 and 480 px, the
mean score of a pair was 0.676, 0.678, 0.675 and 0.675; below 0.5 fell 28, 28, 29 and 29 pairs; one look took 18 ms at
640 and 10 at 480. Where the first look finds nobody, a second at a third of that area finds faces that fill the
picture: a person very close to the lens, or a passport crop. At enrolment there is time for more.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from devices.ports import Pixels
from edge.verify.face.weights import LoadedWeights

AREAS_PX = (544 * 408, 320 * 240)
CAREFUL_AREAS_PX = (640 * 640, 320 * 240)
SCORE_MIN = 0.7
NMS_IOU_MAX = 0.3
FACES_MAX = 50
SIDE_MIN_PX = 48
"""A look at a narrower or lower picture is not taken: no usable face fits, and at 16x320 OpenCV 4.14 was seen to report
a face of score 1.0 at 1e31, read from memory it had not written."""

Landmarks = npt.NDArray[np.float32]
"""5 x 2, in pixels of the whole frame: the eye on the left of the picture, the other eye, nose tip, mouth corners."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face. `box` is x, y, width, height in pixels of the whole frame, and may reach beyond its edges."""

    box: tuple[float, float, float, float]
    landmarks: Landmarks
    score: float

    @property
    def side_px(self) -> float:
        """The shorter side of the box."""
        return min(self.box[2], self.box[3])


class Detector:
    """YuNet through OpenCV. Safe to share between threads: OpenCV's object is not, so one looks at a time."""

    def __init__(self, weights: LoadedWeights) -> None:
        no_config = np.zeros(0, np.uint8)
        model = np.frombuffer(weights.detector, np.uint8)
        self._net = cv2.FaceDetectorYN.create("onnx", model, no_config, (320, 320), SCORE_MIN, NMS_IOU_MAX, FACES_MAX)
        self._one_at_a_time = threading.Lock()

    def find(self, pixels: Pixels, careful: bool = False) -> tuple[Face, ...]:
        """All faces, the largest first. `pixels` is a height x width x 3 uint8 array, blue-green-red.

        `careful`: with more detail than a frame at the gate has time for.
        """
        height, width = pixels.shape[:2]
        if min(height, width) == 0:
            return ()
        for area in CAREFUL_AREAS_PX if careful else AREAS_PX:
            scale = min(1.0, math.sqrt(area / (height * width)))
            if faces := self._look(pixels, scale):
                return faces
        return ()

    def _look(self, pixels: Pixels, scale: float) -> tuple[Face, ...]:
        height, width = (round(side * scale) for side in pixels.shape[:2])
        if min(height, width) < SIDE_MIN_PX:
            return ()
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        with self._one_at_a_time:
            self._net.setInputSize((width, height))
            rows = self._net.detect(small)[1]
        if rows is None:
            return ()
        back = np.array([pixels.shape[1] / width, pixels.shape[0] / height], np.float32)
        faces = [_face(row, back) for row in rows if _is_possible(row, width, height)]
        return tuple(sorted(faces, key=lambda face: face.side_px, reverse=True))


def _is_possible(row: npt.NDArray[np.float32], width: int, height: int) -> bool:
    """A box with an area, whose middle is in the picture."""
    x, y, wide, high = row[:4] + np.array([row[2] / 2, row[3] / 2, 0, 0], np.float32)
    return bool(np.isfinite(row).all() and wide >= 2 and high >= 2 and 0 <= x <= width and 0 <= y <= height)


def _face(row: npt.NDArray[np.float32], back: npt.NDArray[np.float32]) -> Face:
    x, y, width, height = (float(v) for v in row[:4] * np.tile(back, 2))
    return Face(box=(x, y, width, height), landmarks=row[4:14].reshape(5, 2) * back, score=float(row[14]))
