"""The thread that owns the board of one barrier: an output that opens, perhaps one that permits to close, the loops.

    arming            closes while a vehicle stands on it: a cut cable is nobody there, and nobody is let in unseen
    safety, closing   open while a vehicle stands on them: a cut cable is a vehicle, and the arm stays up (S1)
    beam              opens while something stands in it; it belongs to the safety loop
    up, down          close where the arm has reached that end
    call              closes while the button beside the lane is pressed: somebody asks for a person (LANE-26)
    water             closes while a float is up or a pump has a fault: an alarm, and it moves nothing (LANE-28)
    ebike, fire_lane  close while a detector beside the lane sees such a thing: they move nothing either (LANE-27)

Both outputs are pulses that the board times. Fire holds the first one on, as at any door (`edge/lane/board.py`). Before
the second one moves, this thread asks its own last read once more: between what the lane was told and what it orders
lies a queue.

While the arm may be coming down, the loops are read more often, and one that is no longer free counts from the first
read on: the reversal is not kept waiting for a second one (S2). A spike then costs a reversal, and nothing else.
"""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass

from devices.ports import RelayBoard
from edge.lane.board import BoardThread, Pulse, Wiring
from edge.lane.debounce import Debounced
from edge.lane.inbox import DeviceState, Item, LoopsRead
from edge.lane.node_fire import NodeFire
from edge.lane.vehicle.states import Contacts, Loop
from models.site.topology import Direction
from models.wire.events import AlarmKind

TOLD_EVERY_S = 0.2
"""How often the lane hears of loops that have not changed: for it a level older than a second is unknown (S1)."""
WATER_S = 3.0
"""So long a float has to be up, or down again, before that is told: waves lift it for a moment."""
CLOSING_POLL_S = 0.01
CLOSING_S = 10.0
"""So long an arm that was let down may be moving where nothing tells that it is down; no barrier takes longer."""


@dataclass(frozen=True, slots=True)
class BarrierWiring:
    """Terminals of the board, counted from 1; 0 where there is none. `direction`: which loop lies outside."""

    open: int
    close: int
    arming: int
    safety: int
    closing: int
    beam: int = 0
    up: int = 0
    down: int = 0
    fire: int = 0
    pulse_ms: int = 500
    direction: Direction = Direction.IN
    water: int = 0
    call: int = 0
    ebike: int = 0
    fire_lane: int = 0


