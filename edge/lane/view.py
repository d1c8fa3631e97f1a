"""What a lane's camera shows, told to the gate's thread: nothing (black, covered), or another place than before."""

import queue

from devices.camera.scene import AIM_EVERY_S, Aim, Shown, Sight, look
from devices.ports import Frame
from edge.lane.inbox import DeviceState, Item
from models.wire.events import AlarmKind

LOOK_EVERY_S = 0.25


class ViewWatch:
    """One camera's view. Each verdict is told when it changes, and once at the start: an alarm may stand from before.

    A camera that delivers nothing is somebody else's alarm; what was told of its view stands until it shows again.
    """

    def __init__(self, lane: str, device: str, inbox: "queue.Queue[Item]"):
        self._lane, self._device, self._inbox = lane, device, inbox
        self._sight, self._aim = Sight(), Aim()
        self._looked_at = self._aimed_at = float("-inf")
        self._told: dict[AlarmKind, str | None] = {}

    def saw(self, frame: Frame) -> None:
        """After each frame; most are not looked at."""
        at = frame.taken_at
        if at - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = at
        seen = look(frame.pixels)
        self._sight = self._sight.saw(seen, at)
        shown = self._sight.verdict
        if shown is not Shown.CLEAR:
            self._tell(AlarmKind.CAMERA_COVERED, f"picture {shown.value}")
        elif seen.shown is Shown.CLEAR:
            self._tell(AlarmKind.CAMERA_COVERED, None)
            if at - self._aimed_at >= AIM_EVERY_S:
                self._aimed_at = at
                self._aim = self._aim.saw(seen, at)
        if self._aim.moved is not None:
            self._tell(AlarmKind.CAMERA_MOVED, "another view than before" if self._aim.moved else None)

    def _tell(self, alarm: AlarmKind, fault: str | None) -> None:
        if alarm not in self._told or self._told[alarm] != fault:
            self._told[alarm] = fault
            self._inbox.put(DeviceState(self._lane, self._device, fault, alarm))
