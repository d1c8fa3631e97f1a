"""SFace: from an aligned crop to a direction in 128 dimensions. Two pictures of one person point much the same way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from devices.ports import Pixels
from edge.verify.face.align import CROP_PX
from edge.verify.face.errors import FaceFault
from edge.verify.face.weights import LoadedWeights

DIMENSIONS = 128

Embedding = npt.NDArray[np.float32]
"""128 numbers of length 1, so that the cosine of two is their product."""


class Embedder:
    """SFace in onnxruntime. Safe to share between threads."""

    def __init__(self, weights: LoadedWeights) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # the other cores belong to the lane, the cameras and the journal
        options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(weights.embedder, options, providers=["CPUExecutionProvider"])
        self.model = weights.model

    def embed(self, crop: Pixels) -> Embedding:
        """The embedding of a 112x112x3 crop from `align`. Raises ValueError for another shape."""
        if crop.shape != (CROP_PX, CROP_PX, 3):
            raise ValueError(f"an aligned crop is {CROP_PX}x{CROP_PX}x3, not {crop.shape}")
        rgb = np.ascontiguousarray(crop[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32)
        return unit(self._session.run(["fc1"], {"data": rgb})[0][0])


def unit(vector: npt.NDArray[np.floating]) -> Embedding:
    """The same direction with length 1. Raises FaceFault where there is no direction (zeros, not a number)."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        raise FaceFault("the network gave a vector without a direction")
    return (vector / length).astype(np.float32)
