"""What a vehicle lane promises, on a whole node: real driver, networks, HTTP and journal; the barrier is simulated.

* a plate camera's push over loopback, to its reply: the record is judged and on disk by then. In between, the same line
  is committed to a second journal on the same disk: the limit is made of it
* a car of a camera that pushes: from the later of loop and push to the order on the board's output, each first in turn
* a car that we read ourselves: from the later of loop and the last frame that the reading needed to that order

Everything, the street and the barrier too, shares two cores; where the machine has more, the others are left out. What
else the machine did at the beginning is told as its load: a frame takes 70 to 100 ms of a core to read.
"""

import os
import secrets
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from edge.journal.journal import Entry, Journal
from edge.lane.inbox import PlatesVoted
from edge.lane.vehicle import one_car
from edge.lane.vehicle.eyes import PlateThread
from edge.lane.vehicle.states import Loop
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, DecisionMade
from scripts.bench_lane_street import KNOWN, PUSHED, READ, STRANGER, LaneRig
from scripts.bench_qr_path import p95, wait_for

Row = dict[str, Any]
FIXED_MS = 20.0
RAISE_LIMIT_MS = 300.0
CORES = 2
EARLY_S = (0.0, 0.05, 0.15)
"""How long before the loop a camera tells of a car that it saw coming; in turn."""
SEEN_FIRST_S = 0.3


def measure(weights: Path, pushes: int, cars: int, step: Callable[[int, int], None]) -> list[Row]:
    """`pushes` of cars that are referred, beside those of `cars` that are let in; as many cars are read by us."""
    of, load = pushes + 2 * cars, os.getloadavg()[0]
    before, one_car.AGAIN_S = one_car.AGAIN_S, 0.0  # few plates for many cars: here each of them comes again at once
    with two_cores() as cores, tempfile.TemporaryDirectory(prefix="menting-bench-", dir=Path.cwd()) as name:
        folder = Path(name)
        rig = LaneRig(folder, weights, _free_port(), secrets.token_urlsafe(24))
        try:
            rig.start()
            lane = _Pushing(rig, folder)
            for done in range(pushes):
                lane.referred()
                step(done, of)
            for done in range(cars):
                lane.let_in(done)
                step(pushes + done, of)
            lane.close()
            reading = _Reading(rig)
            for done in range(cars):
                reading.let_in(KNOWN[done % len(KNOWN)])
                step(pushes + cars + done, of)
        finally:
            rig.close()
            one_car.AGAIN_S = before
    return [
        _reply_row(lane.reply_ms, lane.commit_ms, cars),
        _raise_row("the later of loop and push", lane.raise_ms, cores, load),
        _raise_row("the later of loop and last frame needed", reading.raise_ms, cores, load),
    ]


@contextmanager
def two_cores() -> Iterator[int]:
    """How many cores this process may use meanwhile: two, or as few as there are."""
    before = os.sched_getaffinity(0)
    mine = set(sorted(before)[:CORES])
    os.sched_setaffinity(0, mine)
    try:
        yield len(mine)
    finally:
        os.sched_setaffinity(0, before)


