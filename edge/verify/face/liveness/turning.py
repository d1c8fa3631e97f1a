"""The challenge behind the port: lots drawn, frames shown to the pure machine, its end told as a proof."""

from __future__ import annotations

import random

from devices.ports import Frame
from edge.verify.face.detect import Face
from edge.verify.face.liveness.challenge import RULE, Challenge, Phase, Turn, Why, begin, step
from edge.verify.face.liveness.port import Proof
from edge.verify.face.liveness.seen import seen_in
from models.access.verification import Attack, Liveness

ORDERS = tuple((one, other) for one in Turn for other in Turn)
LOOKS_LIKE: dict[Why | None, Attack] = {Why.FLAT: Attack.FLAT, Why.CURVED: Attack.CURVED}
PAUSE_S = (0.3, 0.8)
"""The shortest and the longest rest before each turn is asked for."""


class TurnTheHead:
    """One lane's challenges. The same order never comes twice in a row."""

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

    @property
    def asks(self) -> Turn | None:
        return self.challenge.asks

    @property
    def straight(self) -> bool:
        return self.challenge.straight

    def see(self, frame: Frame, faces: tuple[Face, ...]) -> Proof | None:
        self.challenge = step(self.challenge, seen_in(faces), frame.taken_at)
        if self.challenge.phase is Phase.PASSED:
            return Proof(Liveness.LIVE, RULE)
        if self.challenge.why in (Why.LOST, Why.SEVERAL):
            return Proof(Liveness.NOT_MEASURED, RULE)
        if self.challenge.phase is Phase.FAILED:
            return Proof(Liveness.SPOOF, RULE, LOOKS_LIKE.get(self.challenge.why, Attack.UNKNOWN))
        return None
