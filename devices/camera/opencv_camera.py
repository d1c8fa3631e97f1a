"""Cameras that OpenCV opens: video files and V4L2 devices. The backend is named, never searched for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from devices.camera.newest import NewestFrame
from devices.errors import Unreachable
from devices.ports import Pixels

FPS_UNKNOWN = 25.0


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def isOpened(self) -> bool:
        """Did opening work?"""

    def read(self) -> tuple[bool, npt.NDArray[np.generic]]:
        """The next frame, blocking."""

    def release(self) -> None:
        """Let go."""


class CaptureSource:
    """One opening of a capture, as a Source."""

    def __init__(self, capture: Callable[[], Capture], name: str) -> None:
        self._name = name
        self._capture = capture()
        if not self._capture.isOpened():
            self._capture.release()
            raise Unreachable(f"{name} cannot be opened")

    def read(self) -> Pixels | None:
        """See Source."""
        try:
            ok, pixels = self._capture.read()
        except cv2.error as error:
            raise Unreachable(f"{self._name}: decoder error {error.code}") from None
        return np.asarray(pixels, dtype=np.uint8) if ok else None

    def close(self) -> None:
        """See Source."""
        self._capture.release()


def open_file(path: str, *, loop: bool) -> NewestFrame:
    """A video file at its own speed; with `loop` over and over. Raises Unreachable when there is no readable video."""
    _check_exists(path)
    probe = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    playable, fps = probe.isOpened(), probe.get(cv2.CAP_PROP_FPS)
    probe.release()
    if not playable:
        raise Unreachable(f"{path} is not a video that can be read")
    pace_s = 1 / (fps if 0 < fps <= 240 else FPS_UNKNOWN)

    def source() -> CaptureSource:
        return CaptureSource(lambda: cv2.VideoCapture(path, cv2.CAP_FFMPEG), path)

    return NewestFrame(source, path, pace_s=pace_s, again=loop)


def open_v4l2(path: str, *, width: int, height: int, fps: int) -> NewestFrame:
    """A camera on this machine. Raises Unreachable when there is no such device at opening; later losses are retried.

    The driver behind it may deliver another size than asked for; frames say what they are.
    """
    _check_exists(path)

    def capture() -> Capture:
        opened = cv2.VideoCapture(path, cv2.CAP_V4L2)
        for prop, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, width),
            (cv2.CAP_PROP_FRAME_HEIGHT, height),
            (cv2.CAP_PROP_FPS, fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            opened.set(prop, value)
        return opened

    return NewestFrame(lambda: CaptureSource(capture, path), path)


def _check_exists(path: str) -> None:
    if not Path(path).exists():
        raise Unreachable(f"{path} does not exist")
