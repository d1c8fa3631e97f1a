"""Photographs against the challenge: a print or a screen is held up by somebody who reads the screen and plays along.

`stills_pass(photo, motion, seed)` plays one attempt through the product's own detector and challenge, ten frames a
second, with sensor noise. Motions: held still; moved about; tilted, turning the sheet as the head is asked to turn;
zoomed, to the lens and back; bent, a sheet bent like a face and turned as asked; mask, the face cut out of the sheet,
worn around a head and turned as asked. `scripts/bench stills` counts how many pass.

What is drawn has no nose of its own: a mask that was moulded, one with holes for living eyes, and real paper and
screens before a real camera are not played here.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import cv2
import numpy as np

from devices.ports import Frame, Pixels
from edge.verify.face.detect import Detector
from edge.verify.face.liveness.challenge import Challenge, Phase, Turn, begin
from edge.verify.face.liveness.turning import Turning
from edge.verify.face.weights import load
from scripts.setup import CACHE

FLAT = ("held", "moved", "tilted", "zoomed")
CURVED = ("bent", "mask")
MOTIONS = (*FLAT, *CURVED)
WIDTH, HEIGHT = 480, 360
EVERY_S = 0.1
ORDERS = tuple((one, other) for one in Turn for other in Turn)
STRIPS = 24
"""A bent sheet is drawn as so many flat strips."""
MASK_EYES = 1.1
"""Half the width of a mask, in eye distances: from ear to ear."""
MASK_SIZE = 0.5
HEAD_EYES = (0.9, 1.6)
"""The radius of the head, or of the fist, that a mask is bent around, in eye distances; a head has about 1.2."""


@cache
def detector() -> Detector:
    return Detector(load(CACHE / "weights"))


def stills_pass(photo: Pixels, motion: str, seed: int) -> bool:
    """Whether this photograph (height x width x 3, blue-green-red, one face) passes as living when moved like this."""
    return attempt(photo, motion, seed).phase is Phase.PASSED


def attempt(photo: Pixels, motion: str, seed: int) -> Challenge:
    """How the challenge ended. Raises ValueError for a motion that is none of MOTIONS."""
    if motion not in MOTIONS:
        raise ValueError(f"motions are {', '.join(MOTIONS)}, not {motion}")
    chance = np.random.default_rng(seed)
    hand = _Hand(motion, chance)
    if motion == "mask":
        photo = cut_out(photo)
    pauses = tuple(chance.uniform(0.3, 0.8, 2))
    turning, now = Turning(begin(ORDERS[chance.integers(len(ORDERS))], pauses, 0.0)), 0.0
    while not turning.challenge.ended:
        now += EVERY_S
        frame = shown(photo, hand.pose(turning.challenge, now), chance)
        # the cardholder's own photograph: taken for theirs in every frame
        turning.see(Frame(frame, now, round(now / EVERY_S)), detector().find(frame), mine=True)
    return turning.challenge


class _Hand:
    """Holds the sheet: reads what is asked, and does the motion as well as a hand can. To a flat sheet it is all one
    which way it turns, and each tries one; whoever wears a mask turns as asked."""

    def __init__(self, motion: str, chance: np.random.Generator):
        self.motion, self._chance = motion, chance
        self._most = chance.uniform(20, 65) * (1 if motion == "mask" else chance.choice((-1, 1)))
        self._period = chance.uniform(0.8, 2.5)
        self._turn = 0.0
        self.bend = {"bent": chance.uniform(0.25, 0.8), "mask": MASK_EYES / chance.uniform(*HEAD_EYES)}.get(motion, 0.0)

    def pose(self, challenge: Challenge, now: float) -> dict[str, float]:
        pose = {"bend": self.bend} | dict(zip(("dx", "dy", "turn", "nod"), self._chance.normal(0, 0.4, 4), strict=True))
        wave = np.sin(2 * np.pi * now / self._period)
        if self.motion == "moved":
            pose["dx"], pose["dy"], pose["roll"] = 40 * wave, 25 * np.cos(4 * now), 12 * wave
        elif self.motion == "zoomed":
            pose["size"] = 1 + 0.35 * wave
        elif self.motion in ("tilted", *CURVED):
            wanted = {Turn.LEFT: self._most, Turn.RIGHT: -self._most, None: 0.0}[challenge.asks]
            self._turn += float(np.clip(wanted - self._turn, -12, 12))  # a hand turns about 120 degrees a second
            pose["turn"] += self._turn
            pose["nod"] += 8 * wave * (self.motion == "tilted")
        if self.motion == "mask":
            pose["size"] = MASK_SIZE
        return pose


def cut_out(photo: Pixels) -> Pixels:
    """The face of a photograph, as wide as a mask; the photograph itself where no face is found in it."""
    faces = detector().find(photo)
    if not faces:
        return photo
    left, right = faces[0].landmarks[:2]
    (x, y), apart = (left + right) / 2, float(np.hypot(*(right - left)))
    high, wide = photo.shape[:2]
    sides = slice(max(0, int(x - MASK_EYES * apart)), min(wide, int(x + MASK_EYES * apart) + 1))
    return photo[max(0, int(y - 1.1 * apart)) : min(high, int(y + 2.0 * apart) + 1), sides]


def shown(photo: Pixels, pose: dict[str, float], chance: np.random.Generator) -> Pixels:
    """A frame with the sheet in it. Angles in degrees; `size` 1 fills the height; `bend` in radians, of half of it."""
    high, wide = photo.shape[:2]
    frame = np.full((HEIGHT, WIDTH, 3), 118, np.uint8)
    bend = pose.get("bend", 0.0)
    edges = np.linspace(-0.5, 0.5, STRIPS + 1) if bend else np.array([-0.5, 0.5])
    for left, right in pairwise(edges):
        across = np.array([left, right, right, left])
        down = np.array([-0.5, -0.5, 0.5, 0.5]) * high / wide
        placed = _in_picture(*_bent(across, bend), down, pose)
        if cv2.contourArea(placed.astype(np.float32), oriented=True) <= 0:
            continue  # this part looks away from the lens
        from_px = np.array([[a, d] for a, d in zip((across + 0.5) * wide, (0, 0, high, high), strict=True)])
        warp = cv2.getPerspectiveTransform(from_px.astype(np.float32), placed.astype(np.float32))
        part = cv2.warpPerspective(photo, warp, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
        mask = cv2.fillConvexPoly(np.zeros((HEIGHT, WIDTH), np.uint8), np.rint(placed).astype(np.int32), 255)
        cv2.copyTo(part, mask, frame)
    top, left = chance.integers(0, (HEIGHT, WIDTH))
    noise = _noise()[top : top + HEIGHT, left : left + WIDTH]
    return cv2.add(cv2.GaussianBlur(frame, (0, 0), 0.6), noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


@cache
def _noise() -> np.ndarray:
    """A sensor's, in grey levels, twice as high and wide as a frame: each frame has another part of it. To draw it anew
    for each took a third of all the time."""
    return np.rint(np.random.default_rng(0).normal(0, 3, (2 * HEIGHT, 2 * WIDTH, 3))).astype(np.int16)


def _bent(across: np.ndarray, bend: float) -> tuple[np.ndarray, np.ndarray]:
    """Sideways and towards the lens (sheet widths) of a sheet bent about its upright middle."""
    if not bend:
        return across, np.zeros_like(across)
    radius = 0.5 / bend
    return radius * np.sin(across / radius), radius * (np.cos(across / radius) - 1)


def _in_picture(x: np.ndarray, near: np.ndarray, y: np.ndarray, pose: dict[str, float]) -> np.ndarray:
    turn, nod, roll = (np.radians(pose.get(name, 0.0)) for name in ("turn", "nod", "roll"))
    x, near = x * np.cos(turn) + near * np.sin(turn), near * np.cos(turn) - x * np.sin(turn)
    y, near = y * np.cos(nod) - near * np.sin(nod), near * np.cos(nod) + y * np.sin(nod)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    scale = 0.95 * HEIGHT * pose.get("size", 1.0) / (1 - near / 3.0)  # three sheet widths away
    return np.stack([WIDTH / 2 + pose["dx"] + x * scale, HEIGHT / 2 + pose["dy"] + y * scale], axis=1)
