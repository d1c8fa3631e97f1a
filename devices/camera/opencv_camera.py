"""Cameras that OpenCV opens: video files, V4L2 devices, RTSP streams.

A reader thread takes every frame and keeps the newest only: a decoder's own queue would show the gate as it was
seconds ago. When the source fails it is opened again with back-off (0.5 s doubling to 30 s, with jitter); meanwhile
`read` returns None, `age_s` grows, `error` says why, and the watchdog above decides.

RTSP goes over TCP (UDP loses parts of pictures), opens within 3 s and reads within 2 s; the packages multiply these,
hence the watchdog. The backend is named, never searched for: OpenCV's search would also try backends that print the
address, password and all.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from devices.address import Address
from devices.errors import DeviceError, Unreachable
from devices.ports import Frame
from devices.transport.reopen import Backoff

OPEN_TIMEOUT_MS = 3000
READ_TIMEOUT_MS = 2000
CLOSE_WAIT_S = 6.0  # a native read in progress ends by its own time-out; after this the daemon thread is left behind
FPS_UNKNOWN = 25.0


class Source(Protocol):
    """What is used of cv2.VideoCapture."""

    def isOpened(self) -> bool:
        """Did opening work?"""

    def read(self) -> tuple[bool, npt.NDArray[np.generic]]:
        """The next frame, blocking."""

    def release(self) -> None:
        """Let go."""


class OpenCvCamera:
    """A Camera that reads `source()` in a thread. `name` is what errors may say: never with a password in it.

    `pace_s`: wait that long between frames (files play at their own speed). `again`: open again when it ends.
    """

    def __init__(
        self,
        source: Callable[[], Source],
        name: str,
        *,
        pace_s: float = 0.0,
        again: bool = True,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._name = name
        self._pace_s = pace_s
        self._again = again
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._returned = 0
        self.error: DeviceError | None = None
        """Why there are no frames at present; None while there are."""
        self._thread = threading.Thread(target=self._run, name=f"camera {name}", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Frame | None:
        """See Camera. Raises Unreachable only when closed."""
        with self._changed:
            self._changed.wait_for(self._fresh, timeout_s)
            if self._stop.is_set():
                raise Unreachable(f"{self._name} is closed")
            if not self._fresh() or self._newest is None:
                return None
            self._returned = self._newest.seq
            return self._newest

    def age_s(self) -> float:
        """See Camera."""
        newest = self._newest
        return float("inf") if newest is None else self._clock() - newest.taken_at

    def close(self) -> None:
        """See Camera."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_WAIT_S)

    def _fresh(self) -> bool:
        return self._stop.is_set() or (self._newest is not None and self._newest.seq > self._returned)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._play()
            if not self._again:
                return
            if self.error is not None:
                self._backoff = self._backoff.failed()
                self._stop.wait(self._backoff.wait_s(random.random()))  # noqa: S311 - jitter, not a secret

    def _play(self) -> None:
        """Open once and read until it ends or fails."""
        source = self._source()
        try:
            if not source.isOpened():
                self.error = Unreachable(f"{self._name} cannot be opened")
                return
            frames = 0
            while not self._stop.is_set():
                ok, pixels = source.read()
                if not ok:
                    break
                frames += 1
                self._show(pixels)
                if self._pace_s:
                    self._stop.wait(self._pace_s)
            # A source that never gave a frame, or one that should not end, has failed; a file has just ended.
            if frames == 0 or not self._pace_s:
                self.error = Unreachable(f"{self._name} stopped delivering")
        except cv2.error as error:
            self.error = Unreachable(f"{self._name}: decoder error {error.code}")
        finally:
            source.release()

    def _show(self, pixels: npt.NDArray[np.generic]) -> None:
        with self._changed:
            seq = 1 if self._newest is None else self._newest.seq + 1
            self._newest = Frame(np.asarray(pixels, dtype=np.uint8), self._clock(), seq)
            self.error = None
            self._backoff = self._backoff.worked()
            self._changed.notify_all()


def open_file(path: str, *, loop: bool) -> OpenCvCamera:
    """A video file at its own speed; with `loop` over and over. Raises Unreachable when there is no readable video."""
    _check_exists(path)
    probe = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    playable, fps = probe.isOpened(), probe.get(cv2.CAP_PROP_FPS)
    probe.release()
    if not playable:
        raise Unreachable(f"{path} is not a video that can be read")
    pace_s = 1 / (fps if 0 < fps <= 240 else FPS_UNKNOWN)
    return OpenCvCamera(lambda: cv2.VideoCapture(path, cv2.CAP_FFMPEG), path, pace_s=pace_s, again=loop)


def open_v4l2(path: str, *, width: int, height: int, fps: int) -> OpenCvCamera:
    """A camera on this machine. Raises Unreachable when there is no such device at opening; later losses are retried.

    The driver behind it may deliver another size than asked for; frames say what they are.
    """
    _check_exists(path)

    def source() -> Source:
        capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        for prop, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, width),
            (cv2.CAP_PROP_FRAME_HEIGHT, height),
            (cv2.CAP_PROP_FPS, fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            capture.set(prop, value)
        return capture

    return OpenCvCamera(source, path)


def open_rtsp(address: Address) -> OpenCvCamera:
    """A network camera over TCP. Opens whether or not the camera is up; `error` and `age_s` tell."""
    # OpenCV takes this option from the environment only. It is no fallback: without it UDP would be tried as well.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    limits = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        OPEN_TIMEOUT_MS,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        READ_TIMEOUT_MS,
    ]
    return OpenCvCamera(lambda: cv2.VideoCapture(address.secret_url(), cv2.CAP_FFMPEG, limits), str(address))


def _check_exists(path: str) -> None:
    if not Path(path).exists():
        raise Unreachable(f"{path} does not exist")
