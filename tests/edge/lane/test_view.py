"""A camera's view over minutes: told when it changes, and only then."""

from __future__ import annotations

import queue

import numpy as np
import pytest

from devices.ports import Frame, Pixels
from devices.sim.scenes import covered, seen, view
from edge.lane.inbox import DeviceState, Item
from edge.lane.view import ViewWatch
from models.wire.events import AlarmKind

PLACE = view(3)


class Minutes:
    """A camera watched in its own time: two pictures a second."""

    def __init__(self) -> None:
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.watch = ViewWatch("east-in", "camera", self.inbox)
        self.at, self.seq = 100.0, 0

    def shows(self, pictures: list[Pixels], seconds: float) -> list[tuple[AlarmKind | None, str | None]]:
        """What was told meanwhile."""
        until = self.at + seconds
        while self.at < until:
            self.at, self.seq = self.at + 0.5, self.seq + 1
            self.watch.saw(Frame(pictures[self.seq % len(pictures)], self.at, self.seq))
        told = [self.inbox.get_nowait() for _ in range(self.inbox.qsize())]
        return [(item.alarm, item.fault) for item in told if isinstance(item, DeviceState)]


def pictures(**how: tuple[float, float]) -> list[Pixels]:
    rng = np.random.default_rng(5)
    return [seen(PLACE, rng, people=number, **how) for number in range(3)]


@pytest.mark.req("GUARD-12")
def test_a_camera_that_is_turned_is_told_within_minutes_and_again_when_it_is_back() -> None:
    camera = Minutes()
    assert camera.shows(pictures(), 130) == [(AlarmKind.CAMERA_COVERED, None), (AlarmKind.CAMERA_MOVED, None)]
    assert camera.shows(pictures(at=(0.53, 0.5)), 190) == [(AlarmKind.CAMERA_MOVED, "another view than before")]
    assert camera.shows(pictures(), 190) == [(AlarmKind.CAMERA_MOVED, None)]


@pytest.mark.req("SEC-12")
def test_a_cover_is_told_in_two_seconds_and_counts_as_no_turn() -> None:
    camera = Minutes()
    camera.shows(pictures(), 130)
    tape = [covered(PLACE, np.random.default_rng(5), "tape")]
    assert camera.shows(tape, 2.0) == [(AlarmKind.CAMERA_COVERED, "picture covered")]
    assert camera.shows(tape, 300) == []
    assert camera.shows(pictures(), 130) == [(AlarmKind.CAMERA_COVERED, None)]
