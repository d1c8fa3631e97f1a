"""Turn, scale and shift a face so that its landmarks lie where the network learned them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from devices.ports import Pixels
from edge.verify.face.detect import Landmarks

CROP_PX = 112

_PLACES = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float64
)
"""Where eyes, nose and mouth corners belong in a 112x112 crop: the layout SFace and its kin were trained on."""


def align(pixels: Pixels, landmarks: Landmarks) -> Pixels:
    """The face as a 112x112x3 crop; outside the frame it is black. Gives what FaceRecognizerSF.alignCrop gives."""
    cropped = cv2.warpAffine(pixels, _similarity(landmarks), (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR)
    return cropped.astype(np.uint8, copy=False)


def _similarity(landmarks: Landmarks) -> npt.NDArray[np.float64]:
    """The 2x3 matrix of the least-squares similarity without mirroring.

    With points as complex numbers a similarity is z -> a*z + b, and least squares gives `a` in closed form.
    """
    seen = _complex(landmarks.astype(np.float64))
    wanted = _complex(_PLACES)
    from_centre, to_centre = seen - seen.mean(), wanted - wanted.mean()
    spread = float(np.vdot(from_centre, from_centre).real)
    a = complex(np.vdot(from_centre, to_centre)) / max(spread, 1e-9)
    b = complex(wanted.mean() - a * seen.mean())
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def _complex(points: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    return points[:, 0] + 1j * points[:, 1]
