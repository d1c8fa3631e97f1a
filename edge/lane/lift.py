"""The thread that owns the relay board of one lift: a contact a floor, and one that keeps the lift to them.

    restrict   on: the lift takes a floor's button only while that floor's contact is closed
               off: the lift runs as it was built, every button works
    floor n    on for a while after a grant: this floor's button works

Never the lift's own bus (ACC-29). The lift must run in its normal mode when there is a fire, when this process dies,
when the board or its power dies. So what restricts it is the only thing that has to be *on*, and it is on in timed
pulses that the board ends by itself: they are renewed every RENEW_S, and nobody renews them after us. A wiring in which
open floor contacts alone lock the buttons would do the opposite, and the site file has no way to say it.

Starting switches nothing: the lift is restricted once the board has been heard, and no fire with it. Whether anybody
rode, and where to, no contact tells.
"""

import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from devices.ports import RelayBoard
from edge.lane.board import BoardThread, Pulse, Wiring
from edge.lane.inbox import HoldChanged, Item
from edge.lane.node_fire import NodeFire
from edge.lane.shell import LastDecision
from models.access.lifts import floors_granted

RESTRICT_MS = 10_000
RENEW_S = 3.0
"""Two renewals may be lost before the board lets the lift go."""


@dataclass(frozen=True, slots=True)
class LiftWiring:
    """Which outputs of the board these are, counted from 1."""

    restrict: int
    floors: Mapping[str, int]


class LiftThread(BoardThread):
    """A BoardThread whose lock is a lift's floors: a fire hold lets the whole lift go."""

    def __init__(
        self,
        lane: str,
        opener: Callable[[], RelayBoard],
        wiring: Wiring,
        lift: LiftWiring,
        inbox: "queue.Queue[Item]",
        hold: bool = False,
        fire: NodeFire | None = None,
        renew_s: float = RENEW_S,
    ):
        super().__init__(lane, opener, wiring, inbox, hold, None, fire)
        self._lift, self._renew_s = lift, renew_s
        self._floors: dict[UUID, tuple[str, ...]] = {}
        self._renewed_at = float("-inf")

    def free(self, correlation: UUID, floors: tuple[str, ...]) -> None:
        """Free these floors once, for this recognition. The answer comes to the inbox as `Pulsed`."""
        self._floors[correlation] = floors
        self.pulse(correlation)

    def _pulse(self, board: RelayBoard, job: Pulse) -> None:
        super()._pulse(board, job)
        self._floors.pop(job.correlation, None)

    def _release(self, board: RelayBoard, job: Pulse) -> None:
        for floor in self._floors.get(job.correlation, ()):
            board.pulse(self._lift.floors[floor], self._wiring.pulse_ms)

    def _off(self, board: RelayBoard) -> None:
        """What was freed and not used yet is freed no more: an e-bike came in (LANE-27). There is no door whose closing
        would end a grant; else the board ends what it frees."""
        for output in self._lift.floors.values():
            board.set(output, False)

    def _hold_as_wanted(self, board: RelayBoard) -> None:
        wanted = self._hold_wanted
        if wanted and self._hold_done is not True:
            board.set(self._lift.restrict, False)
        if not wanted and time.monotonic() - self._renewed_at >= self._renew_s:
            board.pulse(self._lift.restrict, RESTRICT_MS)
            self._renewed_at = time.monotonic()
        if wanted:
            self._renewed_at = float("-inf")
        if wanted != self._hold_done:
            self._hold_done = wanted
            self._inbox.put(HoldChanged(self._lane, wanted, seen=board.reads_back))


class LiftLock:
    """What the lane releases at a lift: the floors of the grant that was just decided and is on disk."""

    def __init__(self, thread: LiftThread, last: Callable[[], LastDecision | None]):
        self._thread, self._last = thread, last

    def pulse(self, correlation: UUID) -> None:
        last = self._last()
        self._thread.free(correlation, floors_granted(last.decision) if last is not None else ())

    def relock(self) -> None:
        """End what is freed. A floor whose button was pressed by then is the lift's own business."""
        self._thread.relock()

    def hold(self, wanted: bool) -> None:
        self._thread.hold(wanted)
