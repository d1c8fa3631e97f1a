"""Is this face fit to be compared? The first thing wrong with it, as a value. What is unfit never reaches the matcher.

Measured with this model on 200 mated pairs, one photo of each pair made worse, FNMR at cosine 0.467 (5.5 % untouched):

    box 48 px 4.5 %    39 px 6 %    29 px 12 %    20 px 38 %
    blur (Gaussian, in px of a 94 px face) 1.5: 7.5 %    2: 10 %    2.5: 20 %    3: 27 %    4: 58 %    6: 98 %
    light taken down to brightness 64: 7.5 %    38: 9.5 %    25: 16 %    15: 42 %; overexposed to 230: 49 %
    contrast (standard deviation) 19: 8 %    12: 15 %    8: 40 %

Masks and dark glasses are judged as far as cover.py says, at enrolment drawings as far as drawn.py does. Closed eyes,
hands and hair are not judged; they lower the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from devices.ports import Pixels
from edge.verify.face.cover import eyes_covered, mouth_covered
from edge.verify.face.detect import Face, Landmarks
from edge.verify.face.drawn import is_drawn
from models.access.probe import BRIGHTNESS_MAX, BRIGHTNESS_MIN, SHARPNESS_MIN, SIDE_PX_MIN, YAW_MAX, ProbeQuality


class Unfit(StrEnum):
    """Why there is nothing to compare; each asks for another try in words that say what to change."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    TURNED_AWAY = "turned_away"
    NOT_UPRIGHT = "not_upright"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TOO_BLURRED = "too_blurred"
    EYES_COVERED = "eyes_covered"
    MOUTH_COVERED = "mouth_covered"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is fit. `sharpness_min` and the light are measured on the aligned 112x112 crop."""

    side_px_min: float
    rival_share: float
    """Another face whose side is at least this share of the largest one's makes it unclear who is meant."""
    sharpness_min: float
    brightness_min: float = BRIGHTNESS_MIN
    brightness_max: float = BRIGHTNESS_MAX
    contrast_min: float = 10.0
    """Standard deviation of the grey levels; less is haze, or a lens breathed upon."""
    glare_share_max: float = 0.08
    """Share of burnt-out pixels. From 0.05 FNMR was 39 % (33 pairs), but 0.08 spares faces lit from one side."""
    yaw_max: float = YAW_MAX
    """How far the nose tip is off the middle of the eyes, in eye distances. FNMR jumps at 0.5 (42 %, 19 pairs)."""
    pitch_off_max: float = 0.16
    roll_deg_max: float = 35.0
    refuses_drawn: bool = False


AT_THE_GATE = Limits(side_px_min=SIDE_PX_MIN, rival_share=0.6, sharpness_min=SHARPNESS_MIN)
"""Somebody waiting behind is smaller than 0.6; two people side by side are not."""

AT_ENROLMENT = Limits(
    side_px_min=80,
    rival_share=0.25,
    sharpness_min=0.006,
    brightness_min=45.0,
    contrast_min=15.0,
    yaw_max=0.4,
    pitch_off_max=0.14,
    roll_deg_max=25.0,
    refuses_drawn=True,
)
"""Stricter: a template is used for years, its photos may show nobody else, and nobody drawn."""

ANYBODY = Limits(side_px_min=0, rival_share=0.6, sharpness_min=0.0, yaw_max=9.0, pitch_off_max=9.0, roll_deg_max=180.0)
"""For cropping a picture around somebody who is not going to be compared."""

_INNER = np.s_[24:104, 20:92]
"""The part of the aligned crop that is face, whatever the hair."""

_PITCH_FRONTAL = 0.55
"""Nose tip between eye line (0) and mouth line (1) when looking straight: the median of 3,139 photos."""


def choose(faces: tuple[Face, ...], limits: Limits = AT_THE_GATE) -> Face | Unfit:
    """The one face that is meant: `faces` come from Detector.find, largest first."""
    if not faces:
        return Unfit.NO_FACE
    largest = faces[0]
    if len(faces) > 1 and faces[1].side_px >= limits.rival_share * largest.side_px:
        return Unfit.SEVERAL_FACES
    return place(largest, limits) or largest


