"""The thread that hears a camera's pushes, with a simulated camera at the other end of a real port."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from devices.errors import Unreachable
from devices.lpr.families import FAMILIES
from devices.lpr.listener import PushCamera
from devices.ports import PlateCamera, Push, PushRefused
from devices.sim.plate_camera import PlateCameraSim, Told
from edge.lane.inbox import DeviceState, Item, PlatePushed
from edge.lane.vehicle.pushes import PushThread
from models.values.time import utc_now

Until = Callable[[Callable[[], object]], None]
SECRET = "p4th-that-nobody-knows"


@pytest.fixture
def camera() -> Iterator[PushCamera]:
    camera = PushCamera(FAMILIES["vzenith"], peer="127.0.0.1", serial="SIM-0001", secret=SECRET, port=0, answer_s=20)
    yield camera
    camera.close()


@pytest.mark.req("LANE-08")
def test_a_push_comes_to_the_lane_and_the_camera_hears_that_it_is_kept(camera: PushCamera, until: Until) -> None:
    inbox: queue.Queue[Item] = queue.Queue()
    thread = PushThread("car", lambda: camera, inbox)
    thread.start()
    told: list[Told] = []
    sim = PlateCameraSim("vzenith", camera.port, SECRET)
    sending = threading.Thread(
        target=lambda: told.append(sim.push(sim.see("川A12345", "blue", utc_now()))), daemon=True
    )
    sending.start()
    heard: list[PlatePushed] = []
    while not heard:
        item = inbox.get(timeout=20)
        heard += [item] if isinstance(item, PlatePushed) else []
    push = heard[0].push
    assert isinstance(push, Push) and push.record.text == "川A12345" and not told, "unanswered until it is kept"
    assert heard[0].answer(push)
    until(lambda: told)
    assert not told[0].opened, "our board moves the arm, never the camera's relay"
    assert "川A12345" not in repr(heard[0])
    stranger = PlateCameraSim("vzenith", camera.port, "another-path-than-ours")
    stranger.push(stranger.see("川A12345", "blue", utc_now()))
    until(lambda: any(isinstance(getattr(one, "push", None), PushRefused) for one in list(inbox.queue)))
    thread.stop()
    thread.join()


def test_a_port_that_is_taken_is_told_and_tried_again(camera: PushCamera, until: Until) -> None:
    inbox: queue.Queue[Item] = queue.Queue()
    tries: list[int] = []

    def opener() -> PlateCamera:
        tries.append(1)
        if len(tries) == 1:
            raise Unreachable("port 8600 cannot be listened at")
        return camera

    thread = PushThread("car", opener, inbox)
    thread.start()
    until(lambda: len([one for one in list(inbox.queue) if isinstance(one, DeviceState)]) == 2)
    first, second = [one for one in list(inbox.queue) if isinstance(one, DeviceState)]
    assert first.fault is not None and second.fault is None and first.device == "plate_camera"
    thread.stop()
    thread.join()
