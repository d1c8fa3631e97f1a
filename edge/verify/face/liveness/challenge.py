"""Turn your head: a head in space moves its nose apart from its outline, a picture of one carries the nose along.

YuNet gives five points. The eyes and the corners of the mouth lie almost in one plane, so between two frames they fix
a homography; the nose tip stands about 0.4 eye distances in front of that plane. What is measured is the *parallax*:
where the nose is, mapped back to the frontal reference, less where it was then, in eye distances (x to the right of
the picture). Whatever a flat picture does, its parallax is 0 but for landmark noise; a head turned by an angle a has
about 0.4 tan a, to the picture's right when it turns to its own left.

    SETTLE straight and still, for a time drawn by lot ─► TURN as asked ─► BACK to straight ─► SETTLE … ─► PASSED

A frame of SETTLE counts only where it was compared by itself and is the cardholder's; without one no turn is asked for
and nothing has passed. A head that turns is not compared: it is the one that was, because it is near where that was,
no frame is missing, and what is seen there goes over from the one frame to the next (`carried.py`).

The order of the turns is drawn by lot as well. Each turn must be seen on its way, last two frames, and show the
foreshortening that belongs to its parallax. Every frame of the whole time must show this one face, near where it was.

Pure: `step(challenge, seen, now)`; nothing is drawn, detected or looked up in here. Times are monotonic seconds.

YuNet alone is not believed: of a picture bent around a head it gives the points of a head that turns. So each turn must
be there too when the points are carried from frame to frame by their own look, beginning at a frame that was compared.
Nor can a head take the place of a photograph in between: from one person's face to another's, eyes and mouth laid upon
each other, all five points were carried in 0 of 861 pairs (at most 0.35 %).

Measured by `scripts/bench stills` through YuNet, one photo each, one attempt each, steered by somebody who sees what is
asked. By the detector's points alone (challenge-1): held still, moved about, tilted as asked, zoomed: 0 of 30 passed
each, 0 of 120 in all (at most 10 % of each, 2.5 % of all, rule of three); bent 1 of 60; worn as a mask around a head
and turned as asked 5 of 30. With the points carried too, which only adds a demand: worn as a mask 0 of 30 (at most
10 %). How many living people fail was NOT measured, and what is carried can only have made it more: there are no films
of heads that turn, only heads of five points in the tests. Try it with your own people before you rely on it.

What it does not stop: a video that happens to turn in the asked order after the pauses drawn, or that somebody steers;
a mask with a nose of its own. No real print, screen or mask was ever held before a camera here. It is no presentation
attack detection in the sense of ISO/IEC 30107.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""5 x 2: eye left in the picture, other eye, nose tip, mouth corners; as YuNet gives them."""

Box = tuple[float, float, float, float]

RULE = "challenge-3"
"""The version of everything measured and decided in this file; it goes with every verdict (ACC-10)."""

LIMIT_S = 8.0
"""From the first frame to the last turn's end."""
GAP_S = 0.7
"""A longer time between two frames is a cut."""
TURNED = 0.26
"""Parallax of a turn: about 33 degrees."""
STRAIGHT = 0.09
"""Parallax of a head that looks straight."""
ON_THE_WAY = 0.06
"""A turn must be seen between this and TURNED: a turned picture in the place of a straight one is no turn."""
FRONTAL_MAX = 0.22
"""How far the nose may be off the middle of the eyes when the reference is taken, in eye distances."""
REFERENCE_FRAMES = 3
TURNED_FRAMES = 2
OVERLAP_MIN = 0.45
"""Intersection over union of the face's boxes in two frames on end."""
MISSED_MAX = 1
"""So many frames on end of a pause may be nobody's, as of somebody who blinks. After one more the pause begins anew."""
JUMP, JUMP_PER_S = 0.1, 1.8
"""Parallax may change by this much between two frames, and by this much more a second in between."""
LEAST_DEPTH = 0.3
"""The flattest nose believed, in eye distances: what is turned must also be foreshortened, and not much more."""
FORESHORTENED = 1.12
FLAT_FRAMES = 3
CARRIED, CARRIED_DEPTH = 0.13, 0.14
"""What a turn must show of the points as carried: parallax, and the depth that it speaks of. Drawn, eight faces turned
by 38 and 46 degrees: bent around a head of 1.2 eye distances at most 0.12 and 0.11; with a nose that stands out by 0.32
more at least 0.19 and 0.16. Nothing living was measured."""
CURVED_DEPTH = 0.06
"""Of what is too flat for a face: the depth from which it is told as curved. A sheet has 0; what is bent around a head
of 1.2 eye distances' radius has 0.11."""

