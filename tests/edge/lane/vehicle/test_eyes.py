"""The plate thread: reads while it is asked to, tells each vote with its frame, and keeps nothing afterwards."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from devices.ports import Frame
from edge.lane.inbox import DeviceState, Item, PlatesVoted
from edge.lane.vehicle.eyes import PlateThread, around
from edge.verify.plate.ports import PlateRead
from models.values.ids import new_id
from models.values.plate import PlateColour

Until = Callable[[Callable[[], object]], None]
MINE = "川A12345"


class Camera:
    """A new frame whenever it is asked, each with another shade."""

    error = None

    def __init__(self) -> None:
        self.seq, self.gone = 0, False

    def read(self, timeout_s: float) -> Frame | None:
        time.sleep(0.01)
        if self.gone:
            return None
        self.seq += 1
        return Frame(np.full((720, 1280, 3), self.seq % 250, np.uint8), time.monotonic(), self.seq)

    def age_s(self) -> float:
        return 0.0

    def close(self) -> None: ...


class Reader:
    """Says what it is told to, a little further down in each frame."""

    def __init__(self) -> None:
        self.text, self.asked, self.lock = MINE, 0, threading.Lock()

    def read(self, pixels: np.ndarray) -> tuple[PlateRead, ...]:
        self.asked += 1
        down = 200.0 + 10 * (self.asked % 20)
        corners = ((500.0, down), (640.0, down), (640.0, down + 45), (500.0, down + 45))
        return (PlateRead(self.text, PlateColour.BLUE, 0.99, 0.95, corners, False),) if self.text else ()


@pytest.fixture
def eyes() -> Iterator[tuple[PlateThread, Reader, Camera, queue.Queue[Item]]]:
    inbox: queue.Queue[Item] = queue.Queue()
    reader, camera = Reader(), Camera()
    thread = PlateThread("car", lambda: camera, reader, inbox)
    thread.start()
    yield thread, reader, camera, inbox
    thread.stop()
    thread.join()


def votes(inbox: queue.Queue[Item], heard: list[Item]) -> list[PlatesVoted]:
    while not inbox.empty():
        heard.append(inbox.get_nowait())
    return [one for one in heard if isinstance(one, PlatesVoted)]


@pytest.mark.req("LANE-03")
@pytest.mark.req("LANE-06")
def test_a_look_ends_in_a_sure_vote_with_the_frame_that_it_rests_on(eyes, until: Until) -> None:
    thread, _, _, inbox = eyes
    heard: list[Item] = []
    until(lambda: thread.newest() is not None)
    look = new_id()
    thread.look_for(look)
    until(lambda: any(one.vote.sure for one in votes(inbox, heard)))
    first = votes(inbox, heard)[0]
    sure = next(one for one in votes(inbox, heard) if one.vote.sure)
    assert not first.vote.sure and first.frames == 1, "the first read never decides alone"
    assert (sure.look, sure.vote.text, sure.colour) == (look, MINE, PlateColour.BLUE)
    assert sure.frame is not None and sure.frame.pixels.shape[1] < 1280, (
        "cut to the car: the street is nobody's business"
    )


@pytest.mark.req("LANE-07")
def test_what_was_read_before_a_look_has_no_part_in_it_and_nothing_is_told_without_one(eyes, until: Until) -> None:
    thread, reader, _, inbox = eyes
    heard: list[Item] = []
    until(lambda: reader.asked >= 1)
    assert votes(inbox, heard) == []
    thread.look_for(new_id())
    until(lambda: votes(inbox, heard))
    thread.look_for(None)
    reader.text = ""
    second = new_id()
    thread.look_for(second)
    until(lambda: [one for one in votes(inbox, heard) if one.look == second])
    assert all(one.vote.text == "" for one in votes(inbox, heard) if one.look == second)
    thread.look_for(None)
    until(lambda: thread._kept == {})


def test_a_camera_that_is_lost_is_told_and_shows_nothing_any_more(eyes, until: Until, monkeypatch) -> None:
    thread, _, camera, inbox = eyes
    heard: list[Item] = []
    until(lambda: thread.newest() is not None)
    camera.gone = True
    until(lambda: votes(inbox, heard) or [one for one in heard if isinstance(one, DeviceState) and one.fault])
    assert thread.newest() is None


def test_a_cut_stays_within_the_frame() -> None:
    frame = Frame(np.zeros((100, 200, 3), np.uint8), 0.0, 1)
    for box in ((0, 0, 10, 4), (190, 96, 260, 130), (-50, -50, -40, -40)):
        cut = around(frame, tuple(map(float, box)))
        assert cut.pixels.size and cut.pixels.shape[0] <= 100 and cut.pixels.shape[1] <= 200
