"""What finds a plate and what reads it, as two ports; between them pass frozen values.

A frame goes through the locator to corners, from the corners to an upright crop, from the crop through the recogniser
to probabilities, and from these through the grammar to one text. Other networks fit behind the same two calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from devices.ports import Pixels
from models.values.plate import PlateColour

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
"""In pixels of the whole frame: the plate's own upper left, upper right, lower right, lower left. One that the frame's
border cuts may lie outside."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""

Probabilities = npt.NDArray[np.float32]
"""Time steps x (1 + symbols): the blank first, then `grammar.SYMBOLS` in their order. A row sums to at most one."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a plate may be. score: the locator's, 0 to 1."""

    corners: Corners
    score: float


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate of one frame, read whatever is there: that it looks like a plate makes it none.

    text: fits the grammar always. score: of its weakest character, 0 to 1; 0 where the colour contradicts the form.
    located: the locator's score. cut: it touches the frame's border, so that characters may be missing (LANE-04).
    """

    text: str
    colour: PlateColour
    score: float
    located: float
    corners: Corners
    cut: bool

    @property
    def box(self) -> Box:
        across, down = zip(*self.corners, strict=True)
        return min(across), min(down), max(across), max(down)


class Locator(Protocol):
    """Safe to share between threads."""

    def find(self, pixels: Pixels) -> tuple[Located, ...]:
        """Every plate of a height x width x 3 picture (blue-green-red), the surest first. Nothing found: none."""


class Recogniser(Protocol):
    """Safe to share between threads."""

    def probabilities(self, crop: Pixels) -> Probabilities:
        """What each column of an upright crop shows. `crop` is `rectify.HEIGHT_PX` high, of any width."""
