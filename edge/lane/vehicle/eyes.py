"""The thread that looks through a vehicle lane's camera and reads plates while the lane asks for it.

Only the newest frame is looked at. Between two looks a frame is read now and then, so that a car that has been parked
in sight for long is known as one when another arrives (LANE-07). A frame from before the vehicle came onto the loop has
no vote. What is told after each frame is the vote of all frames of this look, with the very frame that it rests on.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol
from uuid import UUID

from devices.camera.watchdog import Limits
from devices.fault_words import cause_zh
from devices.ports import Camera, Frame, Pixels
from edge.lane.camera_loop import keep_looking
from edge.lane.inbox import DeviceState, Item, PlatesVoted
from edge.lane.view import ViewWatch
from edge.verify.plate.approach import GONE_S, PlatesInView
from edge.verify.plate.ports import Box, PlateRead
from edge.verify.plate.vote import vote
from models.values.plate import PlateColour

IDLE_EVERY_S = GONE_S / 2
FRAMES_KEPT = 8
LIMITS = Limits(frozen_s=60.0)
"""A lane at night with nobody in it is a picture that hardly changes."""
ROOM = 3.0
"""How much is kept around a plate, in its own widths: enough to know the car, and no more of the street."""

log = logging.getLogger(__name__)


class Reads(Protocol):
    """Reads plates: `edge.verify.plate.reader.PlateReader`."""

    def read(self, pixels: Pixels) -> tuple[PlateRead, ...]: ...


class _Kept(NamedTuple):
    frame: Frame
    reads: tuple[PlateRead, ...]


class PlateThread(threading.Thread):
    """Owns the camera of one vehicle lane. Without a reader it shows pictures and reads nothing."""

    def __init__(
        self,
        lane: str,
        opener: Callable[[], Camera],
        reader: Reads | None,
        inbox: "queue.Queue[Item]",
        limits: Limits = LIMITS,
    ):
        super().__init__(name=f"plates {lane}", daemon=True)
        self._lane, self._opener, self._reader, self._inbox = lane, opener, reader, inbox
        self._limits, self._stopping = limits, threading.Event()
        self._wanted: tuple[UUID, float] | None = None
        self._begun: tuple[UUID, int] | None = None
        self._plates, self._kept = PlatesInView(), dict[int, _Kept]()
        self._read_at = float("-inf")
        self._newest: Frame | None = None
        self._fault: str | None = "starting"
        self._view = ViewWatch(lane, "camera", inbox)

    def look_for(self, look: UUID | None) -> None:
        """Read plates for this look until another word; None: enough."""
        self._wanted = None if look is None else (look, time.monotonic())

    def newest(self) -> Frame | None:
        """The newest frame while the camera is alive: an old one would show another car."""
        return self._newest if self._fault is None else None

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        keep_looking(self._opener, self._stopping, self._limits, self._saw, self._tell)

    def _saw(self, frame: Frame) -> None:
        self._newest = frame if self._fault is None else None
        self._view.saw(frame)
        wanted = self._wanted
        if self._reader is None or (wanted is None and frame.taken_at - self._read_at < IDLE_EVERY_S):
            return
        if wanted is not None and (self._begun is None or self._begun[0] != wanted[0]):
            if frame.taken_at < wanted[1]:
                return
            self._begun = wanted[0], self._plates.frame
        self._read_at = frame.taken_at
        reads = self._reader.read(frame.pixels)
        self._plates = self._plates.seen(reads, (frame.pixels.shape[1], frame.pixels.shape[0]), frame.taken_at)
        if wanted is not None and self._begun is not None:
            self._kept = dict([*self._kept.items(), (self._plates.frame, _Kept(frame, reads))][-FRAMES_KEPT:])
            self._vote(wanted[0], self._begun[1])
        else:
            self._kept = {}  # nobody may look at it again, so it must not stay in memory either

    def _vote(self, look: UUID, since: int) -> None:
        said = vote(self._plates.reads_since(since))
        kept = self._kept.get(said.frame) if said.frame is not None else None
        read = next((one for one in kept.reads if one.text == said.text), None) if kept is not None else None
        frame = around(kept.frame, read.box) if kept is not None and read is not None else self._newest
        colour = read.colour if read is not None else PlateColour.UNKNOWN
        frames = self._plates.frame - since
        self._inbox.put(PlatesVoted(self._lane, look, said, colour, frames, frame, time.monotonic()))

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                self._newest, self._kept = None, {}
                log.warning("%s 的摄像头有问题：%s / camera of %s: %s", self._lane, cause_zh(fault), self._lane, fault)
            self._inbox.put(DeviceState(self._lane, "camera", fault))


def around(frame: Frame, box: Box) -> Frame:
    """The plate with the front of its car."""
    height, width = frame.pixels.shape[:2]
    left, top, right, bottom = box
    room = (right - left) * ROOM
    rows = slice(max(0, int(top - room)), min(height, int(bottom + room / 2)))
    columns = slice(max(0, int(left - room)), min(width, int(right + room)))
    cut = frame.pixels[rows, columns]
    return replace(frame, pixels=cut) if cut.size else frame
