"""One person in front of a camera, without a pass: known, then shown to be alive, told once, and gone again.

    IDLE ─ a face ─► KNOWING ─ known ─► PROVING ─ alive, and the same in each look ─► told ─► DONE ─ gone, or another
                        └─ three frames of a stranger, of two people …: told ────────────────┘             └─► IDLE

Who is shown to be alive and who is known are one: each look that counts towards the proof was compared by itself, the
one that ends it too (`liveness/port.py`).

While IDLE or DONE at most one frame a second is looked at (ACC-15). A stranger is not asked to turn their head. Whoever
was known, was not shown to be alive and still stands there may try again, after a pause that grows: nobody knows that
they would have to walk away first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from devices.ports import Frame, Pixels
from edge.lane.beside_pass import BesidePass
from edge.lane.pace import Pace
from edge.lane.recognition import FRAMES_TO_REFUSE, most_telling
from edge.lane.says import TURNS, Say, about
from edge.verify.face.detect import Face
from edge.verify.face.liveness.port import LivenessCheck, Proof, Proving
from models.access.verification import Attack, FaceResult, FaceStatus, Liveness

IDLE_EVERY_S = 1.0
BUSY_EVERY_S = 0.06
GONE_S = 1.0
"""Without a face for so long, somebody has left."""
KNOW_S = 4.0
"""So long a face is looked at that cannot be compared."""
TRIES = 3
"""Provings begun anew, because a frame was missed or somebody passed behind."""
ABSENT_LOOKS = 2
AGAIN_S, AGAIN_MAX_S = 6.0, 24.0
"""The pause before the second try of somebody who stays, twice as long before each further one, up to the second."""

STRANGER = Proof(Liveness.SPOOF, "same-person-2", Attack.UNKNOWN)
"""Somebody else's face came in between."""

_SAYS_NOTHING = (FaceStatus.NO_FACE, FaceStatus.LOW_QUALITY)


class Stage(StrEnum):
    IDLE = "idle"
    KNOWING = "knowing"
    PROVING = "proving"
    DONE = "done"


class Searching(Protocol):
    """Looks for somebody's owner among all references."""

    def search(self, pixels: Pixels) -> FaceResult: ...


