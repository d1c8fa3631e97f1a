"""What does the picture show: the gate, nothing, or another place? Pure: pictures and `now` in, verdicts out.

    sight = Sight().saw(look(frame.pixels), now)        every quarter second
    sight.verdict                                       Shown.CLEAR | BLACK | COVERED, after SURE_S
    aim = aim.saw(look(frame.pixels), now)              every AIM_EVERY_S, while the sight is clear
    aim.moved                                           judged over AIM_WINDOW_S

Black and covered are told by one number each, on a grey picture of 160 × 90 (small, so that sensor noise is averaged
away; a look at 1280 × 720 costs 2.4 ms). The top and bottom ninth are left out: there cameras write their name and the
time, also over a black picture.
    bright      the brightness that 1 % of the picture exceeds, 0 to 255
    edges       the share of the picture where brightness changes by more than EDGE a pixel

Moved is told by comparing gradients, averaged over a minute so that people who pass wash out, with those of a reference
minute, block by block: a car that parks in the picture changes some blocks, a camera that was turned changes nearly
all. Each block is compared by correlation, to which brightness and contrast make no difference. A camera that switches
to infrared shows another world in the same place: with and without colour there is a reference each. A reference
follows the slow change of light while it fits, and a new view that stays for SETTLED_WINDOWS is the new reference.

Measured on generated scenes (`devices/sim/scenes.py`; drawn, not photographed, and richer in edges than many a gate).
Black and covered, 200 scenes a line (seeds 0 to 199), least and most; wrong of 200:

    day, 0, 3 or 8 people       bright 133 to 231    edges 0.47  to 0.85      0, 0, 0
    a third of the light        bright  47 to  79    edges 0.26  to 0.52      0
    an eighth of the light      bright  17 to  27    edges 0.026 to 0.24      0
    infrared, lit in the middle bright  76 to 149    edges 0.39  to 0.71      0
    too much light              bright 206 to 255    edges 0.52  to 0.91      0
    cap                         bright   2 to   9    edges 0                  0
    tape, hand, spray           bright  62 to 211    edges 0     to 0.0001    0, 0, 0
    thin bag (blurred shapes)   bright 104 to 196    edges 0     to 0.058    15 not noticed

Moved, 60 scenes a line (seeds 0 to 59), 8 pictures a minute with 0 to 4 people; share of blocks alike; told as moved:

    nothing changed             0.90 to 1.00    0    turned by 5 % of its view     0.00 to 0.30   60
    8 people in every picture   0.62 to 1.00    0    turned by 10 %                0.00 to 0.80   53
    light × 0.35, × 1.7         0.85 to 1.00    0    turned by 25 %                0.00 to 0.78   55
    a car parks                 0.63 to 0.85    0    tilted by 15 %                0.10 to 0.69   47
    a shadow's edge comes       0.87 to 1.00    0    rolled by 5°                  0.17 to 0.53   59
    shadow, car and dusk        0.60 to 0.85    0    rolled by 10°, 1.2 × nearer   0.00 to 0.23   60, 60

What is turned and yet not noticed shows bars and a horizon that look the same a little farther on.

The reference lives in memory: a camera that is turned while its node is switched off is not noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from devices.ports import Pixels

WIDTH, HEIGHT, MARGIN = 160, 90, 10
ROWS = HEIGHT - 2 * MARGIN
SLOPE = 1 / 8  # makes the gradient operator's answer brightness per pixel
EDGE = 2.0
BLACK_BRIGHT = 16.0
COVERED_EDGES = 0.01
SURE_S = 1.2
"""So long a picture must be black or covered: a coat that fills the picture while its wearer passes is none. With a
look every quarter second and the way to the alarm it stays below the two seconds of a tamper alarm."""
COLOUR = 6.0
AIM_EVERY_S = 2.0
AIM_WINDOW_S = 60.0
BLOCKS_ACROSS, BLOCKS_DOWN = 8, 5
TEXTURE = 0.5
BLOCKS_LEAST = 6
ALIKE = 0.5
MOVED_SHARE = 0.5
FOLLOW = 0.1
SETTLED_WINDOWS = 10

Field = npt.NDArray[np.float32]


class Shown(StrEnum):
    """What a picture shows."""

    CLEAR = "clear"
    BLACK = "black"
    COVERED = "covered"


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is kept of one picture. `gradients`: how brightness changes across and down, 2 x ROWS x WIDTH."""

    bright: float
    edges: float
    colour: bool
    gradients: Field = field(repr=False)

    @property
    def shown(self) -> Shown:
        """By this picture alone."""
        if self.bright < BLACK_BRIGHT:
            return Shown.BLACK
        return Shown.COVERED if self.edges < COVERED_EDGES else Shown.CLEAR


