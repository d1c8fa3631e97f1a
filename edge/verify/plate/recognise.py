"""PP-OCRv4's recogniser: what each column of an upright crop shows, in the symbols that a plate can carry.

x        1 x 3 x 48 x W, blue-green-red, -1..1
answer   W / 8 columns x 6625: the blank, the characters of the metadata key `character`, the space; rows sum to 1
"""

from __future__ import annotations

import numpy as np
import onnxruntime as ort

from devices.ports import Pixels
from edge.verify.plate.grammar import SYMBOLS, seen_as
from edge.verify.plate.locate import one_thread
from edge.verify.plate.ports import Probabilities
from edge.verify.plate.rectify import HEIGHT_PX
from edge.verify.plate.weights import LoadedWeights


class PpOcr:
    """The network in onnxruntime. Safe to share between threads."""

    def __init__(self, weights: LoadedWeights) -> None:
        self._session = ort.InferenceSession(weights.recogniser, one_thread(), providers=["CPUExecutionProvider"])
        known = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        place = {character: number for number, character in enumerate(known, start=1)}
        self._columns = [[0]] + [[place[one] for one in seen_as(symbol) if one in place] for symbol in SYMBOLS]

    def probabilities(self, crop: Pixels) -> Probabilities:
        """Raises ValueError for a crop of another height."""
        if crop.ndim != 3 or crop.shape[0] != HEIGHT_PX or crop.shape[2] != 3:
            raise ValueError(f"a crop is {HEIGHT_PX} px high and has three channels, not {crop.shape}")
        x = np.ascontiguousarray((crop.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])
        answer = self._session.run(None, {"x": x})[0][0]
        return np.stack([answer[:, columns].sum(axis=1) for columns in self._columns], axis=1)