def place(face: Face, limits: Limits = AT_THE_GATE) -> Unfit | None:
    """What is wrong with where one face stands and looks, whoever else is there; None: nothing."""
    if face.side_px < limits.side_px_min:
        return Unfit.TOO_SMALL
    return Unfit.TURNED_AWAY if _is_turned_away(face.landmarks, limits) else None


def judge(crop: Pixels, limits: Limits = AT_THE_GATE) -> Unfit | None:
    """What is wrong with an aligned crop, light and focus first: without them nothing else can be judged."""
    grey = _grey(crop)
    inner = grey[_INNER]
    brightness, contrast = float(inner.mean()), float(inner.std())
    if brightness < limits.brightness_min:
        return Unfit.TOO_DARK
    if brightness > limits.brightness_max or float((inner >= 250).mean()) > limits.glare_share_max:
        return Unfit.TOO_BRIGHT
    if contrast < limits.contrast_min or sharpness(crop) < limits.sharpness_min:
        return Unfit.TOO_BLURRED
    if eyes_covered(crop):
        return Unfit.EYES_COVERED
    if mouth_covered(crop):
        return Unfit.MOUTH_COVERED
    return Unfit.DRAWN if limits.refuses_drawn and is_drawn(crop) else None


def measured(face: Face, crop: Pixels) -> ProbeQuality:
    """A fit face in the figures that it was judged by."""
    return ProbeQuality(
        side_px=face.side_px, sharpness=sharpness(crop), brightness=float(_grey(crop)[_INNER].mean()),
        yaw=abs(yaw_of(face.landmarks)),
    )  # fmt: skip


def is_dark(picture: Pixels, limits: Limits = AT_THE_GATE) -> bool:
    """Whether a whole picture is darker than any face in it may be: a face that is not found may well be there."""
    return float(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).mean()) < limits.brightness_min


def sharpness(crop: Pixels) -> float:
    """Energy of fine detail over energy of all detail, after a light smoothing.

    Without the smoothing sensor noise passed for detail: noise of 8 levels lifted a face blurred beyond recognition
    above every sharp one. With it the medians were 0.023 untouched, 0.025 with that noise, 0.006 at blur 2, 0.002 at
    3; half a percent of untouched photos lie below 0.006.
    """
    grey = _grey(crop)
    fine = cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.0), cv2.CV_32F)[_INNER]
    return float(fine.var()) / max(float(grey[_INNER].var()), 1.0)


def _grey(crop: Pixels) -> npt.NDArray[np.float32]:
    return cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)


def yaw_of(landmarks: Landmarks) -> float:
    """How far the nose tip is off the middle of the eyes, in eye distances; positive: to the right in the picture.

    For a face that was found fit: eyes in one point have no distance.
    """
    points = landmarks[:, 0].astype(float) + 1j * landmarks[:, 1].astype(float)
    return float(((points[2] - (points[0] + points[1]) / 2) / (points[1] - points[0])).real)


def _is_turned_away(landmarks: Landmarks, limits: Limits) -> bool:
    """From where the nose tip lies in the frame of eyes and mouth, as complex numbers: eyes at -0.5 and 0.5."""
    points = landmarks[:, 0].astype(float) + 1j * landmarks[:, 1].astype(float)
    eyes = points[1] - points[0]
    if abs(eyes) < 1:
        return True
    nose, left, right = (points[2:] - (points[0] + points[1]) / 2) / eyes
    mouth = (left + right) / 2
    if mouth.imag < 0.3 or abs(float(np.degrees(np.angle(eyes)))) > limits.roll_deg_max:
        return True
    yaw, pitch_off = abs(float(nose.real)), abs(float(nose.imag / mouth.imag) - _PITCH_FRONTAL)
    return yaw > limits.yaw_max or pitch_off > limits.pitch_off_max
