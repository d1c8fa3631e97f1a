"""The thread that looks through the near-infrared camera beside a lane's first one. It keeps a second of frames."""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable

from devices.camera.watchdog import Limits
from devices.fault_words import cause_zh
from devices.ports import Camera, Frame
from edge.lane.camera_loop import keep_looking
from edge.lane.inbox import DeviceState, Item
from edge.lane.view import ViewWatch

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
        keep_looking(self._opener, self._stopping, self._limits, self._saw, self._tell)

    def _saw(self, frame: Frame) -> None:
        if self._fault is None:
            self._frames.append(frame)
        self._view.saw(frame)

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                self._frames.clear()
                log.warning(
                    "%s 的近红外摄像头有问题：%s / near-infrared camera of %s: %s",
                    self._lane, cause_zh(fault), self._lane, fault,
                )  # fmt: skip
            self._inbox.put(DeviceState(self._lane, DEVICE, fault))
