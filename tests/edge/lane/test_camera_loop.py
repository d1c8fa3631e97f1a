"""Both cameras of a lane live by one loop: what breaks is closed, told and opened again; each frame has a verdict."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from devices.camera.watchdog import Limits
from devices.errors import Unreachable
from devices.ports import Frame
from edge.lane import camera_loop
from edge.lane.camera_loop import keep_looking
from edge.lane.companion import CompanionThread
from edge.lane.eyes import CameraThread
from edge.lane.inbox import DeviceState, Item

FRAME = np.full((60, 80, 3), 90, np.uint8)


GONE = "Unreachable: no such camera"
"""As it is told: the kind leads."""


class Breaking:
    """A camera that shows as many frames as it is told, and is lost then; `opened` and `closed` are counted."""

    error = None

    def __init__(self, frames: Iterator[int]):
        self._frames, self._left, self.opened, self.closed, self.seq = frames, 0, 0, 0, 0

    def open(self) -> Breaking:
        left = next(self._frames, None)
        if left is None:
            raise Unreachable("no such camera")
        self._left, self.opened = left, self.opened + 1
        return self

    def read(self, timeout_s: float) -> Frame | None:
        if not self._left:
            raise Unreachable("the plug was pulled")
        self._left, self.seq = self._left - 1, self.seq + 1
        pixels = FRAME.copy()
        pixels[0, 0] = self.seq % 251
        return Frame(pixels, float(self.seq), self.seq)

    def age_s(self) -> float:
        return 0.0

    def close(self) -> None:
        self.closed += 1


def test_what_was_opened_is_closed_whatever_ends_it_and_each_frame_has_its_verdict_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(camera_loop, "REOPEN_S", 0.0)
    camera, stopping = Breaking(iter((2, 0, 3))), threading.Event()
    said: list[str | None] = []

    def tell(fault: str | None) -> None:
        said.append(fault)
        if fault == GONE:
            stopping.set()

    keep_looking(camera.open, stopping, Limits(1e9, 1e9), lambda frame: said.append(f"frame {frame.seq}"), tell)
    lost = "Unreachable: the plug was pulled"
    assert said == [
        None, "frame 1", None, "frame 2", lost, lost, None, "frame 3", None, "frame 4", None, "frame 5", lost,
        GONE,
    ]  # fmt: skip
    assert camera.opened == camera.closed == 3


@pytest.mark.parametrize("kind", [CameraThread, CompanionThread])
def test_both_cameras_of_a_lane_are_opened_again(
    kind: type[CameraThread | CompanionThread], until: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(camera_loop, "REOPEN_S", 0.001)
    camera, inbox = Breaking(iter((3, 2))), queue.Queue[Item]()
    limits = Limits(1e9, 1e9)
    thread = (
        CameraThread("lane", camera.open, inbox, None, limits=limits)
        if kind is CameraThread
        else CompanionThread("lane", camera.open, inbox, limits)
    )
    heard: list[str | None] = []

    def told() -> list[str | None]:
        while not inbox.empty():
            item = inbox.get_nowait()
            if isinstance(item, DeviceState) and item.alarm is None:
                heard.append(item.fault)
        return heard

    thread.start()
    lost = "Unreachable: the plug was pulled"
    until(lambda: told() == [None, lost, None, lost, GONE])
    assert camera.opened == camera.closed == 2
    assert (thread.newest() if isinstance(thread, CameraThread) else thread.pair(1.0)) is None
    thread.stop()
    thread.join()
