"""Where plates are: a network that gives each of a grid of anchors a score and four corners.

    image   1 x 3 x H x W, blue-green-red, 0..255 less the mean of each channel
    loc     anchors x 4      shift of the middle and size, in shares of the anchor (variances 0.1 and 0.2)
    conf    anchors x 2      no plate, plate
    landms  anchors x 8      four corners, as shifts in shares of the anchor (variance 0.1), in no order to rely on

An anchor is a square: two sizes on each of three grids, 8, 16 and 32 px apart, rows first. (Read off the network's own
outputs; there is no paper of it.) The frame is brought to 960 px on its longer side, up or down.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from devices.ports import Pixels
from edge.verify.plate.ports import Corners, Located
from edge.verify.plate.weights import LoadedWeights

LONG_SIDE_PX = 960
SIDE_MIN_PX = 32
"""A frame that is narrower than this after scaling holds no plate, and the coarsest grid has no anchor on it."""
SCORE_MIN = 0.3
OVERLAP_MAX = 0.4
PLATES_MAX = 10
_MEAN = (104.0, 117.0, 123.0)
_GRIDS = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))
_MIDDLE, _SIZE = 0.1, 0.2

Floats = npt.NDArray[np.float32]


class PlateLocator:
    """The network in onnxruntime. Safe to share between threads."""

    def __init__(self, weights: LoadedWeights) -> None:
        self._session = ort.InferenceSession(weights.locator, one_thread(), providers=["CPUExecutionProvider"])

    def find(self, pixels: Pixels) -> tuple[Located, ...]:
        height, width = pixels.shape[:2]
        if min(height, width) == 0:
            return ()
        scale = LONG_SIDE_PX / max(height, width)
        size = round(width * scale), round(height * scale)
        if min(size) < SIDE_MIN_PX:
            return ()
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        image = np.ascontiguousarray((small.astype(np.float32) - np.array(_MEAN, np.float32)).transpose(2, 0, 1)[None])
        loc, conf, landms = self._session.run(["loc", "conf", "landms"], {"image": image})
        found = decoded(loc[0], conf[0][:, 1], landms[0], size)
        back = (width / size[0], height / size[1])
        return tuple(Located(_scaled(each.corners, back), each.score) for each in found)


def one_thread() -> ort.SessionOptions:
    """The other cores belong to the lane, the cameras and the journal."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return options


def decoded(loc: Floats, scores: Floats, landms: Floats, size: tuple[int, int]) -> list[Located]:
    """The network's answer for an image of `size` (width, height), in its pixels; each plate once, the surest first."""
    kept = np.flatnonzero(np.isfinite(scores) & (scores >= SCORE_MIN))
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    anchors = _anchors(size)[kept]
    middles, sides = anchors[:, :2], anchors[:, 2:]
    centres = middles + loc[kept, :2] * _MIDDLE * sides
    spans = sides * np.exp(np.minimum(loc[kept, 2:] * _SIZE, 10.0))
    boxes = np.hstack([centres - spans / 2, centres + spans / 2])
    points = middles[:, None] + landms[kept].reshape(-1, 4, 2) * _MIDDLE * sides[:, None]
    found: list[Located] = []
    taken: list[Floats] = []
    for box, corners, score in zip(boxes, points, scores[kept], strict=True):
        ordered = in_order(corners)
        if ordered is not None and all(overlap(box, other) < OVERLAP_MAX for other in taken):
            found.append(Located(ordered, float(score)))
            taken.append(box)
        if len(found) == PLATES_MAX:
            break
    return found


def in_order(points: Floats) -> Corners | None:
    """Four points as upper left, upper right, lower right, lower left of a plate that lies less than about 60 degrees
    askew; None where they enclose next to nothing."""
    if not np.isfinite(points).all():
        return None
    by_across = points[np.argsort(points[:, 0], kind="stable")]
    left, right = by_across[:2], by_across[2:]
    (up_left, low_left), (up_right, low_right) = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    ring = np.array([up_left, up_right, low_right, low_left], np.float32)
    if not cv2.isContourConvex(ring) or cv2.contourArea(ring) < 16:
        return None
    first, second, third, fourth = ((float(across), float(down)) for across, down in ring)
    return first, second, third, fourth


def overlap(one: Floats, other: Floats) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(wide, 0.0) * max(high, 0.0)
    whole = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - shared
    return float(shared / whole) if whole > 0 else 0.0


def _anchors(size: tuple[int, int]) -> Floats:
    """Middle and side of each anchor, in pixels: across, down, wide, high."""
    width, height = size
    grids = []
    for apart, sides in _GRIDS:
        down, across = np.mgrid[0 : -(-height // apart), 0 : -(-width // apart)]
        middles = (np.stack([across, down], axis=-1).reshape(-1, 1, 2) + 0.5) * apart
        each = np.broadcast_to(np.array(sides, np.float64)[None, :, None], (len(middles), 2, 2))
        grids.append(np.concatenate([np.broadcast_to(middles, each.shape), each], axis=-1).reshape(-1, 4))
    return np.concatenate(grids).astype(np.float32)


def _scaled(corners: Corners, by: tuple[float, float]) -> Corners:
    first, second, third, fourth = ((across * by[0], down * by[1]) for across, down in corners)
    return first, second, third, fourth
