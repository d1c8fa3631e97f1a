"""Photographs against the challenge: a print or a screen is held up by somebody who reads the screen and plays along.

`stills_pass(photo, motion, seed)` plays one attempt through the product's own detector and challenge, ten frames a
second, with sensor noise. Motions: held still; moved about; tilted, turning the sheet as the head is asked to turn;
zoomed, to the lens and back; bent, a sheet bent like a face and turned as asked.

    .venv/bin/python -m scripts.liveness_stills FOLDER [COUNT]      FOLDER holds a folder for each person
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from devices.ports import Pixels
from edge.verify.face.detect import Detector
from edge.verify.face.liveness.challenge import Challenge, Phase, Turn, begin, step
from edge.verify.face.liveness.seen import seen_in
from edge.verify.face.weights import load
from scripts.setup import CACHE

MOTIONS = ("held", "moved", "tilted", "zoomed", "bent")
WIDTH, HEIGHT = 480, 360
EVERY_S = 0.1
ORDERS = tuple((one, other) for one in Turn for other in Turn)
STRIPS = 24
"""A bent sheet is drawn as so many flat strips."""


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
    pauses = tuple(chance.uniform(0.3, 0.8, 2))
    challenge, now = begin(ORDERS[chance.integers(len(ORDERS))], pauses, 0.0), 0.0
    while not challenge.ended:
        now += EVERY_S
        frame = shown(photo, hand.pose(challenge, now), chance)
        challenge = step(challenge, seen_in(detector().find(frame)), now)
    return challenge


class _Hand:
    """Holds the sheet: reads what is asked, and does the motion as well as a hand can."""

    def __init__(self, motion: str, chance: np.random.Generator):
        self.motion, self._chance = motion, chance
        self._most = chance.uniform(20, 65) * chance.choice((-1, 1))
        self._period = chance.uniform(0.8, 2.5)
        self._turn = 0.0
        self.bend = chance.uniform(0.25, 0.8) if motion == "bent" else 0.0

    def pose(self, challenge: Challenge, now: float) -> dict[str, float]:
        pose = {"bend": self.bend} | dict(zip(("dx", "dy", "turn", "nod"), self._chance.normal(0, 0.4, 4), strict=True))
        wave = np.sin(2 * np.pi * now / self._period)
        if self.motion == "moved":
            pose["dx"], pose["dy"], pose["roll"] = 40 * wave, 25 * np.cos(4 * now), 12 * wave
        elif self.motion == "zoomed":
            pose["size"] = 1 + 0.35 * wave
        elif self.motion in ("tilted", "bent"):
            wanted = {Turn.LEFT: self._most, Turn.RIGHT: -self._most, None: 0.0}[challenge.asks]
            self._turn += float(np.clip(wanted - self._turn, -12, 12))  # a hand turns about 120 degrees a second
            pose["turn"] += self._turn
            pose["nod"] += 8 * wave * (self.motion == "tilted")
        return pose


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
        from_px = np.array([[a, d] for a, d in zip((across + 0.5) * wide, (0, 0, high, high), strict=True)])
        warp = cv2.getPerspectiveTransform(from_px.astype(np.float32), placed.astype(np.float32))
        part = cv2.warpPerspective(photo, warp, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
        mask = cv2.fillConvexPoly(np.zeros((HEIGHT, WIDTH), np.uint8), np.rint(placed).astype(np.int32), 255)
        cv2.copyTo(part, mask, frame)
    soft = cv2.GaussianBlur(frame, (0, 0), 0.6).astype(np.float32)
    return np.clip(soft + chance.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)


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


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    people = [sorted(person.iterdir())[0] for person in sorted(folder.iterdir()) if person.is_dir()]
    chosen = np.random.default_rng(5).permutation(len(people))[:count]
    for motion in MOTIONS:
        ends = Counter[str]()
        for seed, index in enumerate(chosen):
            photo = cv2.imread(str(people[index]))
            if photo is None:
                continue
            ended = attempt(photo.astype(np.uint8, copy=False), motion, seed)
            ends[str(ended.why or "PASSED")] += 1
        print(f"{motion:8} {sum(ends.values())} attempts, {ends['PASSED']} passed: {dict(ends)}", flush=True)


if __name__ == "__main__":
    main()
