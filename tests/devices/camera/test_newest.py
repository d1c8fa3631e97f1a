"""The reader thread with a scripted source: the newest frame only, and patience with what fails."""

import queue
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from devices.camera.newest import NewestFrame
from devices.errors import DeviceError, Refused, Unreachable
from devices.ports import Pixels
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
        self.openings = self.opened = self.closed = 0
        self.refuses: DeviceError | None = None

    def __call__(self) -> "Script":
        self.openings += 1
        if self.refuses is not None:
            raise self.refuses
        self.opened += 1
        return self

    def read(self) -> Pixels | None:
        shade = self.frames.get()
        return None if shade is None else np.full((4, 4, 3), shade, dtype=np.uint8)

    def close(self) -> None:
        self.closed += 1


def test_only_the_newest_frame_is_ever_returned_and_each_once() -> None:
    script = Script()
    camera = NewestFrame(script, "test", backoff=AT_ONCE)
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
    script.refuses = Unreachable("gone")
    script.frames.put(None)
    camera.close()
    camera.close()
    with pytest.raises(Unreachable):
        camera.read(0)
    assert script.closed == script.opened


def test_a_source_that_cannot_be_opened_is_told_and_tried_again() -> None:
    script = Script()
    script.refuses = Unreachable("nobody answers")
    camera = NewestFrame(script, "test", backoff=AT_ONCE)
    assert eventually(lambda: script.openings >= 3)
    assert str(camera.error) == "nobody answers"
    script.refuses = None
    script.frames.put(7)
    assert camera.read(20) is not None
    assert camera.error is None
    script.refuses = Unreachable("gone")
    script.frames.put(None)
    camera.close()


def test_a_wrong_password_is_not_tried_in_a_hurry() -> None:
    """A camera that is asked again and again with a wrong password locks the account, also for the right one."""
    waits: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return super().wait(0.001)

    script = Script()
    script.refuses = Refused("wrong password")
    camera = NewestFrame(script, "test", backoff=Backoff(first_s=0.5, most_s=30.0))
    camera.close()
    camera._stop = Stop()
    thread = threading.Thread(target=camera._run)
    thread.start()
    assert eventually(lambda: len(waits) >= 2)
    camera._stop.set()
    thread.join()
    assert set(waits) == {30.0}
