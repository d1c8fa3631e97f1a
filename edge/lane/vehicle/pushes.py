"""The thread that listens for a camera that reads plates by itself, and listens again when it cannot."""

from devices.ports import PlateCamera
from edge.lane.inbox import PlatePushed
from edge.lane.listening import Listener

READ_S = 0.5
SILENT_AFTER_S = 90.0
"""Heartbeats come every few seconds at most cameras, every minute at some."""


class PushThread(Listener[PlateCamera]):
    """Owns the place where one camera's pushes arrive."""

    device, zh, en = "plate_camera", "车牌相机", "plate camera"

    def _listen(self, camera: PlateCamera) -> None:
        waited = 0.0
        while not self._stopping.is_set():
            push = camera.read(READ_S)
            waited = 0.0 if push is not None else waited + READ_S
            silent = min(camera.silent_s(), waited) > SILENT_AFTER_S
            self._tell("Unreachable: the camera has not been heard of for 90 s" if silent else None)
            if push is not None:
                self._inbox.put(PlatePushed(self._lane, push, camera.answer))
