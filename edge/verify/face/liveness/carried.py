"""Where the five points of a face went by what is printed or grown there, and not by what a detector makes of it.

A detector has learned how heads look. Of a picture bent around a head it gives the landmarks of a head that turns: of
30 such drawings, worn by somebody who turned as asked, 5 passed by its points alone. Here each point is a patch of 25
places, and each place is looked for in the next frame and back again; a patch goes where the middle of those goes that
came back to within a pixel.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edge.verify.face.liveness.challenge import Points

Grey = npt.NDArray[np.uint8]

ACROSS = np.linspace(-0.14, 0.14, 5)
"""The places of a patch, in eye distances."""
CAME_BACK_PX = 1.0
PLACES_MIN = 5
EYES_MIN_PX = 25.0
"""A turned face narrows, and its patches would with it."""
WINDOW, LEVELS = (15, 15), 3


def carry(before: Grey, now: Grey, points: Points) -> Points | None:
    """The points of the frame before, in the frame now; None where one was lost."""
    apart = max(float(np.hypot(*(points[1] - points[0]))), EYES_MIN_PX)
    patches = np.array(
        [[x + across, y + down] for x, y in points for across in ACROSS * apart for down in ACROSS * apart]
    )
    places = patches.reshape(-1, 1, 2).astype(np.float32)
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, now, places, places.copy(), winSize=WINDOW, maxLevel=LEVELS)
    back, again, _ = cv2.calcOpticalFlowPyrLK(now, before, there, there.copy(), winSize=WINDOW, maxLevel=LEVELS)
    off = np.linalg.norm((back - places).reshape(-1, 2), axis=1)
    good = ((found.ravel() == 1) & (again.ravel() == 1) & (off < CAME_BACK_PX)).reshape(len(points), -1)
    if (good.sum(axis=1) < PLACES_MIN).any():
        return None
    moved = (there - places).reshape(len(points), -1, 2)
    return np.array(
        [point + np.median(went[fit], axis=0) for point, went, fit in zip(points, moved, good, strict=True)]
    )
