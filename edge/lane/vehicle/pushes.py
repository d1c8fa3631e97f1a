"""The thread that listens for a camera that reads plates by itself, and listens again when it cannot."""

import logging
import queue
import threading
from collections.abc import Callable

from devices.errors import DeviceError, said
from devices.ports import PlateCamera
from edge.lane.inbox import DeviceState, Item, PlatePushed

READ_S = 0.5
REOPEN_S = 2.0
SILENT_AFTER_S = 90.0
"""Heartbeats come every few seconds at most cameras, every minute at some."""

log = logging.getLogger(__name__)


class PushThread(threading.Thread):
    """Owns the place where one camera's pushes arrive."""

    def __init__(self, lane: str, opener: Callable[[], PlateCamera], inbox: "queue.Queue[Item]"):
        super().__init__(name=f"pushes {lane}", daemon=True)
        self._lane, self._opener, self._inbox = lane, opener, inbox
        self._stopping = threading.Event()
        self._fault: str | None = "starting"

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
                self._listen(camera)
            except DeviceError as error:
                self._tell(said(error))
                self._stopping.wait(REOPEN_S)
            finally:
                camera.close()

    def _listen(self, camera: PlateCamera) -> None:
        waited = 0.0
        while not self._stopping.is_set():
            push = camera.read(READ_S)
            waited = 0.0 if push is not None else waited + READ_S
            silent = min(camera.silent_s(), waited) > SILENT_AFTER_S
            self._tell("Unreachable: the camera has not been heard of for 90 s" if silent else None)
            if push is not None:
                self._inbox.put(PlatePushed(self._lane, push, camera.answer))

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                log.warning("%s 的车牌相机有问题 / plate camera of %s: %s", self._lane, self._lane, fault)
            self._inbox.put(DeviceState(self._lane, "plate_camera", fault))
