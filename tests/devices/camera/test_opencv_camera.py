"""Cameras behind OpenCV: the reader thread with a scripted source, a real file, and a camera that is not there."""

import queue
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.camera.opencv_camera import OpenCvCamera
from devices.errors import Unreachable
from devices.registry import open_camera
from devices.transport.reopen import Backoff

AT_ONCE = Backoff(first_s=0.001, most_s=0.001)


def eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class Script:
    """Sources one after the other. A number is a frame of that shade; None ends the source."""

    def __init__(self) -> None:
        self.frames: queue.Queue[int | None] = queue.Queue()
        self.openings = 0
        self.up = True
        self.released = 0

    def __call__(self) -> "Script":
        self.openings += 1
        return self

    def isOpened(self) -> bool:
        return self.up

    def read(self) -> tuple[bool, np.ndarray]:
        shade = self.frames.get()
        return shade is not None, np.full((4, 4, 3), shade or 0, dtype=np.uint8)

    def release(self) -> None:
        self.released += 1


def test_only_the_newest_frame_is_ever_returned_and_each_once() -> None:
    script = Script()
    camera = OpenCvCamera(script, "test", backoff=AT_ONCE)
    assert camera.read(0) is None
    assert camera.age_s() == float("inf")
    for shade in (1, 2, 3):
        script.frames.put(shade)
    assert eventually(lambda: camera._newest is not None and camera._newest.seq == 3)
    frame = camera.read(0)
    assert frame is not None
    assert (frame.pixels[0, 0, 0], frame.seq) == (3, 3)
    assert camera.read(0) is None
    script.frames.put(4)
    following = camera.read(20)
    assert following is not None
    assert following.seq == 4
    script.frames.put(None)
    script.frames.put(5)  # it ends, is opened again, and delivers
    reopened = camera.read(20)
    assert reopened is not None
    assert (reopened.seq, script.openings) == (5, 2)
    script.frames.put(None)
    script.up = False
    camera.close()
    camera.close()
    with pytest.raises(Unreachable):
        camera.read(0)
    assert script.released == script.openings


def test_a_source_that_cannot_be_opened_is_told_and_tried_again() -> None:
    script = Script()
    script.up = False
    camera = OpenCvCamera(script, "test", backoff=AT_ONCE)
    assert eventually(lambda: script.openings >= 3)
    assert "cannot be opened" in str(camera.error)
    script.up = True
    script.frames.put(7)
    assert camera.read(20) is not None
    assert camera.error is None
    script.frames.put(None)
    script.up = False
    camera.close()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "gate.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 50.0, (64, 48))
    assert writer.isOpened()
    for shade in (40, 120, 200):
        writer.write(np.full((48, 64, 3), shade, dtype=np.uint8))
    writer.release()
    return path


def test_a_video_file_is_played_once_or_for_ever(video: Path) -> None:
    camera = open_camera(f"camera+file://{video}?loop=1")
    seen = 0
    while seen < 8:  # more than there are in it
        frame = camera.read(20)
        assert frame is not None
        assert frame.pixels.shape == (48, 64, 3)
        seen = frame.seq
    assert camera.age_s() < 20
    camera.close()
    once = open_camera(f"camera+file://{video}")
    assert isinstance(once, OpenCvCamera)
    once._thread.join(20)
    last = once.read(0)
    assert last is not None
    assert last.seq == 3
    assert once.read(0) is None
    once.close()


def test_a_file_that_is_no_video_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(Unreachable, match="not a video"):
        open_camera(f"camera+file://{tmp_path}/no.mp4")


@pytest.mark.req("LANE-08")
def test_a_network_camera_that_is_down_opens_tells_so_and_prints_no_password(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    camera = open_camera(f"rtsp://admin:hunter2@127.0.0.1:{port}/live?password=hunter2")  # nobody listens there now
    assert isinstance(camera, OpenCvCamera)
    assert eventually(lambda: camera.error is not None)
    assert camera.read(0) is None
    assert camera.age_s() == float("inf")
    names = " ".join(thread.name for thread in threading.enumerate())
    camera.close()
    printed = capfd.readouterr()
    assert "hunter2" not in f"{camera.error} {camera.error!r} {names} {printed.out} {printed.err}"
