"""The way out while the node as a whole cannot start: exit buttons and fire at every lane, and nothing else.

A damaged disk must not shut people in. All that is needed here is the site file and the boards: no journal, no rules,
no keys, no network. The doors follow the same pure machine as always, so that an interlock keeps both its doors from
opening at once here too; but no camera and no scanner is opened, so that nobody is ever let in. A lift is left alone:
what nobody restricts runs as it was built. A barrier goes up for fire, and for nothing else. Nothing is written, and
central is told nothing: what cannot be put on disk cannot be proved.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from devices.door.paired import open_pair
from devices.ports import RelayBoard
from devices.registry import open_relay_board
from edge.lane.board import BoardThread, Guard, Wiring
from edge.lane.hold import FireHolds
from edge.lane.inbox import BoardDown, ContactsRead, HoldChanged, Item, Pulsed, Stop
from edge.lane.interlock import partners
from edge.lane.lift import LiftThread, LiftWiring
from edge.lane.machine import step
from edge.lane.node_fire import Fires, NodeFire
from edge.lane.states import (
    AskOpen,
    BoardLost,
    DoorLane,
    Ebikes,
    Granted,
    NotReleased,
    Partner,
    Phase,
    Release,
    Relock,
    Seen,
    Settings,
    Tick,
)
from edge.lane.vehicle.board import BarrierThread
from edge.site import LaneSite, Site
from models.access.credential import Kind
from models.values.ids import new_id

TICK_S = 0.1

log = logging.getLogger(__name__)


def board_of(
    lane: LaneSite, inbox: "queue.Queue[Item]", held: bool, guard: Guard | None = None, fire: NodeFire | None = None
) -> BoardThread:
    """The thread that will own a lane's board. `held`: a fire hold goes on from before. `fire`: shared by the node."""
    contacts = lane.contacts
    wiring = Wiring(
        lock_output=contacts.lock,
        door_contact=contacts.door or None,
        exit_button=contacts.exit or None,
        fire_input=contacts.fire or None,
        tamper=contacts.tamper or None,
        beam=contacts.beam or None,
        passed=contacts.passed or None,
        timeout=contacts.timeout or None,
        intercom=contacts.intercom or None,
        ebike=contacts.ebike or None,
        fire_lane=contacts.fire_lane or None,
        pulse_ms=int(lane.release_s * 1000),
    )
    opener: Callable[[], RelayBoard] = partial(open_relay_board, lane.relay)
    if lane.inputs is not None:
        opener = partial(open_pair, opener, partial(open_relay_board, lane.inputs))
    if lane.lift is not None:
        lift = LiftWiring(lane.lift.restrict, lane.lift.floors)
        return LiftThread(lane.code, opener, wiring, lift, inbox, held, fire)
    return BoardThread(lane.code, opener, wiring, inbox, held, guard, fire)


def barrier_of(lane: LaneSite, inbox: "queue.Queue[Item]", held: bool, fire: NodeFire | None = None) -> BarrierThread:
    """The thread that will own the boards of a vehicle lane."""
    assert lane.barrier is not None
    opener: Callable[[], RelayBoard] = partial(open_relay_board, lane.relay)
    if lane.inputs is not None:
        opener = partial(open_pair, opener, partial(open_relay_board, lane.inputs))
    return BarrierThread(lane.code, opener, lane.barrier.wiring(lane.direction), inbox, held, fire)


def door_of(lane: LaneSite, held: bool) -> DoorLane:
    """A lane's door as it is before its board has spoken."""
    settings = Settings(
        release_s=lane.release_s, held_open_s=lane.held_open_s, senses_passage=lane.lift is None,
        ebikes=Ebikes(lane.ebikes), ebike_stuck_s=lane.ebike_stuck_s, fire_lane_s=lane.fire_lane_s,
    )  # fmt: skip
    return DoorLane(settings=settings, phase=Phase.FIRE if held else Phase.STARTING)