_OUTER = [0, 1, 3, 4]
_NOSE = 2


class Turn(StrEnum):
    """Of the person's own head: left is to the right in the picture."""

    LEFT = "left"
    RIGHT = "right"


class Phase(StrEnum):
    SETTLE = "settle"
    TURN = "turn"
    BACK = "back"
    PASSED = "passed"
    FAILED = "failed"


class Why(StrEnum):
    """Why it failed. LOST and SEVERAL say nothing against anybody: it may begin anew with another order."""

    FLAT = "flat"
    CURVED = "curved"
    LATE = "late"
    WRONG_TURN = "wrong_turn"
    JUMP = "jump"
    LOST = "lost"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The face in one frame. `alone`: no other face near its size is there. `carried`: where the points of the last
    straight frame went by their own look (`carried.py`); None where one was lost. `mine`: this frame was compared, and
    is the cardholder's."""

    box: Box
    points: Points
    alone: bool = True
    carried: Points | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """One frame against the reference. `long`: how much longer the face has become for its width; 1 = not at all."""

    x: float
    y: float
    long: float


@dataclass(frozen=True, slots=True, eq=False)
class Challenge:
    """How far one person has come. `order` and `pauses_s` (one for each turn) are drawn by whoever begins it."""

    order: tuple[Turn, ...]
    pauses_s: tuple[float, ...]
    began: float
    since: float
    phase: Phase = Phase.SETTLE
    done: int = 0
    reference: Points | None = None
    straight_at: Points | None = None
    settling: tuple[Points, ...] = ()
    missed: int = 0
    last: Seen | None = None
    last_at: float = 0.0
    last_x: float = 0.0
    on_the_way: bool = False
    turned: int = 0
    wrong: int = 0
    flat: int = 0
    flat_depth: float = 0.0
    why: Why | None = None

    @property
    def ended(self) -> bool:
        return self.phase in (Phase.PASSED, Phase.FAILED)

    @property
    def asks(self) -> Turn | None:
        """The turn that is asked for now; None: look straight."""
        return self.order[self.done] if self.phase is Phase.TURN else None

    @property
    def compares(self) -> bool:
        """Whether the next frame counts only as the cardholder's."""
        return self.phase is Phase.SETTLE


def begin(order: tuple[Turn, ...], pauses_s: tuple[float, ...], now: float) -> Challenge:
    """A new challenge. Raises ValueError without a turn, or without a pause for each."""
    if not order or len(order) != len(pauses_s):
        raise ValueError("a challenge has at least one turn, and a pause before each")
    return Challenge(order, pauses_s, began=now, since=now, last_at=now)


def step(challenge: Challenge, seen: Seen | None, now: float) -> Challenge:
    """The challenge after one more frame; `seen` None: no face was found in it."""
    if challenge.ended:
        return challenge
    if now - challenge.began > LIMIT_S:  # who could not be compared any more may have done all that was asked
        return _failed(challenge, Why.LOST if challenge.missed else Why.LATE)
    if seen is None or now - challenge.last_at > GAP_S:
        return _failed(challenge, Why.LOST)
    if not seen.alone:
        return _failed(challenge, Why.SEVERAL)
    if challenge.last is not None and overlap(challenge.last.box, seen.box) < OVERLAP_MIN:
        return _failed(challenge, Why.JUMP)
    shape = normalised(seen.points)
    if shape is None:
        return _failed(challenge, Why.LOST)
    before, challenge = challenge.last_at, replace(challenge, last=seen, last_at=now)
    if challenge.reference is None:
        return _take_reference(challenge, shape, now) if seen.mine else _missed(challenge, now)
    measured = measure(challenge.reference, shape)
    if measured is None:
        return _failed(challenge, Why.LOST)
    if abs(measured.x - challenge.last_x) > JUMP + JUMP_PER_S * (now - before):
        return _failed(challenge, Why.JUMP)
    challenge = replace(challenge, last_x=measured.x)
    if _is_flat(measured):
        challenge = _too_flat(challenge, _depth(measured))
        if challenge.ended:
            return challenge
    match challenge.phase:
        case Phase.SETTLE:
            return _settle(challenge, shape, measured, now) if seen.mine else _missed(challenge, now)
        case Phase.TURN:
            return _turn(challenge, measured, now)
        case _:
            return _back(challenge, measured, now)


