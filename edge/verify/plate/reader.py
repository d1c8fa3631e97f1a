"""From one frame to what its plates say: locate, rectify, recognise, decode, in this order.

One PlateReader holds both networks (about 100 MB). It may be shared between threads. One frame decides nothing: the
reads of an approach go through `approach.py` to `vote.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2

from devices.ports import Pixels
from edge.verify.plate import weights
from edge.verify.plate.colour import colour_of, hue_of
from edge.verify.plate.grammar import PLATES
from edge.verify.plate.locate import PlateLocator
from edge.verify.plate.ports import Located, Locator, PlateRead, Recogniser
from edge.verify.plate.recognise import PpOcr
from edge.verify.plate.rectify import HEIGHT_PX, WIDTHS_PX, rectify
from edge.verify.plate.viterbi import Decoded, decode
from edge.verify.plate.vote import is_cut
from models.values.plate import PlateColour


class PlateReader:
    """A locator and a recogniser."""

    def __init__(self, locator: Locator, recogniser: Recogniser) -> None:
        self._locator, self._recogniser = locator, recogniser

    @classmethod
    def open(cls, folder: Path) -> PlateReader:
        """From the folder that set-up prepared. Raises WeightsMissing or WeightsChanged (SEC-18)."""
        loaded = weights.load(folder)
        return cls(PlateLocator(loaded), PpOcr(loaded))

    def read(self, pixels: Pixels) -> tuple[PlateRead, ...]:
        """Every plate of a frame, the surest first. `pixels` is height x width x 3, uint8, blue-green-red."""
        reads = (self._read(pixels, located) for located in self._locator.find(pixels))
        return tuple(sorted((read for read in reads if read is not None), key=lambda read: -read.score))

    def read_crop(self, crop: Pixels) -> tuple[str, PlateColour, float]:
        """Text, colour and score of a picture that is nothing but a plate; for measuring the recogniser alone."""
        views = [cv2.resize(crop, (width, HEIGHT_PX)).astype(crop.dtype, copy=False) for width in WIDTHS_PX]
        return _judged(self._surest(views), views[0])

    def _read(self, pixels: Pixels, located: Located) -> PlateRead | None:
        views = [rectify(pixels, located.corners, width) for width in WIDTHS_PX]
        text, colour, score = _judged(self._surest(views), views[0])
        across, down = zip(*located.corners, strict=True)
        box = (min(across), min(down), max(across), max(down))
        cut = is_cut(box, (pixels.shape[1], pixels.shape[0]))
        return PlateRead(text, colour, score, located.score, located.corners, cut) if text else None

    def _surest(self, views: Iterable[Pixels]) -> Decoded | None:
        found = [decode(self._recogniser.probabilities(view), PLATES) for view in views]
        read = [each for each in found if each is not None]
        return max(read, key=lambda each: sum(each.characters) / len(each.characters), default=None)


def _judged(decoded: Decoded | None, crop: Pixels) -> tuple[str, PlateColour, float]:
    if decoded is None:
        return "", PlateColour.UNKNOWN, 0.0
    colour, agrees = colour_of(decoded.text, hue_of(crop))
    return decoded.text, colour, decoded.weakest if agrees else 0.0