class _Pushing:
    """The lane whose camera pushes, and a second journal beside the node's."""

    def __init__(self, rig: LaneRig, folder: Path):
        self._rig, self._barrier = rig, rig.barriers[PUSHED]
        self._shell = rig.node.vehicles.shells[PUSHED]
        self._other = Journal.open(folder / "other.db", new_id(), KeyRing.open(folder / "other-keys"))
        self.reply_ms: list[float] = []
        self.commit_ms: list[float] = []
        self.raise_ms: list[float] = []
        wait_for(lambda: self._shell.vehicle.heard_at is not None, 20.0)

    def close(self) -> None:
        self._other.close()

    def referred(self) -> None:
        """A car that is on no list stands there and is told of; it goes away again."""
        self._stands()
        self._timed_push(STRANGER)
        self._barrier.leave()
        wait_for(lambda: self._shell.vehicle.arming is Loop.FREE)
        self._commit()

    def let_in(self, number: int) -> None:
        """A known car; the loop first and the camera first in turn."""
        if number % 2 == 0:
            self._stands()
            began = time.monotonic()
            self._timed_push(KNOWN[0])
        else:
            with self._rig.telling(KNOWN[0]):
                time.sleep(EARLY_S[number // 2 % len(EARLY_S)])
                began = self._barrier.arrive()
        self.raise_ms.append((self._barrier.raised(began) - began) * 1000)
        self._barrier.drove_through()
        wait_for(lambda: self._shell.vehicle.arming is Loop.FREE)
        self._commit()

    def _stands(self) -> None:
        self._barrier.arrive()
        wait_for(lambda: self._shell.looking is not None)

    def _timed_push(self, plate: str) -> None:
        seen = self._rig.camera.see(plate, "blue", utc_now())
        began = time.monotonic()
        told = self._rig.camera.push(seen)
        if told.status != 200:
            raise RuntimeError(f"the node answered a push with {told.status}")
        self.reply_ms.append((time.monotonic() - began) * 1000)

    def _commit(self) -> None:
        """The newest decision once more, on the same disk."""
        journal = self._rig.node.journal
        bodies = [EVENT_BODY.validate_json(event.body) for event in journal.read(max(0, journal.head()[0] - 12), 12)]
        body = next(one for one in reversed(bodies) if isinstance(one, DecisionMade))
        began = time.monotonic()
        self._other.append(Entry(body=body, correlation=new_id()))
        self.commit_ms.append((time.monotonic() - began) * 1000)


class _Reading:
    """The lane where we read plates."""

    def __init__(self, rig: LaneRig):
        self._rig, self._barrier = rig, rig.barriers[READ]
        self._shell = rig.node.vehicles.shells[READ]
        self._votes = _Votes(self._shell.eyes)
        self.raise_ms: list[float] = []
        wait_for(lambda: self._shell.vehicle.heard_at is not None, 20.0)
        wait_for(lambda: self._shell.eyes is not None and self._shell.eyes.newest() is not None, 20.0)

    def let_in(self, plate: str) -> None:
        """A known car: its plate is in the pictures before it is on the loop, and it comes nearer."""
        self._rig.street.comes(plate)
        time.sleep(SEEN_FIRST_S)
        loop_at = self._barrier.arrive()
        at = self._barrier.raised(loop_at)
        (needed,) = self._votes.needed_since(loop_at)[:1]
        self.raise_ms.append((at - max(loop_at, needed)) * 1000)
        self._rig.street.comes("")
        self._barrier.drove_through()
        wait_for(lambda: self._shell.vehicle.arming is Loop.FREE)


class _Votes:
    """Hears each vote on its way to the lane: of every look, when the frame was taken that made it sure."""

    def __init__(self, eyes: object):
        assert isinstance(eyes, PlateThread)
        self._eyes, self._inbox = eyes, eyes._inbox
        self._needed: dict[UUID, float] = {}
        eyes._inbox = self  # type: ignore[assignment]  # listens in between

    def put(self, item: object) -> None:
        if isinstance(item, PlatesVoted) and item.vote.sure:
            self._needed.setdefault(item.look, self._eyes._read_at)
        self._inbox.put(item)  # type: ignore[arg-type]  # handed on as it came

    def needed_since(self, at: float) -> list[float]:
        return [one for one in self._needed.values() if one >= at]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _reply_row(reply: list[float], commit: list[float], granted: int) -> Row:
    limit = FIXED_MS + 2 * p95(commit)
    return {
        "figure": "plate push to its reply, p95",
        "measured": f"{p95(reply):.1f} ms (median {statistics.median(reply):.1f}, n = {len(reply)}, {granted} cars "
        "came to be let in)",
        "goal": "at most 1.0 of the limit",
        "peer": f"{FIXED_MS:.0f} ms + 2 commits of {p95(commit):.1f} ms p95 (n = {len(commit)}) = {limit:.1f} ms",
        "ratio": p95(reply) / limit,
        "goal_ratio": 1.0,
        "met": p95(reply) <= limit,
    }


def _raise_row(since: str, took: list[float], cores: int, load: float) -> Row:
    return {
        "figure": f"{since}, to the order that raises the arm, p95, {cores} cores",
        "measured": f"{p95(took):.0f} ms (median {statistics.median(took):.0f}, worst {max(took):.0f}, "
        f"n = {len(took)})",
        "goal": "at most 1.0 of the limit",
        "peer": f"{RAISE_LIMIT_MS:.0f} ms; load of the machine before: {load:.1f}",
        "ratio": p95(took) / RAISE_LIMIT_MS,
        "goal_ratio": 1.0,
        "met": p95(took) <= RAISE_LIMIT_MS,
    }
