"""A near-infrared camera beside the first: what skin reflects there, a screen does not, and most inks do not.

Asked of pairs of frames, at most 100 ms apart, in this order. Alive: three pairs on end like skin, an attack: three
that are not, of whatever kinds, of which the most frequent is told. All of one unbroken face, found in each frame to be
the cardholder's (`unbroken.py`):

    the same face at the same place     none, and the place is dark: SCREEN (its light has no near infrared);
    in both                             another's: UNKNOWN (a photo held close before one of two lenses)
    skin bright enough                  dark: SCREEN
    skin brighter than the eyes, and    flat and even: FLAT (dyes of most printers are clear in near infrared,
    the face as rich in contrast        so that the paper shines evenly)

What is NOT measured: all of it, on hardware. The limits are drawn from what skin, displays and dyes are known to
reflect at 850 nm, with room on both sides, and were tried on drawn pictures only. A print with carbon black (laser
printers) shows its contrast in infrared too and is expected to PASS; so is a mask. A site that relies on this must
try its own prints, screens and people first, and so must whoever changes a limit. Cameras must stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from devices.ports import Frame, Pixels
from edge.verify.face.align import align
from edge.verify.face.detect import Face
from edge.verify.face.liveness.challenge import overlap
from edge.verify.face.liveness.port import Proof
from edge.verify.face.liveness.unbroken import Unbroken
from models.access.verification import Attack, Liveness

Alike = Callable[[Pixels, Face, Pixels, Face], float]

RULE = "nir-4"
PAIR_S = 0.1
LOOKS = 3
LIMIT_S = 3.0
OVERLAP_MIN = 0.3
SAME_MIN = 0.35
"""Cosine above which both pictures show one person. Of 145 people, their photos drawn as infrared ones (grey, mostly of
the red, soft, noisy), 7 of 20,880 pairs of two people are above, and 4 of 145 of one instant below. Not measured with a
lamp: whoever is below is taken for an attack and asked for another credential."""
DARK = 45.0
"""Grey level of the skin below which nothing of the lamp comes back."""
CONTRAST_MIN = 12.0
SKIN_OVER_EYES_MIN = 1.15

_CHEEKS = (np.s_[68:84, 24:40], np.s_[68:84, 72:88])
_EYES = (np.s_[46:58, 30:46], np.s_[46:58, 66:82])
_INNER = np.s_[28:100, 24:88]


@dataclass(frozen=True, slots=True)
class Reflected:
    """Grey levels of an aligned infrared face, 0..255."""

    skin: float
    eyes: float
    contrast: float


def judge(found: Reflected) -> Attack | None:
    """What it looks like instead of skin; None: like skin."""
    if found.skin < DARK:
        return Attack.SCREEN
    if found.contrast < CONTRAST_MIN or found.skin < SKIN_OVER_EYES_MIN * found.eyes:
        return Attack.FLAT
    return None


def reflected(pixels: Pixels, face: Face) -> Reflected:
    """What comes back from an infrared face."""
    grey = cv2.cvtColor(align(pixels, face.landmarks), cv2.COLOR_BGR2GRAY).astype(np.float32)
    skin, eyes = (float(np.mean([grey[place].mean() for place in places])) for places in (_CHEEKS, _EYES))
    return Reflected(skin, eyes, float(grey[_INNER].std()))


class BesideInInfrared:
    """`pair` gives the infrared frame nearest to an instant, or None; `find` the faces in one; `alike` the cosine of a
    face in one picture and a face in another."""

    def __init__(
        self,
        pair: Callable[[float], Frame | None],
        find: Callable[[Pixels], tuple[Face, ...]],
        alike: Alike,
        simulated: bool = False,
    ):
        self._pair, self._find, self._alike, self._simulated = pair, find, alike, simulated

    passive = True

    def begin(self, now: float) -> InInfrared:
        return InInfrared(self._pair, self._find, self._alike, self._simulated, now + LIMIT_S)


class InInfrared:
    """One person, under way."""

    def __init__(
        self,
        pair: Callable[[float], Frame | None],
        find: Callable[[Pixels], tuple[Face, ...]],
        alike: Alike,
        simulated: bool,
        until: float,
    ):
        self._pair, self._find, self._alike = pair, find, alike
        self._simulated, self._until = simulated, until
        self._looks: Unbroken[Attack | None] = Unbroken()

    asks = None
    compares = True

    def see(self, frame: Frame, faces: tuple[Face, ...], mine: bool) -> Proof | None:
        face = faces[0] if mine and faces else None
        self._looks = self._looks.look(face.box if face else None, frame.taken_at)
        beside = self._pair(frame.taken_at)
        if face is not None and beside is not None and abs(beside.taken_at - frame.taken_at) <= PAIR_S:
            self._looks = self._looks.tell(self._compare(frame, face, beside))
            told = self._looks.told
            if told[-LOOKS:] == (None,) * LOOKS:
                return self._proof(Liveness.LIVE)
            suspected = [one for one in reversed(told) if one is not None]
            if len(suspected) >= LOOKS:
                return self._proof(Liveness.SPOOF, max(suspected, key=suspected.count))
        if frame.taken_at > self._until:
            return self._proof(Liveness.NOT_MEASURED)
        return None

    def _proof(self, liveness: Liveness, attack: Attack | None = None) -> Proof:
        return Proof(liveness, RULE, attack, self._simulated)

    def _compare(self, frame: Frame, face: Face, beside: Frame) -> Attack | None:
        high, wide = (to / of for to, of in zip(beside.pixels.shape[:2], frame.pixels.shape[:2], strict=True))
        x, y, w, h = face.box
        place = (x * wide, y * high, w * wide, h * high)
        there = [one for one in self._find(beside.pixels) if overlap(one.box, place) >= OVERLAP_MIN]
        if there:
            told = judge(reflected(beside.pixels, there[0]))
            if told is None and self._alike(frame.pixels, face, beside.pixels, there[0]) < SAME_MIN:
                return Attack.UNKNOWN
            return told
        left, top = max(0, int(place[0])), max(0, int(place[1]))
        patch = beside.pixels[top : top + int(place[3]), left : left + int(place[2])]
        return Attack.SCREEN if patch.size and float(patch.mean()) < DARK else Attack.UNKNOWN
