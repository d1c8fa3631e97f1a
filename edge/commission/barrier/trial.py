"""One vehicle lane on trial: the very threads that run it in service, and the technician's hand in place of the gate.

Only one trial at a time holds devices; it lets go when nobody looks any more. Nothing is written to a journal: a plate
that is pushed meanwhile is shown, and forgotten. What a camera kept from before is not taken from it.
"""

import queue
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from devices.display.texts import Say, Text
from devices.ports import Push, PushRefused
from devices.registry import open_display, open_plate_camera
from edge.commission.barrier import deeds
from edge.commission.barrier.deeds import Hand, No, Order
from edge.commission.barrier.evidence import Evidence, levels_of, read, told
from edge.commission.pushes import Pushes, heard
from edge.egress import barrier_of
from edge.lane.inbox import BoardDown, DeviceState, Item, LoopsRead, PlatePushed, Pulsed
from edge.lane.vehicle.display import SAMPLE, DisplayThread
from edge.lane.vehicle.pushes import PushThread
from edge.lane.vehicle.states import BoardLost, Contacts, Phase, Tick, VehicleLane
from edge.site import LaneSite
from models.site.topology import Direction
from models.values.ids import new_id

TICK_S = 0.05
FORGOTTEN_S = 8.0
LONGEST_S = 3600.0
"""Cars have to be fetched, and driven through."""
FULL_FEE_FEN = 1200


@dataclass(frozen=True, slots=True)
class State:
    """What the page shows. `board`, `camera`, `display`: what is wrong with each; "" where it works, None: no word yet.
    `asked`: a press that was refused, and why. `lost`: why the board is silent."""

    evidence: Evidence = field(default_factory=Evidence)
    lane: VehicleLane = field(default_factory=VehicleLane)
    pressed: bool = False
    came_up: bool = False
    no: No | None = None
    lost: str | None = None
    pulse_fault: str | None = None
    pushes: Pushes = field(default_factory=Pushes)
    camera: str | None = None
    display: str | None = None
    shown: str = ""
    over: bool = False


