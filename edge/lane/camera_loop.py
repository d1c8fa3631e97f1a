"""A camera is opened, looked through, and opened again when it is lost: what each camera's thread does all day."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from devices.camera.watchdog import Health, Limits, Watch, content_hash
from devices.errors import DeviceError, said
from devices.ports import Camera, Frame

READ_S = 0.25
REOPEN_S = 1.0


def keep_looking(
    opener: Callable[[], Camera],
    stopping: threading.Event,
    limits: Limits,
    saw: Callable[[Frame], None],
    tell: Callable[[str | None], None],
) -> None:
    """Until `stopping`. Of each frame `tell` is called before `saw`: why the picture is not to be trusted, or None."""
    while not stopping.is_set():
        try:
            camera = opener()
            try:
                _look_through(camera, stopping, limits, saw, tell)
            finally:
                camera.close()
        except DeviceError as error:
            tell(said(error))
        stopping.wait(REOPEN_S)


def _look_through(
    camera: Camera,
    stopping: threading.Event,
    limits: Limits,
    saw: Callable[[Frame], None],
    tell: Callable[[str | None], None],
) -> None:
    watch = Watch(started_at=time.monotonic())
    while not stopping.is_set():
        frame = camera.read(READ_S)
        if frame is not None:
            watch = watch.saw(content_hash(frame.pixels), frame.taken_at)
        health = watch.verdict(time.monotonic(), limits)
        if health is not Health.OK:
            tell(trouble(health, camera))
        elif frame is not None:
            tell(None)
        if frame is not None:
            saw(frame)


def trouble(health: Health, camera: Camera) -> str:
    """In words, with the camera's own where it has some: a wrong password is not mended by looking at the cable."""
    own = camera.error if health is Health.STALE else None
    return f"picture {health.value}" if own is None else f"picture {health.value}: {own}"
