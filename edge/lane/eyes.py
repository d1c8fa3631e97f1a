"""The thread that looks through one camera: codes always, faces when a recognition asks, and never more than it must.

Only the newest frame is looked at. When nobody is there, faces are searched at most once a second (ACC-15).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt

from devices.camera.watchdog import Limits
from devices.fault_words import cause_zh
from devices.ports import Camera, Frame
from edge.lane.approach import Approach
from edge.lane.camera_loop import keep_looking
from edge.lane.ears import INBOX_MAX
from edge.lane.inbox import CodeSeen, DeviceState, FaceSeen, Item, Prompt
from edge.lane.pace import Pace
from edge.lane.says import Say, asked_of
from edge.lane.view import ViewWatch
from edge.verify.face.track import InView
from edge.verify.qr import read_codes
from models.access.passes import claimed_pass
from models.access.verification import FaceResult, FaceStatus

CODES_EVERY_S = 0.08
CODES_A_LOOK = 2
"""Of a picture full of codes, those in the form of a pass first. With the limit of the inbox (`ears.py`) it bounds what
a film of codes before one camera can make the thread of all lanes do; a code that stays is seen again."""
PASS_SHOWN_S = 10.0
"""So long nobody's face is looked for while a pass is held up; one that is still there after that is stuck to the wall.
Any other code is no pass, and holds up no face."""
IDLE_LOOK_EVERY_S = 1.0
PRESENT_LOOKS = 2
"""Idle looks in a row that must find a face before it counts as a person standing there, and as one gone again."""
ASKED_S = 1.0
"""So long the same is asked of whoever stands there: one fit frame between two others takes nothing back."""
LIMITS = Limits()

log = logging.getLogger(__name__)


class Faces(Protocol):
    """Compares faces."""

    def follow(
        self, view: InView, pixels: npt.NDArray[np.uint8], now: float, cardholder_id: UUID
    ) -> tuple[InView, FaceResult | None]:
        """One to one, over the frames of one person: is this the cardholder? None while there are too few."""

    def search(self, pixels: npt.NDArray[np.uint8]) -> FaceResult:
        """One to many: who might this be? Never opens anything by itself."""


class CameraThread(threading.Thread):
    """Owns the camera of one lane."""

    def __init__(
        self,
        lane: str,
        opener: Callable[[], Camera],
        inbox: "queue.Queue[Item]",
        faces: Faces | None,
        face_alone: bool = False,
        limits: Limits = LIMITS,
        approach: Approach | None = None,
    ):
        """`approach`: how a face is shown to be alive, without a pass and, where nothing is asked of anybody, beside
        one; without an approach it is told as it is seen."""
        super().__init__(name=f"camera {lane}", daemon=True)
        self._lane, self._opener, self._inbox, self._faces = lane, opener, inbox, faces
        self._limits = limits
        self._face_alone = face_alone and faces is not None
        self._approach = approach
        self._beside_pass = approach.beside_pass() if approach is not None else None
        self._resting = False
        self._said = self._asks = Say.NOTHING
        self._asked_at = float("-inf")
        self._stopping = threading.Event()
        self._wanted: tuple[UUID, UUID | None] | None = None
        self._followed: UUID | None = None
        self._in_view = InView()
        self._newest: Frame | None = None
        self._fault: str | None = "starting"
        self._codes_at = self._looked_at = float("-inf")
        self._passes: dict[str, float] = {}
        self._too_slow: bool | None = None
        self._present = self._absent = 0
        self._told_presence = False
        self._view = ViewWatch(lane, "camera", inbox)

    def look_for(self, correlation: UUID | None, cardholder_id: UUID | None) -> None:
        self._wanted = (correlation, cardholder_id) if correlation is not None else None

    def rest(self, resting: bool) -> None:
        self._resting = resting

    def newest(self) -> Frame | None:
        """The newest frame while the camera is alive: an old one would show somebody else."""
        return self._newest if self._fault is None else None

    def fault(self) -> str | None:
        """Why no face can be seen right now, or None. A camera that was never there and one that froze are alike."""
        return "no_face_models" if self._faces is None else self._fault

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        keep_looking(self._opener, self._stopping, self._limits, self._saw, self._tell)

    def _saw(self, frame: Frame) -> None:
        self._newest = frame if self._fault is None else None
        self._view.saw(frame)
        self._look(frame, time.monotonic())

    def _look(self, frame: Frame, now: float) -> None:
        if now - self._codes_at >= CODES_EVERY_S:
            self._codes_at = now
            codes = sorted(read_codes(frame.pixels), key=lambda text: claimed_pass(text) is None)
            self._passes = {text: self._passes.get(text, now) for text in codes if claimed_pass(text) is not None}
            for text in codes[:CODES_A_LOOK]:
                if self._inbox.qsize() < INBOX_MAX:
                    self._inbox.put(CodeSeen(self._lane, text, frame.taken_at, frame))
        if self._faces is None:
            return
        code_there = any(now - since < PASS_SHOWN_S for since in self._passes.values())
        if self._wanted is not None:
            self._told_presence, self._absent = True, 0  # who stays after the answer is no new recognition
            if self._approach is not None:
                self._approach.drop()
            self._look_for_holder(frame, self._wanted)
        elif self._face_alone and not self._resting and self._approach is not None:
            self._watch_approach(self._approach, frame, code_there)
        elif self._face_alone and not self._resting and not code_there and now - self._looked_at >= IDLE_LOOK_EVERY_S:
            self._looked_at = now
            self._look_for_anybody(frame)
        self._prompt(frame.taken_at)

    def _watch_approach(self, approach: Approach, frame: Frame, code_there: bool) -> None:
        if code_there:
            approach.drop()
        elif approach.due(frame.taken_at):
            result = approach.look(frame)
            if result is not None:
                self._inbox.put(FaceSeen(self._lane, result, frame.taken_at, None, approach.told_in or frame))
                approach.told_in = None
            self._tell_pace(approach.pace)

    def _tell_pace(self, pace: Pace) -> None:
        """Once when the looks are too few to prove anybody alive, and once when they are enough."""
        if pace.too_slow is not None and pace.too_slow is not self._too_slow:
            self._too_slow = pace.too_slow
            self._inbox.put(DeviceState(self._lane, "face_pace", pace.said if pace.too_slow else None))

    def _prompt(self, at: float) -> None:
        if self._wanted is not None:
            say = self._asks
        else:
            say = self._approach.says if self._approach is not None else Say.NOTHING
        if say is not self._said:
            self._said = say
            self._inbox.put(Prompt(self._lane, say, at))

    def _look_for_holder(self, frame: Frame, wanted: tuple[UUID, UUID | None]) -> None:
        correlation, cardholder_id = wanted
        assert self._faces is not None
        if correlation != self._followed:  # frames of whoever came before speak for nobody
            self._followed, self._in_view, self._asks = correlation, InView(about=correlation), Say.NOTHING
            if self._beside_pass is not None:
                self._beside_pass.begin()
        result: FaceResult | None = FaceResult(status=FaceStatus.NO_REFERENCE, frames=0)
        if cardholder_id is not None:
            self._in_view, result = self._faces.follow(self._in_view, frame.pixels, frame.taken_at, cardholder_id)
        asks, at = asked_of(result), frame.taken_at
        if self._asks in (Say.NOTHING, asks) or at - self._asked_at > ASKED_S:
            self._asks, self._asked_at = asks, at
        if cardholder_id is not None and self._beside_pass is not None:
            result = self._beside_pass.look(frame, result)
        if result is not None:
            if self._approach is not None:
                self._approach.answered(result)
            self._inbox.put(FaceSeen(self._lane, result, frame.taken_at, correlation, frame))

    def _look_for_anybody(self, frame: Frame) -> None:
        """One recognition for each person who stays; re-armed when nobody has been there for as long."""
        assert self._faces is not None
        result = self._faces.search(frame.pixels)
        there = result.status not in (FaceStatus.NO_FACE, FaceStatus.LOW_QUALITY)
        self._present, self._absent = (self._present + 1, 0) if there else (0, self._absent + 1)
        if self._absent >= PRESENT_LOOKS:
            self._told_presence = False
        if self._present >= PRESENT_LOOKS and not self._told_presence:
            self._told_presence = True
            self._inbox.put(FaceSeen(self._lane, result, frame.taken_at, None, frame))

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                self._newest = None  # nobody may see it any more, so it must not stay in memory either
                log.warning("%s 的摄像头有问题：%s / camera of %s: %s", self._lane, cause_zh(fault), self._lane, fault)
            self._inbox.put(DeviceState(self._lane, "camera", fault))