class Approach:
    """Frames in, at most one told result a person. Not thread-safe: one camera's thread owns it."""

    def __init__(self, faces: Searching, find: Callable[[Pixels], tuple[Face, ...]], liveness: LivenessCheck):
        self._faces, self._find, self._liveness = faces, find, liveness
        self.stage, self.says = Stage.IDLE, Say.NOTHING
        self._looked_at = float("-inf")
        self._best: FaceResult | None = None
        self._shown: Frame | None = None
        self._again_at: float | None = None
        self._pause_s = AGAIN_S
        self.pace = Pace()
        self.told_in: Frame | None = None
        """The frame that shows who was told last: they may have turned away since, or gone."""
        self._forget()

    def beside_pass(self) -> BesidePass | None:
        """The same proof for the face beside a pass; None where it would ask for turned heads."""
        return BesidePass(self._find, self._liveness) if self._liveness.passive else None

    def due(self, now: float) -> bool:
        """Whether a frame taken now is to be looked at."""
        resting = self.stage in (Stage.IDLE, Stage.DONE)
        return now - self._looked_at >= (IDLE_EVERY_S if resting else BUSY_EVERY_S)

    def drop(self) -> None:
        """Something else has begun, a pass for one: whoever stands there is not looked at as a face alone."""
        if self.stage is not Stage.IDLE:
            self._end(Stage.DONE)

    def answered(self, result: FaceResult) -> None:
        """The face beside a pass was told: whoever stands there is no new recognition before they were gone."""
        self._end(Stage.DONE)
        self._best = result

    def look(self, frame: Frame) -> FaceResult | None:
        """One more frame; what to tell of this person, once."""
        self._looked_at = frame.taken_at
        match self.stage:
            case Stage.IDLE:
                if not self._find(frame.pixels):
                    self.says = Say.NOTHING
                    return None
                self._pause_s = AGAIN_S
                self._begin(frame.taken_at)
                return self._know(frame)
            case Stage.DONE:
                return self._still_there(frame)
            case Stage.KNOWING:
                return self._know(frame)
            case Stage.PROVING:
                return self._prove(frame)

    def _forget(self) -> None:
        self._seen: tuple[FaceResult, ...] = ()
        self._best = self._shown = None
        self._proving: Proving | None = None
        self._tries = TRIES
        self._strange = self._absent = 0

    def _begin(self, now: float) -> None:
        self._forget()
        self.stage = Stage.KNOWING
        self._since = self._last_face = now

    def _know(self, frame: Frame) -> FaceResult | None:
        now, result = frame.taken_at, self._faces.search(frame.pixels)
        if result.status is FaceStatus.NO_FACE:
            return self._gone() if now - self._last_face > GONE_S else None
        self._last_face = now
        if result.status is FaceStatus.MATCHED or self._best is None:
            self._shown = frame
        if result.status is FaceStatus.MATCHED:
            if self._best is not None and result.cardholder_id != self._best.cardholder_id:
                return self._tell(result, STRANGER)
            self._best = result
            self._proving, self._strange, self.stage = self._liveness.begin(now), 0, Stage.PROVING
            self.pace = self.pace.begins()
            return self._prove(frame, result)
        self._seen = (*self._seen, result)[-16:]
        self.says = about(result.quality) if result.status in _SAYS_NOTHING else self.says
        if result.status is FaceStatus.SEVERAL_FACES:
            self.says = Say.ONE_AT_A_TIME
        strangers = sum(one.status not in (*_SAYS_NOTHING, FaceStatus.SEVERAL_FACES) for one in self._seen)
        if strangers < FRAMES_TO_REFUSE and now - self._since <= KNOW_S:
            return None
        told = self._best or most_telling(self._seen)
        if told is None or told.status in _SAYS_NOTHING:
            self._end(Stage.IDLE, self.says)  # what they are asked stays true while they stand there
            return None
        return self._tell(told)

    def _prove(self, frame: Frame, found: FaceResult | None = None) -> FaceResult | None:
        """`found`: how this frame was compared, where it was. Nobody may take the place of who was known."""
        assert self._proving is not None and self._best is not None
        if not self._liveness.passive:
            self.pace = self.pace.seen(frame.taken_at)
        mine = False
        if self._proving.compares:
            found = found or self._faces.search(frame.pixels)
            mine = found.status is FaceStatus.MATCHED and found.cardholder_id == self._best.cardholder_id
            if mine:
                self._shown = frame
                self._strange, self._best = 0, max(self._best, found, key=lambda one: one.score or 0.0)
            elif self._is_somebody_else(found):
                return self._tell(self._best, STRANGER)
        proof = self._proving.see(frame, self._find(frame.pixels), mine)
        self.says = TURNS[self._proving.asks]
        if proof is None:
            return None
        if proof.liveness is Liveness.LIVE and not mine:
            proof = replace(proof, liveness=Liveness.NOT_MEASURED)
        if proof.liveness is not Liveness.NOT_MEASURED:
            return self._tell(self._best, proof)
        self._tries -= 1
        if self._tries <= 0:
            return self._tell(self._best, proof)
        self.stage, self._since, self._seen, self._last_face = Stage.KNOWING, frame.taken_at, (), frame.taken_at
        return None

    def _is_somebody_else(self, found: FaceResult) -> bool:
        """One look at another cardholder, or several on end at nobody's face. What cannot be compared says nothing."""
        if found.status is FaceStatus.MATCHED:
            return True
        self._strange += found.status is FaceStatus.BELOW_THRESHOLD
        return self._strange >= FRAMES_TO_REFUSE

    def _gone(self) -> FaceResult | None:
        """Left. Who had begun to prove something is told all the same: a photograph put away again leaves its trace."""
        told = self._best
        if told is None:
            self._end(Stage.IDLE)
            return None
        return self._tell(told)

    def _tell(self, result: FaceResult, proof: Proof | None = None) -> FaceResult:
        self.told_in = self._shown
        self._end(Stage.DONE)
        self._best = result
        told = proof.told_of(result) if proof else result
        if told.status is FaceStatus.MATCHED and told.liveness is not Liveness.LIVE:
            self._again_at = self._looked_at + self._pause_s
            self._pause_s = min(2 * self._pause_s, AGAIN_MAX_S)
        return told

    def _end(self, stage: Stage, says: Say = Say.NOTHING) -> None:
        self._forget()
        self.stage, self.says, self._again_at = stage, says, None

    def _still_there(self, frame: Frame) -> FaceResult | None:
        """Armed again once nobody is there for two looks, or somebody else is: the next in the queue does not wait."""
        if not self._find(frame.pixels):
            self._absent += 1
            if self._absent >= ABSENT_LOOKS:
                self._end(Stage.IDLE)
            return None
        self._absent = 0
        result = self._faces.search(frame.pixels)
        was = self._best
        if result.status is FaceStatus.MATCHED:
            other = was is not None and result.cardholder_id != was.cardholder_id
            self._strange = ABSENT_LOOKS if other else 0
        elif result.status is FaceStatus.BELOW_THRESHOLD and was is not None and was.status is FaceStatus.MATCHED:
            self._strange += 1
        another = self._strange >= ABSENT_LOOKS
        if another:
            self._pause_s = AGAIN_S
        if another or (self._again_at is not None and frame.taken_at >= self._again_at):
            self._begin(frame.taken_at)
            return self._know(frame)
        return None
