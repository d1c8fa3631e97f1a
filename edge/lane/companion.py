"""The thread that looks through the near-infrared camera beside a lane's first one. It keeps a second of frames."""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from devices.camera.watchdog import Health, Limits, Watch, content_hash
from devices.errors import DeviceError, said
from devices.ports import Camera, Frame
from edge.lane.eyes import trouble
from edge.lane.inbox import DeviceState, Item
from edge.lane.view import ViewWatch

READ_S = 0.25
REOPEN_S = 1.0
KEPT = 16
DEVICE = "camera_nir"

log = logging.getLogger(__name__)


class CompanionThread(threading.Thread):
    """Owns the companion camera of one lane. Frames live in memory only, the last KEPT of them."""

    def __init__(
        self, lane: str, opener: Callable[[], Camera], inbox: "queue.Queue[Item]", limits: Limits | None = None
    ):
        super().__init__(name=f"camera_nir {lane}", daemon=True)
        self._lane, self._opener, self._inbox, self._limits = lane, opener, inbox, limits or Limits()
        self._stopping = threading.Event()
        self._frames: deque[Frame] = deque(maxlen=KEPT)
        self._fault: str | None = "starting"
        self._view = ViewWatch(lane, DEVICE, inbox)

    def pair(self, taken_at: float) -> Frame | None:
        """The frame nearest to an instant (monotonic s); None while the camera is not to be trusted."""
        frames = tuple(self._frames) if self._fault is None else ()
        return min(frames, key=lambda frame: abs(frame.taken_at - taken_at), default=None)

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                camera = self._opener()
            except DeviceError as error:
                self._tell(said(error))
                self._stopping.wait(REOPEN_S)
                continue
            try:
                self._watch(camera)
            except DeviceError as error:
                self._tell(said(error))
            finally:
                camera.close()
            self._stopping.wait(0 if self._stopping.is_set() else REOPEN_S)

    def _watch(self, camera: Camera) -> None:
        watch = Watch(started_at=time.monotonic())
        while not self._stopping.is_set():
            frame = camera.read(READ_S)
            if frame is not None:
                self._frames.append(frame)
                watch = watch.saw(content_hash(frame.pixels), frame.taken_at)
                self._view.saw(frame)
            health = watch.verdict(time.monotonic(), self._limits)
            if health is not Health.OK:
                self._tell(trouble(health, camera))
            elif frame is not None:
                self._tell(None)

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                self._frames.clear()
                log.warning("near-infrared camera of %s: %s", self._lane, fault)
            self._inbox.put(DeviceState(self._lane, DEVICE, fault))
