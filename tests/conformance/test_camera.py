"""What every camera must do: a folder of pictures, a video file, a simulated network camera, or a real one."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.camera.watchdog import Health, Limits, Watch, content_hash
from devices.errors import Unreachable
from devices.ports import Camera, Frame
from devices.registry import open_camera
from devices.sim.rtsp_camera import RtspCameraSim
from tests.conformance.rigs import DEADLINE_S

pytestmark = pytest.mark.req("GEN-08")


@pytest.fixture
def camera_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A camera that looks at something."""
    kind: str = request.param
    if kind != "rtsp":
        yield _address(kind, tmp_path)
        return
    sim = RtspCameraSim([np.full((96, 128, 3), shade, dtype=np.uint8) for shade in (40, 120, 200)], auth="digest")
    yield f"rtsp://admin:@{sim.where}"
    sim.close()


def _address(kind: str, tmp_path: Path) -> str:
    if kind.startswith("real "):
        return kind.removeprefix("real ")
    shades = (40, 120, 200)
    if kind == "video":
        writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 50.0, (64, 48))
        for shade in shades:
            writer.write(np.full((48, 64, 3), shade, dtype=np.uint8))
        writer.release()
        return f"camera+file://{tmp_path}/v.avi?loop=1"
    for shade in shades:
        cv2.imwrite(str(tmp_path / f"{shade:03}.jpg"), np.full((48, 64, 3), shade, dtype=np.uint8))
    return f"camera+folder://{tmp_path}?fps=50&mode={kind.removeprefix('folder-')}"


@pytest.fixture
def camera(camera_address: str) -> Iterator[Camera]:
    """The same, opened."""
    opened = open_camera(camera_address)
    yield opened
    opened.close()


def next_frame(camera: Camera) -> Frame:
    frame = camera.read(DEADLINE_S)
    assert frame is not None
    return frame


def test_frames_are_colour_pictures_and_never_come_twice_or_backwards(camera: Camera) -> None:
    frames = [next_frame(camera) for _ in range(5)]
    for frame in frames:
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.ndim == 3
        assert frame.pixels.shape[2] == 3
        assert frame.taken_at <= time.monotonic()
    assert all(a.seq < b.seq for a, b in itertools.pairwise(frames))
    assert all(a.taken_at <= b.taken_at for a, b in itertools.pairwise(frames))


def test_the_age_is_of_the_newest_frame(camera: Camera) -> None:
    frame = next_frame(camera)
    assert 0 <= camera.age_s() <= time.monotonic() - frame.taken_at


def test_a_working_camera_is_well_to_the_watchdog(camera: Camera) -> None:
    watch = Watch(started_at=time.monotonic())
    for _ in range(5):
        frame = next_frame(camera)
        watch = watch.saw(content_hash(frame.pixels), frame.taken_at)
        assert watch.verdict(frame.taken_at, Limits()) is Health.OK


def test_closing_is_final_and_may_be_repeated(camera: Camera) -> None:
    next_frame(camera)
    camera.close()
    camera.close()
    with pytest.raises(Unreachable):
        camera.read(0)
