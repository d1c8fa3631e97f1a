"""Video files by OpenCV, in this process."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.camera.opencv_camera import open_file, open_v4l2
from devices.errors import Unreachable


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("video") / "gate.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 50.0, (64, 48))
    assert writer.isOpened()
    for shade in (40, 120, 200):
        writer.write(np.full((48, 64, 3), shade, dtype=np.uint8))
    writer.release()
    return str(path)


def test_a_video_file_is_played_once_or_for_ever(video: str) -> None:
    camera = open_file(video, loop=True)
    seen = 0
    while seen < 8:  # more than there are in it
        frame = camera.read(20)
        assert frame is not None
        assert frame.pixels.shape == (48, 64, 3)
        seen = frame.seq
    assert camera.age_s() < 20
    camera.close()
    once = open_file(video, loop=False)
    once._thread.join(20)
    last = once.read(0)
    assert last is not None
    assert last.seq == 3
    assert once.read(0) is None and once.error is None
    once.close()


def test_what_is_no_video_or_is_not_there_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(Unreachable, match="not a video"):
        open_file(str(tmp_path / "no.mp4"), loop=False)
    with pytest.raises(Unreachable, match="does not exist"):
        open_v4l2(str(tmp_path / "video0"), width=640, height=480, fps=25)


def test_a_device_that_is_no_camera_is_told_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "video0").write_bytes(b"")
    camera = open_v4l2(str(tmp_path / "video0"), width=640, height=480, fps=25)
    assert camera.read(0.5) is None and camera.age_s() == float("inf")
    camera.close()
    assert "cannot be opened" in str(camera.error)
