"""A barrier, physically: an arm that takes its time, three loops in the ground, and cars. Pure but for its board.

    barrier = act(barrier, Move.ARRIVE, now)             # a car stops on the arming loop
    barrier = step(barrier, opens, closes, now)          # are the two outputs of the board on?
    board.set_inputs(contacts(barrier))                  # what the inputs of the board see

    inputs  (1 arming loop, closed = a car)  (2 safety, 3 closing, open = a car)  (4 up) (5 down)  (6 fire, shut = well)
            (7 e-bike seen, 8 something on the fire lane: closed = so; they are beside the lane, and in nobody's way)
    outputs (1 open) (2 close)

A car that has arrived waits until the arm is up, and drives over the loops one after the other. `hits` counts what must
never be: an arm that came down on a car.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from urllib.parse import quote

from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.serve import Serving

TRAVEL_S = 0.6
STAGE_S = 0.35
STAGES = ((True, False, False), (True, True, False), (False, True, False), (False, True, True), (False, False, True))
"""Which of arming, safety and closing loop a car covers, from its arrival on."""
UNDER = 2
"""The stage of a car that is on the safety loop alone."""
OPEN, CLOSE = 1, 2
TICK_S = 0.02


class Move(Enum):
    """What cars and people do."""

    ARRIVE = auto()  # and drive through once the arm is up
    BACK_OUT = auto()  # whoever has not passed the arm drives away
    STOP = auto()  # the car stops where it is
    GO_ON = auto()
    FOLLOW = auto()  # the next one drives close behind the car that is there, and waits for no arm
    FIRE = auto()
    FIRE_OVER = auto()
    EBIKE = auto()  # one comes past the detector beside the lane, and stays there until it has gone
    EBIKE_GONE = auto()
    BLOCK = auto()  # something is left on the fire lane
    UNBLOCK = auto()


@dataclass(frozen=True, slots=True)
class Barrier:
    """`height`: 0 down, 1 up. `stage`: where the car is in STAGES, None: there is none. Times are monotonic seconds."""

    height: float = 0.0
    rising: bool | None = None
    at: float = 0.0
    stage: int | None = None
    stage_at: float = 0.0
    stopped: bool = False
    followed: bool = False
    fire: bool = False
    ebike: bool = False
    blocked: bool = False
    passed: int = 0
    hits: int = 0


def act(barrier: Barrier, move: Move, now: float) -> Barrier:
    """The barrier after somebody does something. What follows from it, `step` shows."""
    match move:
        case Move.ARRIVE:
            return replace(barrier, stage=0, stage_at=now, stopped=False, followed=False)
        case Move.BACK_OUT:
            return replace(barrier, stage=None, followed=False)
        case Move.STOP | Move.GO_ON:
            return replace(barrier, stopped=move is Move.STOP, stage_at=now)
        case Move.FOLLOW:
            return replace(barrier, followed=barrier.stage is not None)
        case Move.FIRE | Move.FIRE_OVER:
            return replace(barrier, fire=move is Move.FIRE)
        case Move.EBIKE | Move.EBIKE_GONE:
            return replace(barrier, ebike=move is Move.EBIKE)
        case Move.BLOCK | Move.UNBLOCK:
            return replace(barrier, blocked=move is Move.BLOCK)


def step(barrier: Barrier, opens: bool, closes: bool, now: float) -> Barrier:
    """The barrier at `now`. An output that is on says where to; the arm goes on there after it is off."""
    rising = True if opens else False if closes else barrier.rising
    moved = (now - barrier.at) / TRAVEL_S * (0 if rising is None else 1 if rising else -1)
    height = min(1.0, max(0.0, barrier.height + moved))
    under = barrier.stage is not None and STAGES[barrier.stage][1]
    hit = under and barrier.height > 0 and height == 0
    barrier = replace(barrier, height=height, rising=rising, at=now, hits=barrier.hits + hit)
    return _drive(barrier, now)


def _drive(barrier: Barrier, now: float) -> Barrier:
    if barrier.stage is None or barrier.stopped or now - barrier.stage_at < STAGE_S:
        return barrier
    if barrier.stage == 0 and barrier.height < 1:
        return barrier
    if barrier.stage + 1 == len(STAGES):
        following = UNDER if barrier.followed else None
        return replace(barrier, stage=following, stage_at=now, followed=False, passed=barrier.passed + 1)
    return replace(barrier, stage=barrier.stage + 1, stage_at=now)


def contacts(barrier: Barrier) -> tuple[bool, ...]:
    """Inputs 1 to 8 of the board."""
    arming, safety, closing = (False,) * 3 if barrier.stage is None else STAGES[barrier.stage]
    ends, beside = (barrier.height == 1, barrier.height == 0), (barrier.ebike, barrier.blocked)
    return arming, not safety, not closing, *ends, not barrier.fire, *beside


class SimulatedBarrier:
    """One barrier with its board on a pseudo-terminal. Any thread may call it. `beside`: how many of both
    detectors are wired, to its input 7 and to 8; else something else may be."""

    def __init__(
        self, folder: Path, *, name: str = "barrier", clock: Callable[[], float] = time.monotonic, beside: int = 0
    ) -> None:
        self._clock, self._lock, self._stop = clock, threading.Lock(), threading.Event()
        self._wired = 6 + beside
        self._barrier = Barrier(at=clock())
        self._line = PtyLine(folder.absolute() / f"{name}-board")
        self.board = RelayBoardSim(clock=clock)
        """The board itself: `fault(...)`, `edges()`, `output(1)`."""
        self.board_address = f"modbus+serial://{quote(self._line.path)}?profile=waveshare-8"
        self.tick()
        self._serving = Serving(self.board, self._line, name=f"{name} board")
        self._thread = threading.Thread(target=self._run, name="simulated barrier", daemon=True)

    @property
    def barrier(self) -> Barrier:
        """The barrier as it is now."""
        with self._lock:
            return self._barrier

    def do(self, move: Move) -> None:
        with self._lock:
            self._barrier = act(self._barrier, move, self._clock())

    def tick(self) -> None:
        """Let physics catch up with the clock."""
        with self._lock:
            outputs = self.board.outputs()
            self._barrier = step(self._barrier, outputs[OPEN - 1], outputs[CLOSE - 1], self._clock())
            self.board.set_inputs(contacts(self._barrier)[: self._wired])

    def start(self) -> None:
        """Tick by itself, 50 times a second, until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Unplug everything. May be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._serving.close()
        self._line.close()

    def _run(self) -> None:
        while not self._stop.wait(TICK_S):
            self.tick()