def _missed(challenge: Challenge, now: float) -> Challenge:
    """A frame of a pause that is nobody's: it does not count, and several of them break the pause."""
    if challenge.missed < MISSED_MAX:
        return replace(challenge, missed=challenge.missed + 1)
    return replace(challenge, missed=challenge.missed + 1, settling=(), since=now)


def _take_reference(challenge: Challenge, shape: Points, now: float) -> Challenge:
    """The mean of the frames of a head that looks straight and keeps still until the pause is over."""
    challenge = replace(challenge, missed=0)
    frontal = abs(float(shape[_NOSE, 0])) <= FRONTAL_MAX
    mean = np.mean(challenge.settling, axis=0) if challenge.settling else shape
    measured = measure(mean, shape)
    if not frontal or measured is None or math.hypot(measured.x, measured.y) > STRAIGHT:
        return replace(challenge, settling=(shape,) if frontal else (), since=now)
    settling = (*challenge.settling, shape)
    if len(settling) < REFERENCE_FRAMES or now - challenge.since < challenge.pauses_s[0]:
        return replace(challenge, settling=settling)
    reference = np.mean(settling, axis=0)
    return _asked(replace(challenge, settling=settling, reference=reference), now)


def _settle(challenge: Challenge, shape: Points, measured: Measured, now: float) -> Challenge:
    challenge = replace(challenge, missed=0)
    if abs(measured.x) > STRAIGHT:
        return replace(challenge, settling=(), since=now)
    if challenge.done == len(challenge.order):
        return replace(challenge, phase=Phase.PASSED, since=now)
    settling = (*challenge.settling, shape)[-REFERENCE_FRAMES:]
    if now - challenge.since < challenge.pauses_s[challenge.done]:
        return replace(challenge, settling=settling)
    return _asked(replace(challenge, settling=settling), now)


def _asked(challenge: Challenge, now: float) -> Challenge:
    """A turn is asked for, of whoever looks straight in this frame: from here on its points are carried."""
    assert challenge.last is not None
    straight_at = normalised(challenge.last.carried) if challenge.last.carried is not None else None
    if straight_at is None:
        return _failed(challenge, Why.LOST)
    return replace(challenge, phase=Phase.TURN, since=now, straight_at=straight_at, on_the_way=False, turned=0, wrong=0)


def _turn(challenge: Challenge, measured: Measured, now: float) -> Challenge:
    asked = measured.x if challenge.order[challenge.done] is Turn.LEFT else -measured.x
    if asked <= -TURNED:
        wrong = challenge.wrong + 1
        return _failed(challenge, Why.WRONG_TURN) if wrong >= TURNED_FRAMES else replace(challenge, wrong=wrong)
    if asked < TURNED:
        between = asked > ON_THE_WAY
        return replace(challenge, turned=0, wrong=0, on_the_way=challenge.on_the_way or between)
    if not (challenge.on_the_way and _is_a_turn(measured)):
        return replace(challenge, turned=0, wrong=0)
    carried = _carried(challenge)
    if carried is None:
        return _failed(challenge, Why.LOST)
    x = carried.x if challenge.order[challenge.done] is Turn.LEFT else -carried.x
    if x < CARRIED or _depth(carried) < CARRIED_DEPTH:
        return _too_flat(replace(challenge, turned=0, wrong=0), _depth(carried))
    turned = challenge.turned + 1
    if turned < TURNED_FRAMES:
        return replace(challenge, turned=turned, wrong=0)
    return replace(challenge, phase=Phase.BACK, since=now, turned=0, settling=())


