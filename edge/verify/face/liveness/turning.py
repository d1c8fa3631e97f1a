"""The challenge behind the port: lots drawn, frames shown to the pure machine, its end told as a proof."""

from __future__ import annotations

import random
from dataclasses import replace

import cv2
import numpy as np

from devices.ports import Frame
from edge.verify.face.detect import Face
from edge.verify.face.liveness.carried import Grey, carry
from edge.verify.face.liveness.challenge import RULE, Challenge, Phase, Points, Seen, Turn, Why, begin, step
from edge.verify.face.liveness.port import Proof
from edge.verify.face.liveness.seen import seen_in
from models.access.verification import Attack, Liveness

ORDERS = tuple((one, other) for one in Turn for other in Turn)
LOOKS_LIKE: dict[Why | None, Attack] = {Why.FLAT: Attack.FLAT, Why.CURVED: Attack.CURVED}
PAUSE_S = (0.3, 0.8)
"""The shortest and the longest rest before each turn is asked for."""


class TurnTheHead:
    """One lane's challenges. The same order never comes twice in a row."""

    passive = False

    def __init__(self, chance: random.Random | None = None):
        self._chance = chance or random.SystemRandom()
        self._last: tuple[Turn, ...] | None = None

    def begin(self, now: float) -> Turning:
        self._last = self._chance.choice([order for order in ORDERS if order != self._last])
        return Turning(begin(self._last, tuple(self._chance.uniform(*PAUSE_S) for _ in self._last), now))


class Turning:
    """One challenge, under way."""

    def __init__(self, challenge: Challenge):
        self.challenge = challenge
        self._before: Grey | None = None
        self._carried: Points | None = None

    @property
    def asks(self) -> Turn | None:
        return self.challenge.asks

    @property
    def compares(self) -> bool:
        return self.challenge.compares

    def see(self, frame: Frame, faces: tuple[Face, ...], mine: bool) -> Proof | None:
        self.challenge = step(self.challenge, self._followed(frame, seen_in(faces, mine)), frame.taken_at)
        if self.challenge.phase is Phase.PASSED:
            return Proof(Liveness.LIVE, RULE)
        if self.challenge.why in (Why.LOST, Why.SEVERAL):
            return Proof(Liveness.NOT_MEASURED, RULE)
        if self.challenge.phase is Phase.FAILED:
            return Proof(Liveness.SPOOF, RULE, LOOKS_LIKE.get(self.challenge.why, Attack.UNKNOWN))
        return None

    def _followed(self, frame: Frame, seen: Seen | None) -> Seen | None:
        """With its points as carried: begun anew while the head is straight, followed from frame to frame in a turn."""
        if seen is None:
            return None
        now = cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
        if self.challenge.phase is Phase.SETTLE:
            self._carried = seen.points
        elif self._carried is not None and self._before is not None:
            self._carried = carry(self._before, now, self._carried)
        self._before = now
        return replace(seen, carried=self._carried)