def look(pixels: Pixels) -> Look:
    """Measure one picture."""
    small = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)[MARGIN : HEIGHT - MARGIN]
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=SLOPE)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=SLOPE)
    edges = float(np.mean(np.hypot(across, down) > EDGE))
    span = small.max(axis=2).astype(np.int16) - small.min(axis=2)
    return Look(float(np.percentile(grey, 99)), edges, float(span.mean()) > COLOUR, np.stack((across, down)))


@dataclass(frozen=True, slots=True)
class Sight:
    """Is anything to be seen? `verdict` changes once a picture was of another kind for SURE_S."""

    verdict: Shown = Shown.CLEAR
    other: Shown = Shown.CLEAR
    since: float | None = None

    def saw(self, seen: Look, now: float) -> Sight:
        """After a look."""
        shown = seen.shown
        if shown is self.verdict:
            return Sight(self.verdict)
        if shown is not self.other or self.since is None:
            return Sight(self.verdict, shown, now)
        return Sight(shown) if now - self.since >= SURE_S else self


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """Does the camera still look where it looked? `references`: by whether there is colour in the picture."""

    moved: bool | None = None
    """None until a minute was compared with a reference."""
    references: tuple[Field | None, Field | None] = (None, None)
    window: Field | None = None
    looks: int = 0
    began: float | None = None
    colour: bool = False
    strange: Field | None = None
    strange_windows: int = 0

    def saw(self, seen: Look, now: float) -> Aim:
        """After a look. A window that changes between colour and none is given up."""
        if self.window is None or self.began is None or seen.colour is not self.colour:
            return replace(self, window=seen.gradients, looks=1, began=now, colour=seen.colour)
        window, looks = self.window + seen.gradients, self.looks + 1
        if now - self.began < AIM_WINDOW_S:
            return replace(self, window=window, looks=looks)
        return replace(self._judged(window / np.float32(looks)), window=None, looks=0, began=None)

    def _judged(self, window: Field) -> Aim:
        reference = self.references[self.colour]
        if reference is None:
            return self._with_reference(window)
        if alike(reference, window) >= MOVED_SHARE:
            return replace(self._with_reference((1 - FOLLOW) * reference + FOLLOW * window), moved=False)
        stays = self.strange is not None and alike(self.strange, window) >= MOVED_SHARE
        windows = self.strange_windows + 1 if stays else 1
        if windows >= SETTLED_WINDOWS:
            return replace(self._with_reference(window), moved=False)
        return replace(self, moved=True, strange=window, strange_windows=windows)

    def _with_reference(self, reference: Field) -> Aim:
        without, coloured = self.references
        both = (without, reference) if self.colour else (reference, coloured)
        return replace(self, references=both, strange=None, strange_windows=0)


def alike(reference: Field, window: Field) -> float:
    """The share of blocks that show the same, 0 to 1, among those in which the reference shows anything.

    1 where too few blocks show anything to say so: a blank wall looks the same from everywhere.
    """
    then, now = _blocks(reference), _blocks(window)
    strength = np.sqrt((then**2).mean(axis=1))
    worth = strength > TEXTURE
    if int(worth.sum()) < BLOCKS_LEAST:
        return 1.0
    product = (then * now).sum(axis=1)
    size = np.sqrt((then**2).sum(axis=1) * (now**2).sum(axis=1)) + 1e-6
    return float(np.mean((product / size)[worth] > ALIKE))


def _blocks(gradients: Field) -> Field:
    """One row of numbers a block."""
    high, wide = ROWS // BLOCKS_DOWN, WIDTH // BLOCKS_ACROSS
    cut = gradients.reshape(2, BLOCKS_DOWN, high, BLOCKS_ACROSS, wide)
    return cut.transpose(1, 3, 0, 2, 4).reshape(BLOCKS_DOWN * BLOCKS_ACROSS, -1)