def _back(challenge: Challenge, measured: Measured, now: float) -> Challenge:
    if abs(measured.x) > STRAIGHT:
        return challenge
    return replace(challenge, done=challenge.done + 1, phase=Phase.SETTLE, since=now, settling=())


def _carried(challenge: Challenge) -> Measured | None:
    """The newest frame's points as carried, against those of the straight frame before this turn."""
    if challenge.last is None or challenge.last.carried is None or challenge.straight_at is None:
        return None
    shape = normalised(challenge.last.carried)
    return measure(challenge.straight_at, shape) if shape is not None else None


def _too_flat(challenge: Challenge, depth: float) -> Challenge:
    """One more frame that shows something turned whose nose does not stand out: at FLAT_FRAMES it has failed."""
    flat, flat_depth = challenge.flat + 1, challenge.flat_depth + depth
    if flat < FLAT_FRAMES:
        return replace(challenge, flat=flat, flat_depth=flat_depth)
    return _failed(challenge, Why.CURVED if flat_depth / flat >= CURVED_DEPTH else Why.FLAT)


def _is_a_turn(measured: Measured) -> bool:
    """The nose moved mostly sideways, and the face is not longer than such a turn makes it."""
    return abs(measured.y) <= 0.6 * abs(measured.x) and measured.long <= _longest(measured.x) and measured.long > 0.85


def _is_flat(measured: Measured) -> bool:
    """Foreshortened like something turned, while the nose stays where a sheet has it, flat or bent around a head."""
    return measured.long > FORESHORTENED and measured.long > _longest(measured.x)


def _depth(measured: Measured) -> float:
    """How far the nose stands out, in eye distances, of what is foreshortened: the angle is known from that."""
    return abs(measured.x) / math.sqrt(max(measured.long**2 - 1, 0.02))  # below 1.01 the angle is noise


def _longest(parallax: float) -> float:
    """A head turned by a has parallax depth * tan a, and is 1 / cos a longer for its width."""
    return math.sqrt(1 + (parallax / LEAST_DEPTH) ** 2) + 0.03


def _failed(challenge: Challenge, why: Why) -> Challenge:
    return replace(challenge, phase=Phase.FAILED, why=why, last=None, settling=())


def normalised(points: Points) -> Points | None:
    """The points with the eyes at (-0.5, 0) and (0.5, 0): free of place, size and roll. None where that is none."""
    if not np.isfinite(points).all():
        return None
    flat = points[:, 0].astype(np.float64) + 1j * points[:, 1].astype(np.float64)
    eyes = flat[1] - flat[0]
    if abs(eyes) < 1e-6:
        return None
    turned = (flat - (flat[0] + flat[1]) / 2) / eyes
    return np.stack([turned.real, turned.imag], axis=1)


def measure(reference: Points, shape: Points) -> Measured | None:
    """A normalised face against a normalised reference; None where its four outer points fix no homography."""
    forth = homography(shape[_OUTER], reference[_OUTER])
    if forth is None:
        return None
    x, y, w = forth @ np.array([*shape[_NOSE], 1.0])
    height, was = (float(points[3:, 1].mean()) for points in (shape, reference))
    if abs(w) < 1e-6 or was <= 0 or height <= 0:
        return None
    return Measured(float(x / w - reference[_NOSE, 0]), float(y / w - reference[_NOSE, 1]), height / was)


def homography(source: Points, target: Points) -> npt.NDArray[np.float64] | None:
    """The 3x3 matrix that takes four points onto four; None where three of the source lie on a line."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    system = np.array(rows)
    if abs(np.linalg.det(system)) < 1e-9:
        return None
    solved = np.linalg.solve(system, target.reshape(8))
    return np.append(solved, 1.0).reshape(3, 3)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
