"""The thread that makes event pictures and answers a guard's look: never on the way to the relay.

An event picture is cropped to the face and its surroundings where there is one face, else the frame made small, which
lives no longer than a minute; a vehicle's is the frame made small, and nobody's face is looked for in it. Frames
themselves are never written (promise 6). What is past its time is deleted here too, every few seconds (PRIV-08).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import cv2
import numpy as np

from devices.ports import Frame, Pixels
from edge.journal.pictures import Pictures
from models.access.decision import Decision, Outcome
from models.access.pictures import ALARM_REACH, Keeping, Pictured, Shows, is_cropped
from models.values.time import utc_now
from models.wire.commands import Command
from models.wire.events import ABOUT_PEOPLE, Alarm, EventBody

WIDTH_PX = 480
JPEG_QUALITY = 80
BYTES_MAX = 300_000
WAITING_MAX = 200
SWEEP_S = 5.0
"""How often pictures past their time are looked for; each goes so much early rather than late."""
FACE_ROOM = 1.4
"""How much of its own size is kept around a face: enough to know the person and the pass in the hand."""

log = logging.getLogger(__name__)

Box = tuple[float, float, float, float]


class Shot(NamedTuple):
    jpeg: bytes
    shows: Shows


class OfAlarm(NamedTuple):
    """What was seen with an alarm that is about no decision, the oldest first."""

    event_id: UUID
    frames: tuple[Frame, ...]


class AlarmAt(NamedTuple):
    """An alarm about people was written down at this time."""

    at: datetime


class Wanted(NamedTuple):
    """A picture to be made. `shows`: CROP cuts it to the one face in it. `alarmed`: an alarm was raised with the
    decision. `holder`: whom that names."""

    event_id: UUID
    frame: Frame
    outcome: Outcome
    shows: Shows
    alarmed: bool
    holder: UUID | None


def event_jpeg(pixels: Pixels, face: Box | None) -> Shot:
    """The JPEG (at most WIDTH_PX wide) of an event. `face` is x, y, width, height in pixels of the frame."""
    height, width = pixels.shape[:2]
    shows = Shows.FRAME
    if face is not None:
        x, y, w, h = face
        room_x, room_y = w * FACE_ROOM, h * FACE_ROOM
        left, right = max(0, int(x - room_x)), min(width, int(x + w + room_x))
        top, bottom = max(0, int(y - room_y)), min(height, int(y + h + room_y))
        if right - left > 16 and bottom - top > 16:
            pixels, shows = pixels[top:bottom, left:right], Shows.CROP
            height, width = pixels.shape[:2]
    if width > WIDTH_PX:
        size = (WIDTH_PX, max(1, height * WIDTH_PX // width))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    quality = JPEG_QUALITY
    while True:
        jpeg: bytes = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(jpeg) <= BYTES_MAX or quality <= 20:
            return Shot(jpeg, shows)
        quality -= 20


def stacked(frames: tuple[Frame, ...]) -> Pixels:
    """One picture of several: each as wide as an event's picture is, the oldest on top."""
    rows = []
    for frame in frames:
        height, width = frame.pixels.shape[:2]
        size = (WIDTH_PX, max(1, height * WIDTH_PX // width))
        rows.append(cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False))
    return np.concatenate(rows)


class PictureThread(threading.Thread):
    """Owns the making of pictures. What does not fit into its queue is left out and counted, never waited for."""

    def __init__(
        self,
        pictures: Pictures,
        one_face: Callable[[Pixels], Box | None],
        newest: Callable[[UUID], Frame | None],
        show: Callable[[Command, bytes | None], None],
        keeping: Callable[[], Keeping] = Keeping,
        now: Callable[[], datetime] = utc_now,
    ):
        super().__init__(name="pictures", daemon=True)
        self._keeping, self._now, self._swept_at = keeping, now, 0.0
        self._pictures, self._one_face, self._newest, self._show = pictures, one_face, newest, show
        self._jobs: queue.Queue[Wanted | OfAlarm | Command | AlarmAt | None] = queue.Queue(WAITING_MAX)
        self.left_out = 0

    def keep(
        self, event_id: UUID, frame: Frame, decision: Decision, alarmed: bool, vehicle: Shows | None = None
    ) -> None:
        """`vehicle`: what it shows where it is of a vehicle lane; else it is looked for one face."""
        shows = vehicle or (Shows.CROP if is_cropped(decision) else Shows.FRAME)
        self._want(Wanted(event_id, frame, decision.outcome, shows, alarmed, decision.cardholder_id))

    def keep_of_alarm(self, event_id: UUID, frames: tuple[Frame, ...]) -> None:
        """They show whoever was there: kept as long as the alarm holds them, and not a minute without it."""
        self._want(OfAlarm(event_id, frames))

    def _want(self, job: Wanted | OfAlarm) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self.left_out += 1
            log.warning("no picture of event %s: too many are waiting", job.event_id)

    def look(self, command: Command) -> None:
        """Send central the newest frame of the command's lane."""
        self._jobs.put(command)

    def heard(self, body: EventBody, at: datetime) -> None:
        """A line of the journal: an alarm about people holds what the gate saw in the minute before (PRIV-08).

        Of all lanes of the node, since a node is one gate, and what is held too much goes as soon as central has it.
        """
        if isinstance(body, Alarm) and not body.over and body.alarm in ABOUT_PEOPLE:
            self._jobs.put(AlarmAt(at))

    def stop(self) -> None:
        self._jobs.put(None)

    def run(self) -> None:
        going = True
        while going:
            self._sweep()
            try:
                going = self._do(self._jobs.get(timeout=SWEEP_S))
            except queue.Empty:
                continue

    def _do(self, job: Wanted | OfAlarm | Command | AlarmAt | None) -> bool:
        """Make one picture, or show one. False: stop."""
        if isinstance(job, Command):
            frame = self._newest(job.lane_id)
            self._show(job, event_jpeg(frame.pixels, None).jpeg if frame is not None else None)
        elif isinstance(job, AlarmAt):
            self._hold(job.at)
        elif isinstance(job, OfAlarm):
            shot = event_jpeg(stacked(job.frames), None)
            about = Pictured(shows=Shows.FRAME, outcome=Outcome.REFER)
            self._pictures.keep(job.event_id, shot.jpeg, about, held=True)
        elif job is not None:
            cropped = job.shows is Shows.CROP
            shot = event_jpeg(job.frame.pixels, self._one_face(job.frame.pixels) if cropped else None)
            about = Pictured(shows=shot.shows if cropped else job.shows, outcome=job.outcome)
            self._pictures.keep(job.event_id, shot.jpeg, about, held=job.alarmed, holder=job.holder)
        return job is not None

    def _hold(self, at: datetime) -> None:
        try:
            self._pictures.hold(at - ALARM_REACH, at)
        except OSError as error:
            log.error("pictures of an alarm cannot be held: %s", error)

    def _sweep(self) -> None:
        """A disk that refuses is tried again; it must not end the thread that answers a guard's look."""
        if time.monotonic() - self._swept_at < SWEEP_S:
            return
        self._swept_at = time.monotonic()
        try:
            self._pictures.sweep(self._now(), self._keeping(), timedelta(seconds=2 * SWEEP_S))
        except OSError as error:
            log.error("pictures past their time cannot be deleted: %s", error)
