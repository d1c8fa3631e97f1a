"""A decoder in a process of its own: its crash is a lost camera, and it never outlives the node."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.camera import child as module
from devices.camera.child import ChildCamera
from devices.errors import Unreachable
from devices.registry import open_camera
from tests.devices.camera.test_newest import eventually

PASSWORD = "hunter2"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("video") / "gate.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 50.0, (64, 48))
    for shade in (40, 120, 200):
        writer.write(np.full((48, 64, 3), shade, dtype=np.uint8))
    writer.release()
    return f"camera+file://{path}?loop=1"


@pytest.fixture
def camera(video: str) -> Iterator[ChildCamera]:
    opened = open_camera(video)
    assert isinstance(opened, ChildCamera)
    yield opened
    opened.close()


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"  # ended; whoever started it has not asked yet


def test_pictures_pass_whole_and_are_the_callers_own(camera: ChildCamera) -> None:
    seen = {}
    while len(seen) < 3:
        frame = camera.read(30)
        assert frame is not None and frame.pixels.shape == (48, 64, 3)
        assert float(frame.pixels.std()) < 3, "a picture is never half another one"
        seen[round(float(frame.pixels.mean()) / 40)] = frame
    for shade, frame in seen.items():
        assert abs(float(frame.pixels.mean()) - 40 * shade) < 5, "what was returned does not change afterwards"


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_decoder_that_crashes_is_an_unreachable_camera_that_opens_again(
    camera: ChildCamera, video: str, number: signal.Signals
) -> None:
    assert camera.read(30) is not None
    os.kill(camera.pid, number)

    def lost() -> bool:
        try:
            camera.read(0.05)
        except Unreachable as error:
            return number.name in str(error)
        return False

    assert eventually(lost)
    camera.close()
    again = open_camera(video)
    assert again.read(30) is not None
    again.close()


def test_what_stops_a_node_politely_is_no_lost_camera(camera: ChildCamera) -> None:
    """A service manager tells every process of the node to end; the node lets go of its cameras by itself."""
    assert camera.read(30) is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(camera.pid, number)
    for _ in range(3):
        assert camera.read(30) is not None


def test_a_machine_with_no_process_left_has_an_unreachable_camera(video: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(module.subprocess, "Popen", none)
    with pytest.raises(Unreachable, match="cannot be started"):
        open_camera(video)


def test_a_decoder_that_hangs_holds_nobody_up_and_is_ended(
    camera: ChildCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert camera.read(30) is not None
    os.kill(camera.pid, signal.SIGSTOP)
    while camera.read(0.05) is not None:
        pass  # None: the call returns though the child does not
    monkeypatch.setattr(module, "HUNG_S", 0.0)
    with pytest.raises(Unreachable, match="hangs"):
        camera.read(0.05)
    assert eventually(lambda: gone(camera.pid))


def test_closing_ends_the_child_also_one_that_hangs(video: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "END_S", 0.05)
    for hanging in (False, True):
        camera = ChildCamera(open_address(video))
        if hanging:
            os.kill(camera.pid, signal.SIGSTOP)
        camera.close()
        assert gone(camera.pid)


def open_address(text: str) -> module.Address:
    from devices.registry import check_address

    return check_address(text)


@pytest.mark.req("ACC-23")
def test_whoever_kills_the_node_ends_its_decoders_too(video: str) -> None:
    program = (
        "import sys, time; from devices.registry import open_camera; camera = open_camera(sys.argv[1]); "
        "camera.read(30); print(camera.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", program, video], stdout=subprocess.PIPE) as node:
        assert node.stdout is not None
        pid = int(node.stdout.readline())
        assert not gone(pid)
        node.kill()
    assert eventually(lambda: gone(pid))


@pytest.mark.req("LANE-08")
def test_the_password_stands_in_no_list_of_processes() -> None:
    camera = open_camera(f"rtsp://admin:{PASSWORD}@127.0.0.1:9/live")
    assert isinstance(camera, ChildCamera)
    told = b"".join(Path(f"/proc/{camera.pid}/{what}").read_bytes() for what in ("cmdline", "environ"))
    assert b"child_main" in told and PASSWORD.encode() not in told
    assert eventually(lambda: camera.read(0.05) is None and camera.error is not None)
    assert "nothing listens there" in str(camera.error) and PASSWORD not in repr(camera.error)
    camera.close()


def test_what_cannot_be_opened_there_is_told_here(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(Unreachable, match="not a video"):
        open_camera(f"camera+file://{tmp_path}/no.mp4")
