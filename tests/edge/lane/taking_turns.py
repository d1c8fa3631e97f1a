"""People and pictures that take turns before one lane's camera, look by look, whatever shows there who is alive.

Anna is the cardholder, Ben is nobody here. What is shown changes at once and between two looks, and a hidden head goes
on turning as asked: nobody before a real camera is so quick.
"""

from __future__ import annotations

import random
from enum import Enum
from functools import cache

import numpy as np

from devices.ports import Frame, Pixels
from edge.lane.approach import Approach, Stage
from edge.verify.face.detect import Face
from edge.verify.face.liveness.challenge import Phase, Points, Turn
from edge.verify.face.liveness.model import LIMIT_S, Judging
from edge.verify.face.liveness.nir import BesideInInfrared
from edge.verify.face.liveness.port import LivenessCheck, Proving
from edge.verify.face.liveness.turning import Turning, TurnTheHead
from edge.verify.face.quality import Unfit
from models.access.verification import FaceResult, FaceStatus
from models.values.ids import new_id
from tests.edge.verify.face.liveness.test_challenge import HEAD, NOISE, seen

ANNA = new_id()
MOST_DEG, DEG_PER_S = 42.0, 110.0
COMPARED_DEG = 30.0
"""A head turned further is not compared."""
HIGH, WIDE = 480, 640


class Shown(Enum):
    """What the camera sees in one look. `TWIN`: somebody who could be two cardholders."""

    ANNA = 1
    ANNA_BLINKS = 2
    PHOTO = 3
    BEN = 4
    BEN_COVERED = 5
    TWIN = 6
    NOBODY = 7
    BOTH = 8


LIVING = frozenset(Shown) - {Shown.PHOTO, Shown.NOBODY}
MINE = FaceResult(status=FaceStatus.MATCHED, cardholder_id=ANNA, score=0.8, threshold=0.5, one_to_many=True)
COMPARED = {
    Shown.ANNA: MINE,
    Shown.ANNA_BLINKS: FaceResult(status=FaceStatus.LOW_QUALITY, quality=Unfit.TOO_BLURRED),
    Shown.PHOTO: MINE,
    Shown.BEN: FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=0.2, threshold=0.5),
    Shown.BEN_COVERED: FaceResult(status=FaceStatus.LOW_QUALITY, quality=Unfit.EYES_COVERED),
    Shown.TWIN: FaceResult(status=FaceStatus.AMBIGUOUS, score=0.8, threshold=0.5),
    Shown.NOBODY: FaceResult(status=FaceStatus.NO_FACE),
    Shown.BOTH: FaceResult(status=FaceStatus.SEVERAL_FACES),
}


class Camera:
    """One lane's, and the approach behind it. `how`: challenge, nir or model."""

    passive = True
    """As the approach asks; the challenge itself says otherwise."""

    def __init__(self, how: str, seed: int = 0):
        self.looks: list[tuple[Shown, float]] = []
        self.turned: list[Shown] = []
        """Looks of this proving while a turn was asked for."""
        self.now, self._shown, self._place, self._turn = 100.0, Shown.NOBODY, 0.0, 0.0
        self._chance, self._before = np.random.default_rng(seed), self.now
        self._face: Face | None = None
        self._proving: Proving | None = None
        self._check = self._made(how, seed)
        self.approach = Approach(self, self.find, self)

    def look(self, shown: Shown, every_s: float, place: float = 0.0) -> FaceResult | None:
        """The next look, `place` pixels aside; what is told after it."""
        self.now += every_s
        if not self.approach.due(self.now):
            return None
        return self.approach.look(self.take(shown, 0.0, place))

    def take(self, shown: Shown, after_s: float, place: float = 0.0) -> Frame:
        """The next frame."""
        self.now += after_s
        every_s, self._before = self.now - self._before, self.now
        wanted = {Turn.LEFT: MOST_DEG, Turn.RIGHT: -MOST_DEG, None: 0.0}[self.asks]
        self._turn += float(np.clip(wanted - self._turn, -DEG_PER_S * every_s, DEG_PER_S * every_s))
        self._shown, self._place, self._face = shown, place, self._drawn(shown, place)
        self.looks.append((shown, place))
        if self.phase is Phase.TURN:
            self.turned.append(shown)
        pixels = np.full((HIGH, WIDE, 3), shown.value, np.uint8)
        return Frame(pixels, self.now, len(self.looks))

    @property
    def phase(self) -> Phase | None:
        """Of the challenge under way."""
        under_way = self.approach.stage is Stage.PROVING and isinstance(self._proving, Turning)
        return self._proving.challenge.phase if under_way and isinstance(self._proving, Turning) else None

    @property
    def asks(self) -> Turn | None:
        return self._proving.asks if self.phase is not None and self._proving is not None else None

    def begin(self, now: float) -> Proving:
        self.turned.clear()
        self._proving = self._check.begin(now)
        return self._proving

    def search(self, pixels: Pixels) -> FaceResult:
        away = self._shown is Shown.ANNA and abs(self._turn) > COMPARED_DEG
        return COMPARED[Shown.ANNA_BLINKS if away else self._shown]

    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        """In infrared a photograph on a screen is dark."""
        infrared = pixels[0, 0, 0] > len(Shown)
        if self._face is None or (infrared and self._shown not in LIVING):
            return ()
        return (self._face,) * (2 if self._shown is Shown.BOTH else 1)

    def carry(self, before: Pixels, now: Pixels, points: Points) -> Points | None:
        """Stands in for `carried.carry`: all on a face goes where that goes, and nothing over to another's."""
        return self._face.landmarks.astype(np.float64) if self._face is not None and before[0, 0] == now[0, 0] else None

    def _drawn(self, shown: Shown, place: float) -> Face | None:
        if shown is Shown.NOBODY:
            return None
        head = seen(HEAD, 0.0 if shown is Shown.PHOTO else self._turn, place=place)
        eyes = abs(np.subtract(*head.points[:2])).max()
        points = head.points + self._chance.normal(0, NOISE * eyes, (5, 2))
        return Face(head.box, points.astype(np.float32), 0.9)

    def _made(self, how: str, seed: int) -> LivenessCheck:
        if how == "challenge":
            return TurnTheHead(random.Random(seed))
        if how == "nir":
            return BesideInInfrared(lambda at: Frame(infrared(self._place), at, 1), self.find, lambda *faces: 1.0)
        return Judges(self)

    def score(self, pixels: Pixels, face: Face) -> float:
        return 0.95 if self._shown in LIVING else 0.1


@cache
def infrared(place: float) -> Pixels:
    """Bright skin, dark eyes."""
    drawn = np.full((HIGH, WIDE, 3), 150, np.uint8)
    for x, y in seen(HEAD, 0.0, place=place).points[:2].astype(int):
        drawn[y - 12 : y + 12, x - 14 : x + 14] = 40
    return drawn


class Judges:
    """An operator's network that is right each time, begun as `OwnModel` begins its own."""

    passive, threshold, name = True, 0.9, "model-drawn"

    def __init__(self, camera: Camera):
        self.score = camera.score

    def begin(self, now: float) -> Judging:
        return Judging(self, now + LIMIT_S)