class BarrierThread(BoardThread):
    """A BoardThread whose lock is a barrier: `pulse` raises the arm, `relock` permits it to come down."""

    def __init__(
        self,
        lane: str,
        opener: Callable[[], RelayBoard],
        wiring: BarrierWiring,
        inbox: "queue.Queue[Item]",
        hold: bool = False,
        fire: NodeFire | None = None,
    ):
        of_a_door = Wiring(
            lock_output=wiring.open, door_contact=None, exit_button=None, fire_input=wiring.fire or None,
            pulse_ms=wiring.pulse_ms,
        )  # fmt: skip
        super().__init__(lane, opener, of_a_door, inbox, hold, None, fire)
        self._barrier, self._leads = wiring, wiring.direction
        self._read: Contacts | None = None
        self._water, self._water_told, self._water_since = False, False, float("-inf")
        self._told_at = self._closes_until = self._comes_down_until = float("-inf")

    def turn(self, direction: Direction) -> None:
        """The lane leads this way from now on: which loop lies behind the arm. Wiring and levels stay as they are."""
        self._leads = direction

    @property
    def holding(self) -> bool:
        """Whether the arm is held up for a fire, from before or seen here."""
        return self._hold_wanted

    def _unread_s(self) -> float:
        return min(CLOSING_POLL_S, super()._unread_s()) if self._comes_down else super()._unread_s()

    def _counting(self, contacts: Debounced) -> tuple[bool, ...] | None:
        levels, raw, wiring = contacts.level, contacts.raw, self._barrier
        if levels is None or raw is None or not self._comes_down:
            return levels
        under = {wiring.safety - 1, wiring.closing - 1, wiring.beam - 1}
        return tuple(held and (now or at not in under) for at, (held, now) in enumerate(zip(levels, raw, strict=True)))

    def _tell(self, levels: tuple[bool, ...], fire: bool, told: object) -> object:
        self._read = contacts_of(self._barrier, levels, fire)
        self._watch_water(levels)
        ebike, fire_lane = (bool(at) and levels[at - 1] for at in (self._barrier.ebike, self._barrier.fire_lane))
        now = self._read, ebike, fire_lane
        if now != told or time.monotonic() - self._told_at >= TOLD_EVERY_S:
            self._told_at = time.monotonic()
            self._inbox.put(LoopsRead(self._lane, self._read, tuple(sorted(self._fire.burning)), ebike, fire_lane))
        return now

    def _watch_water(self, levels: tuple[bool, ...]) -> None:
        if not self._barrier.water:
            return
        up, now = levels[self._barrier.water - 1], time.monotonic()
        if up is not self._water:
            self._water, self._water_since = up, now
        if up is not self._water_told and now - self._water_since >= WATER_S:
            self._water_told = up
            fault = "high water, or a pump has a fault" if up else None
            self._inbox.put(DeviceState(self._lane, "water", fault, AlarmKind.WATER))

    def _release(self, board: RelayBoard, job: Pulse) -> None:
        self._end_closing(board)
        super()._release(board, job)

    def _relock(self, board: RelayBoard) -> None:
        """No answer: should it not arrive, the arm stays up, and the lane tells that it is stuck."""
        read, wiring = self._read, self._barrier
        clear = read is not None and read.safety is Loop.FREE and (read.inner, read.outer)[self._inwards] is Loop.FREE
        if wiring.close and clear and not self._hold_wanted:
            self._closes_until = time.monotonic() + wiring.pulse_ms / 1000
            self._comes_down_until = time.monotonic() + CLOSING_S
            board.pulse(wiring.close, wiring.pulse_ms)

    def _hold_as_wanted(self, board: RelayBoard) -> None:
        if self._hold_wanted:
            self._end_closing(board)
        super()._hold_as_wanted(board)

    def _end_closing(self, board: RelayBoard) -> None:
        """Never both outputs at once: which of them a barrier obeys, nobody promises."""
        if time.monotonic() < self._closes_until:
            board.set(self._barrier.close, False)
            self._closes_until = float("-inf")

    @property
    def _comes_down(self) -> bool:
        """Whether the arm may be on its way down by our leave."""
        if self._read is not None and self._read.down and time.monotonic() > self._closes_until:
            self._comes_down_until = float("-inf")
        return time.monotonic() < self._comes_down_until

    @property
    def _inwards(self) -> int:
        """The place of the closing loop in (inner, outer)."""
        return 0 if self._leads is Direction.IN else 1


def contacts_of(wiring: BarrierWiring, levels: tuple[bool, ...], fire: bool) -> Contacts:
    """What the terminals say, in the lane's words. Pure."""

    def closed(terminal: int) -> bool:
        return levels[terminal - 1]

    def end(terminal: int) -> bool | None:
        return closed(terminal) if terminal else None

    arming = Loop.OCCUPIED if closed(wiring.arming) else Loop.FREE
    closing = Loop.FREE if closed(wiring.closing) else Loop.OCCUPIED
    lit = not wiring.beam or closed(wiring.beam)
    safety = Loop.FREE if closed(wiring.safety) and lit else Loop.OCCUPIED
    outer, inner = (arming, closing) if wiring.direction is Direction.IN else (closing, arming)
    call = bool(wiring.call) and closed(wiring.call)
    return Contacts(outer, safety, inner, end(wiring.up), end(wiring.down), fire, call)
