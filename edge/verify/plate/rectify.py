"""From four corners to an upright crop, with a little of what surrounds the plate."""

from __future__ import annotations

import cv2
import numpy as np

from devices.ports import Pixels
from edge.verify.plate.ports import Corners

HEIGHT_PX = 48
"""What PP-OCRv4 was trained on."""
WIDTHS_PX = (200, 280)
"""Characters as narrow as they are in print, and wider: one of the two suits most plates, and the surer one is kept."""
ASIDE, ABOVE = 0.04, 0.1
"""Margins in shares of the plate's width and height: corners are never quite right, and a cut character is lost."""


def rectify(pixels: Pixels, corners: Corners, width: int) -> Pixels:
    """The plate as `width` x 48 px. Where it reaches beyond the frame, the border's pixels are repeated."""
    left, right = width * ASIDE / (1 + 2 * ASIDE), width * (1 + ASIDE) / (1 + 2 * ASIDE)
    top, bottom = HEIGHT_PX * ABOVE / (1 + 2 * ABOVE), HEIGHT_PX * (1 + ABOVE) / (1 + 2 * ABOVE)
    target = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    warp = cv2.getPerspectiveTransform(np.array(corners, np.float32), target)
    size = (width, HEIGHT_PX)
    crop = cv2.warpPerspective(pixels, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return crop.astype(np.uint8, copy=False)
