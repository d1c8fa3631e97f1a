"""The lane's camera thread over a decoder that crashes: a camera that was away for a moment, and nothing more."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.camera.child import ChildCamera
from devices.ports import Camera
from devices.registry import open_camera
from edge.lane import camera_loop
from edge.lane.eyes import CameraThread
from edge.lane.inbox import DeviceState, Item


@pytest.mark.req("ACC-23")
def test_a_decoder_that_crashes_is_told_opened_again_and_moves_nothing(
    tmp_path: Path, until: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_loop, "REOPEN_S", 0.02)
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 50.0, (64, 48))
    for shade in (40, 120, 200):
        writer.write(np.full((48, 64, 3), shade, dtype=np.uint8))
    writer.release()
    opened: list[ChildCamera] = []
    inbox: queue.Queue[Item] = queue.Queue()
    heard: list[Item] = []

    def opener() -> Camera:
        camera = open_camera(f"camera+file://{tmp_path}/v.avi?loop=1")
        assert isinstance(camera, ChildCamera)
        opened.append(camera)
        return camera

    def states() -> list[str | None]:
        while not inbox.empty():
            heard.append(inbox.get_nowait())
        return [item.fault for item in heard if isinstance(item, DeviceState) and item.alarm is None]

    thread = CameraThread("lane", opener, inbox, None)
    thread.start()
    until(lambda: states() == [None])
    os.kill(opened[0].pid, signal.SIGSEGV)
    until(lambda: len(states()) == 3)
    lost, back = states()[1:]
    assert lost is not None and "SIGSEGV" in lost and back is None
    until(lambda: thread.newest() is not None)
    assert len(opened) == 2
    assert {type(item) for item in heard} == {DeviceState}
    thread.stop()
    thread.join()
    assert opened[1].pid != opened[0].pid
