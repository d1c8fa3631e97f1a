"""One person in front of a camera, without a pass: known, then shown to be alive, told once, and gone again.

    IDLE ─ a face ─► KNOWING ─ known ─► PROVING ─ alive, and still the same ─► told ─► DONE ─ gone, or another ─► IDLE
                        └─ three frames of a stranger, of two people …: told ──────────┘

While IDLE or DONE at most one frame a second is looked at (ACC-15). A stranger is not asked to turn their head.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from devices.ports import Frame, Pixels
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
CONFIRM_S = 0.6
"""So long after the proof the same face must be known once more."""
TRIES = 3
"""Provings begun anew, because a frame was missed or somebody passed behind."""
ABSENT_LOOKS = 2

_SAYS_NOTHING = (FaceStatus.NO_FACE, FaceStatus.LOW_QUALITY)


class Stage(StrEnum):
    IDLE = "idle"
    KNOWING = "knowing"
    PROVING = "proving"
    CONFIRMING = "confirming"
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
        self._forget()

    def due(self, now: float) -> bool:
        """Whether a frame taken now is to be looked at."""
        resting = self.stage in (Stage.IDLE, Stage.DONE)
        return now - self._looked_at >= (IDLE_EVERY_S if resting else BUSY_EVERY_S)

    def drop(self) -> None:
        """Something else has begun, a pass for one: whoever stands there is not looked at as a face alone."""
        if self.stage is not Stage.IDLE:
            self._end(Stage.DONE)

    def look(self, frame: Frame) -> FaceResult | None:
        """One more frame; what to tell of this person, once."""
        self._looked_at = frame.taken_at
        match self.stage:
            case Stage.IDLE:
                if not self._find(frame.pixels):
                    return None
                self._begin(frame.taken_at)
                return self._know(frame)
            case Stage.DONE:
                return self._still_there(frame)
            case Stage.KNOWING:
                return self._know(frame)
            case Stage.PROVING:
                return self._prove(frame)
            case Stage.CONFIRMING:
                return self._confirm(frame)

    def _forget(self) -> None:
        self._seen: tuple[FaceResult, ...] = ()
        self._best: FaceResult | None = None
        self._proving: Proving | None = None
        self._proof: Proof | None = None
        self._tries = TRIES
        self._strange = self._absent = 0
        self._compared = False

    def _begin(self, now: float) -> None:
        self._forget()
        self.stage = Stage.KNOWING
        self._since = self._last_face = now

    def _know(self, frame: Frame) -> FaceResult | None:
        now, result = frame.taken_at, self._faces.search(frame.pixels)
        if result.status is FaceStatus.NO_FACE:
            return self._gone() if now - self._last_face > GONE_S else None
        self._last_face = now
        if result.status is FaceStatus.MATCHED:
            if self._best is not None and result.cardholder_id != self._best.cardholder_id:
                return self._tell(result, self._spoof())
            self._best = result
            self._proving, self._compared, self.stage = self._liveness.begin(now), True, Stage.PROVING
            return self._prove(frame)
        self._seen = (*self._seen, result)[-16:]
        self.says = about(result.quality) if result.status in _SAYS_NOTHING else self.says
        if result.status is FaceStatus.SEVERAL_FACES:
            self.says = Say.ONE_AT_A_TIME
        strangers = sum(one.status not in (*_SAYS_NOTHING, FaceStatus.SEVERAL_FACES) for one in self._seen)
        if strangers < FRAMES_TO_REFUSE and now - self._since <= KNOW_S:
            return None
        told = self._best or most_telling(self._seen)
        if told is None or told.status in _SAYS_NOTHING:
            self._end(Stage.IDLE)
            return None
        return self._tell(told)

    def _prove(self, frame: Frame) -> FaceResult | None:
        assert self._proving is not None and self._best is not None
        proof = self._proving.see(frame, self._find(frame.pixels))
        self.says = TURNS[self._proving.asks]
        if proof is None:
            return self._same_person(frame)
        if proof.liveness is Liveness.LIVE:
            self._proof, self._since, self.stage = proof, frame.taken_at, Stage.CONFIRMING
            return self._confirm(frame)
        if proof.liveness is Liveness.SPOOF:
            return self._tell(self._best, proof)
        self._tries -= 1
        if self._tries <= 0:
            return self._tell(self._best, proof)
        self.stage, self._since, self._seen, self._last_face = Stage.KNOWING, frame.taken_at, (), frame.taken_at
        return None

    def _same_person(self, frame: Frame) -> FaceResult | None:
        """Each time the face is straight again it is compared once: nobody may take the place of who was known."""
        assert self._proving is not None and self._best is not None
        if not self._proving.straight:
            self._compared = False
        elif not self._compared:
            result = self._faces.search(frame.pixels)
            if result.status is FaceStatus.MATCHED:
                self._compared, self._strange = True, 0
                if result.cardholder_id != self._best.cardholder_id:
                    return self._tell(self._best, self._spoof())
                self._best = max(self._best, result, key=lambda one: one.score or 0.0)
            elif result.status is FaceStatus.BELOW_THRESHOLD:
                self._strange += 1
                if self._strange >= FRAMES_TO_REFUSE:
                    return self._tell(self._best, self._spoof())
        return None

    def _confirm(self, frame: Frame) -> FaceResult | None:
        assert self._best is not None and self._proof is not None
        result = self._faces.search(frame.pixels)
        if result.status is FaceStatus.MATCHED:
            mine = result.cardholder_id == self._best.cardholder_id
            return self._tell(result, self._proof if mine else self._spoof())
        if frame.taken_at - self._since > CONFIRM_S:
            return self._tell(self._best, self._spoof())
        return None

    def _spoof(self) -> Proof:
        """Somebody else's face came in between."""
        by = self._proof.by if self._proof else None
        return Proof(Liveness.SPOOF, by or "same-person-1", Attack.UNKNOWN)

    def _gone(self) -> FaceResult | None:
        """Left. Who had begun to prove something is told all the same: a photograph put away again leaves its trace."""
        told = self._best
        if told is None:
            self._end(Stage.IDLE)
            return None
        return self._tell(told)

    def _tell(self, result: FaceResult, proof: Proof | None = None) -> FaceResult:
        self._end(Stage.DONE)
        self._best = result
        return proof.told_of(result) if proof else result

    def _end(self, stage: Stage) -> None:
        self._forget()
        self.stage, self.says = stage, Say.NOTHING

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
        if self._strange >= ABSENT_LOOKS:
            self._begin(frame.taken_at)
            return self._know(frame)
        return None