class BarrierTrial(threading.Thread):
    """Owns the boards, the plate camera's port and the driver's board of one lane. Any thread may call it. `id`: as
    that of a device on trial."""

    def __init__(
        self, lane: LaneSite, wall: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name="barrier trial", daemon=True)
        assert lane.barrier is not None
        self.id, self.code, self.site = secrets.token_hex(8), lane.code, lane
        self._wall, self._clock = wall, clock
        self._inbox: queue.Queue[Item] = queue.Queue()
        self._board = barrier_of(lane, self._inbox, held=False)
        self._display = self._pushes = None
        if lane.board is not None:
            self._display = DisplayThread(lane.code, partial(open_display, lane.board), self._inbox)
        if lane.plate_camera is not None:
            self._pushes = PushThread(lane.code, partial(open_plate_camera, lane.plate_camera), self._inbox)
        vehicle = VehicleLane(settings=lane.barrier.settings(), direction=lane.direction)
        self._hand = Hand(vehicle)
        self._state = State(lane=vehicle, evidence=read(Evidence(), levels_of(None, lane.direction), 0, 0))
        self._deeds: queue.Queue[str] = queue.Queue()
        self._lock, self._halt = threading.Lock(), threading.Event()
        self._touched = self._began = clock()

    def state(self) -> State:
        """As it is now; also says that somebody still looks."""
        with self._lock:
            self._touched = self._clock()
            return self._state

    def do(self, deed: str) -> None:
        """ "raise", "lower" for as long as it is said again, "let_go", "fire_over" or "show"."""
        if deed != "lower" or self._deeds.empty():  # a press that waits already says the same
            self._deeds.put(deed)

    def stop(self) -> None:
        """Let go of the lines; returns when they are free. The arm stays where it is."""
        self._halt.set()
        if self.is_alive():
            self.join(15)

    def run(self) -> None:
        threads = [one for one in (self._board, self._display, self._pushes) if one is not None]
        for thread in threads:
            thread.start()
        try:
            while self._going():
                self._turn()
        finally:
            for thread in threads:
                thread.stop()
            for thread in threads:
                thread.join(5)
            self._tell(over=True)

    def _going(self) -> bool:
        now = self._clock()
        with self._lock:
            forgotten = now - self._touched > FORGOTTEN_S
        lowering = self._hand.lane.phase is Phase.LOWERING  # then somebody has to let it go up first
        return lowering or not (self._halt.is_set() or forgotten or now - self._began > LONGEST_S)

    def _turn(self) -> None:
        try:
            item: Item | None = self._inbox.get(timeout=TICK_S)
        except queue.Empty:
            item = None
        if item is not None:
            self._hear(item)
        while not self._deeds.empty():
            self._deed(self._deeds.get_nowait())
        self._carry(*deeds.saw(self._hand, Tick(), self._clock()))

    def _hear(self, item: Item) -> None:
        now = self._clock()
        match item:
            case LoopsRead(_, contacts, _):
                self._read(contacts)
                self._tell(lost=None)
                self._carry(*deeds.saw(self._hand, contacts, now))
            case BoardDown(_, detail):
                self._read(None)
                self._tell(lost=detail)
                self._carry(*deeds.saw(self._hand, BoardLost(), now))
            case Pulsed():
                self._tell(pulse_fault=item.fault or "")
            case PlatePushed(_, pushed, answer):
                self._pushed(pushed, answer)
            case DeviceState(_, "plate_camera", fault):
                self._tell(camera=fault or "")
            case DeviceState(_, "board", fault):
                self._tell(display=fault or "")

    def _read(self, contacts: Contacts | None) -> None:
        assert self.site.barrier is not None
        levels = levels_of(contacts, self.site.direction)
        self._tell(evidence=read(self._state.evidence, levels, self._clock(), self.site.barrier.travel_s))

    def _pushed(self, pushed: Push | PushRefused, answer: Callable[[Push], bool]) -> None:
        self._tell(pushes=heard(self._state.pushes, pushed, answer, self._clock(), self._wall()))

    def _deed(self, deed: str) -> None:
        now = self._clock()
        match deed:
            case "raise":
                self._tell(no=None, pulse_fault=None)
                self._carry(*deeds.raised(self._hand, now))
            case "lower":
                hand, orders, no = deeds.pressed(self._hand, self._state.evidence.wrong, now)
                self._tell(no=no)
                self._carry(hand, orders)
            case "let_go":
                self._carry(*deeds.saw(replace(self._hand, pressed_until=float("-inf")), Tick(), now))
            case "fire_over":
                self._carry(*deeds.fire_over(self._hand, now))
            case "show" if self._display is not None:
                assert self.site.barrier is not None
                entering = self.site.direction is Direction.IN
                say, fee = (Say.WELCOME, None) if entering else (Say.PLEASE_PAY, FULL_FEE_FEN)
                text = Text(say, SAMPLE, fee, self.site.barrier.board_language)
                self._display.say(text)
                self._tell(shown=text.spoken())

    def _carry(self, hand: Hand, orders: tuple[Order, ...]) -> None:
        burned = self._hand.lane.phase is Phase.FIRE
        self._hand, now = hand, self._clock()
        evidence = self._state.evidence
        for order in orders:
            if order is Order.RAISE:
                self._board.pulse(new_id())  # nobody's grant
                evidence = told(evidence, "up", now)
            else:
                self._board.relock()
                evidence = told(evidence, "down", now)
        if burned and hand.lane.phase is not Phase.FIRE:
            self._board.hold(False)
        pressed = now <= hand.pressed_until
        self._tell(lane=hand.lane, came_up=hand.came_up, pressed=pressed, evidence=evidence)

    def _tell(self, **what: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **what)
