"""The thread that makes event pictures and answers a guard's look: never on the way to the relay.

An event picture is cropped to the face and its surroundings where there is one face, else the frame made small. Frames
themselves are never written (promise 6).
"""

import logging
import queue
import threading
from collections.abc import Callable
from uuid import UUID

import cv2
import numpy as np

from devices.ports import Frame, Pixels
from edge.journal.pictures import Pictures
from models.wire.commands import Command

WIDTH_PX = 480
JPEG_QUALITY = 80
BYTES_MAX = 300_000
WAITING_MAX = 200
FACE_ROOM = 1.4
"""How much of its own size is kept around a face: enough to know the person and the pass in the hand."""

log = logging.getLogger(__name__)

Box = tuple[float, float, float, float]


def event_jpeg(pixels: Pixels, face: Box | None) -> bytes:
    """The JPEG (at most WIDTH_PX wide) of an event. `face` is x, y, width, height in pixels of the frame."""
    height, width = pixels.shape[:2]
    if face is not None:
        x, y, w, h = face
        room_x, room_y = w * FACE_ROOM, h * FACE_ROOM
        left, right = max(0, int(x - room_x)), min(width, int(x + w + room_x))
        top, bottom = max(0, int(y - room_y)), min(height, int(y + h + room_y))
        if right - left > 16 and bottom - top > 16:
            pixels = pixels[top:bottom, left:right]
            height, width = pixels.shape[:2]
    if width > WIDTH_PX:
        size = (WIDTH_PX, max(1, height * WIDTH_PX // width))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    quality = JPEG_QUALITY
    while True:
        jpeg: bytes = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(jpeg) <= BYTES_MAX or quality <= 20:
            return jpeg
        quality -= 20


class PictureThread(threading.Thread):
    """Owns the making of pictures. What does not fit into its queue is left out and counted, never waited for."""

    def __init__(
        self,
        pictures: Pictures,
        one_face: Callable[[Pixels], Box | None],
        newest: Callable[[UUID], Frame | None],
        show: Callable[[Command, bytes | None], None],
    ):
        super().__init__(name="pictures", daemon=True)
        self._pictures, self._one_face, self._newest, self._show = pictures, one_face, newest, show
        self._jobs: queue.Queue[tuple[UUID, Frame] | Command | None] = queue.Queue(WAITING_MAX)
        self.left_out = 0

    def keep(self, event_id: UUID, frame: Frame) -> None:
        try:
            self._jobs.put_nowait((event_id, frame))
        except queue.Full:
            self.left_out += 1
            log.warning("no picture of event %s: too many are waiting", event_id)

    def look(self, command: Command) -> None:
        """Send central the newest frame of the command's lane."""
        self._jobs.put(command)

    def stop(self) -> None:
        self._jobs.put(None)

    def run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if isinstance(job, Command):
                frame = self._newest(job.lane_id)
                self._show(job, event_jpeg(frame.pixels, None) if frame is not None else None)
            else:
                event_id, frame = job
                self._pictures.keep(event_id, event_jpeg(frame.pixels, self._one_face(frame.pixels)))