class Egress(threading.Thread):
    """Serves from `start` until `end`. `folder` is the node's; of it only the fire holds are read, if they can be."""

    def __init__(
        self, site: Site, folder: Path, guard: Guard | None = None, mono: Callable[[], float] = time.monotonic
    ):
        super().__init__(name="egress", daemon=True)
        self._mono = mono
        self._inbox: queue.Queue[Item] = queue.Queue()
        holds = FireHolds(folder)
        doors = [lane for lane in site.lane if lane.lift is None and lane.barrier is None]
        barriers = [lane for lane in site.lane if lane.barrier is not None]
        held = {lane.code: holds.holds(lane.code) for lane in (*doors, *barriers)}
        self._doors = {lane.code: door_of(lane, held[lane.code]) for lane in doors}
        self._fire = NodeFire()
        self._barriers = {one.code: barrier_of(one, self._inbox, held[one.code], self._fire) for one in barriers}
        self._boards: dict[str, BoardThread] = {**self._barriers}  # an arm is raised for fire by its own thread
        self._boards |= {lane.code: board_of(lane, self._inbox, held[lane.code], guard, self._fire) for lane in doors}
        self._interlocks = tuple(frozenset(group.lanes) for group in site.interlock)
        for code in self._doors:
            self._tell_partners(code)

    def start(self) -> None:
        for board in self._boards.values():
            board.start()
        super().start()

    @property
    def works(self) -> bool:
        """Whether every thread of it is alive. One that broke is our mistake, and the process is to be started anew."""
        return self.is_alive() and all(board.is_alive() for board in self._boards.values())

    def end(self) -> Fires:
        """Stop, moving no output; the fires that are to be carried on, also those that a silent board has missed."""
        self._inbox.put(Stop())
        self.join()
        for board in self._boards.values():
            board.stop()
        for board in self._boards.values():
            board.join()
        while not self._inbox.empty():  # a fire in this very moment
            self._take(self._inbox.get_nowait())
        held = {code for code, door in self._doors.items() if door.holds_open or self._boards[code].burns}
        held |= {code for code, arm in self._barriers.items() if arm.holding or arm.burns}
        return Fires(frozenset(held), self._fire.burning)

    def run(self) -> None:
        last_tick = self._mono()
        while True:
            try:
                item = self._inbox.get(timeout=TICK_S)
                if isinstance(item, Stop):
                    return
                self._take(item)
            except queue.Empty:
                pass
            if self._mono() - last_tick >= TICK_S:
                last_tick = self._mono()
                for code in self._doors:
                    self._step(code, Tick())

    def _take(self, item: Item) -> None:
        match item:
            case ContactsRead(lane, contacts):
                self._step(lane, contacts)
            case BoardDown(lane, detail):
                log.error(
                    "%s 的继电器板没有应答，那里的出门按钮和消防都没有响应，请检查接线 / the board is silent, so "
                    "that exit and fire are not answered there; check its wires: %s", lane, detail,
                )  # fmt: skip
                if lane in self._doors:
                    self._step(lane, BoardLost())
            case Pulsed(lane, correlation, fault, known=known):
                if fault is not None:
                    log.error("%s 的出门按钮没有打开门 / the exit button did not open the door: %s", lane, fault)
                    self._step(lane, NotReleased(correlation, known))
            case HoldChanged(lane, held, fault):
                if fault is not None:
                    log.error("%s 消防放行没有得到确认 / the hold for fire is not confirmed: %s", lane, fault)
                elif held:
                    log.warning("%s 因火警保持打开 / is held open for fire", lane)

    def _step(self, code: str, seen: Seen) -> None:
        before = self._doors[code]
        self._doors[code], does = step(before, seen, self._mono())
        after = self._doors[code]
        if after.holds_open != before.holds_open:
            self._boards[code].hold(after.holds_open)
        if after.keeps_partner_shut != before.keeps_partner_shut:
            self._tell_partners(code)
        for do in does:
            match do:
                case Release(correlation):
                    self._boards[code].pulse(correlation)
                case Relock():
                    self._boards[code].relock()
                case AskOpen(Kind.EXIT_BUTTON):
                    log.info("%s 有人按了出门按钮 / the exit button was pressed", code)
                    self._step(code, Granted(new_id()))

    def _tell_partners(self, code: str) -> None:
        for other in partners(code, self._interlocks):
            shut = any(self._doors[one].keeps_partner_shut for one in partners(other, self._interlocks))
            self._step(other, Partner(shut))
