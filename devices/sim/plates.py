"""Plates that are visibly samples: strokes of our own on a coloured board, stood in a street of noise.

Digits and letters are drawn with OpenCV's built-in strokes; of the provinces 川, which is three of our own. Any other
has a blot in its place: the reader finds and reads the rest, and says by its score that it does not know the province.
"""

import cv2
import numpy as np

BLUE, GREEN, YELLOW = (180, 80, 20), (120, 200, 110), (30, 180, 240)
"""Blue-green-red."""


def board(text: str, ground: tuple[int, int, int] = BLUE, ink: tuple[int, int, int] = (245, 245, 245)) -> np.ndarray:
    """440 x 140 px. A `text` without 川 in front stands behind a blot."""
    plate = np.full((140, 440, 3), ground, np.uint8)
    cv2.rectangle(plate, (5, 5), (434, 134), ink, 3)
    if text.startswith("川"):
        text = text[1:]
        for start, middle, end in (
            ((22, 32), (22, 80), (14, 110)),
            ((40, 36), (40, 70), (40, 104)),
            ((60, 30), (60, 70), (60, 112)),
        ):
            cv2.polylines(plate, [np.array([start, middle, end])], False, ink, 7, cv2.LINE_AA)
    else:
        cv2.rectangle(plate, (18, 30), (62, 110), ink, 5)
        cv2.line(plate, (18, 70), (62, 70), ink, 5)
        cv2.line(plate, (40, 30), (40, 110), ink, 5)
    step = 366 / len(text)
    for place, character in enumerate(text):
        left = round(72 + place * step)
        cv2.putText(plate, character, (left, 112), cv2.FONT_HERSHEY_SIMPLEX, 2.6, ink, 8, cv2.LINE_AA)
    return plate


def street(plate: np.ndarray, middle: tuple[float, float] = (640, 420), width: float = 220, degrees: float = 0.0,
           blur: float = 0.0, seed: int = 1) -> np.ndarray:  # fmt: skip
    """The plate on a dark car in a 1280 x 720 street; it may reach over the border."""
    rng = np.random.default_rng(seed)
    frame = cv2.GaussianBlur(rng.normal(110, 40, (720, 1280, 3)).astype(np.float32), (0, 0), 9)
    across, down = round(middle[0]), round(middle[1])
    cv2.rectangle(frame, (across - 330, down - 260), (across + 330, down + 120), (45, 45, 50), -1)
    warp = cv2.getRotationMatrix2D((220, 70), degrees, width / 440)
    warp[0, 2] += middle[0] - 220
    warp[1, 2] += middle[1] - 70
    share = cv2.warpAffine(np.ones(plate.shape[:2], np.float32), warp, (1280, 720), flags=cv2.INTER_AREA)[:, :, None]
    drawn = cv2.warpAffine(plate.astype(np.float32), warp, (1280, 720), flags=cv2.INTER_AREA)
    frame = frame * (1 - share) + drawn
    if blur:
        frame = cv2.GaussianBlur(frame, (0, 0), blur)
    return np.clip(frame, 0, 255).astype(np.uint8)
