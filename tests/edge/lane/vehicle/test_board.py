"""The barrier's thread on a real serial line: levels in the lane's words, pulses one at a time, fire before all."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.registry import open_relay_board
from devices.sim.barrier import CLOSE, OPEN, Move, SimulatedBarrier
from devices.sim.relay_board import Fault
from edge.lane.inbox import BoardDown, DeviceState, HoldChanged, Item, LoopsRead, Pulsed
from edge.lane.node_fire import NodeFire
from edge.lane.vehicle.board import BarrierThread, BarrierWiring, contacts_of
from edge.lane.vehicle.states import Loop
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.events import AlarmKind

Until = Callable[[Callable[[], object]], None]
ITEM = TypeVar("ITEM")
WIRING = BarrierWiring(open=OPEN, close=CLOSE, arming=1, safety=2, closing=3, up=4, down=5, fire=6, beam=7)


class Stand:
    """One barrier whose arm only moves when the test lets it, and the thread under test."""

    def __init__(self, folder: Path, until: Until):
        self.until, self.barrier = until, SimulatedBarrier(folder)
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.heard: list[Item] = []
        self.fire = NodeFire()
        self.barrier.board.set_input(7, True)
        self.opener = partial(open_relay_board, self.barrier.board_address)
        self.thread = BarrierThread("car", self.opener, WIRING, self.inbox, fire=self.fire)
        self.thread.start()
        until(lambda: self.all(LoopsRead))

    def all(self, kind: type[ITEM]) -> list[ITEM]:
        while not self.inbox.empty():
            self.heard.append(self.inbox.get_nowait())
        return [item for item in self.heard if isinstance(item, kind)]

    def edges(self) -> list[tuple[int, bool]]:
        return [(edge.channel, edge.on) for edge in self.barrier.board.edges()]

    def close(self) -> None:
        self.thread.stop()
        self.thread.join()
        self.barrier.close()


@pytest.fixture
def stand(tmp_path: Path, until: Until) -> Iterator[Stand]:
    stand = Stand(tmp_path, until)
    yield stand
    stand.close()


@pytest.mark.req("LANE-18")
def test_one_pulse_raises_and_is_confirmed_and_a_free_way_may_be_closed(stand: Stand) -> None:
    correlation = new_id()
    stand.thread.pulse(correlation)
    stand.until(lambda: stand.all(Pulsed))
    assert [(one.correlation, one.fault) for one in stand.all(Pulsed)] == [(correlation, None)]
    stand.until(lambda: stand.edges() == [(OPEN, True), (OPEN, False)])
    stand.thread.relock()
    stand.until(lambda: (CLOSE, True) in stand.edges())
    stand.thread.pulse(new_id())
    stand.until(lambda: len(stand.all(Pulsed)) == 2)
    order = stand.edges()[2:5]
    assert order == [(CLOSE, True), (CLOSE, False), (OPEN, True)], "never both at once (LANE-17)"


@pytest.mark.req("LANE-27")
def test_what_detectors_beside_the_lane_see_is_told_with_the_loops_and_moves_nothing(stand: Stand) -> None:
    stand.thread.stop()
    stand.thread.join()
    wiring = replace(WIRING, beam=0, ebike=7, fire_lane=8)
    stand.barrier.board.set_inputs([False, True, True, False, True, True, False, False])
    told = len(stand.all(LoopsRead))
    stand.thread = BarrierThread("car", stand.opener, wiring, stand.inbox, fire=stand.fire)
    stand.thread.start()

    def beside() -> list[tuple[bool, bool]]:
        return [(one.ebike, one.fire_lane) for one in stand.all(LoopsRead)[told:]]

    stand.until(lambda: beside() and beside()[-1] == (False, False))
    for seen in ((True, False), (False, True), (False, False)):
        stand.barrier.board.set_input(7, seen[0])
        stand.barrier.board.set_input(8, seen[1])
        stand.until(lambda seen=seen: beside()[-1] == seen)
    assert stand.edges() == []


@pytest.mark.req("LANE-22", "ACC-23")
@pytest.mark.parametrize("arm_up", [False, True])
def test_s10_a_hundred_restarts_and_a_line_that_comes_and_goes_move_no_output(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, arm_up: bool
) -> None:
    for limit, seconds in {"POLL_S": 0.001, "LOST_AFTER_S": 0.1, "REOPEN_S": 0.01}.items():
        monkeypatch.setattr(f"edge.lane.board.{limit}", seconds)
    stand.thread.stop()
    stand.thread.join()
    stand.barrier.board.set_inputs([True, True, True, arm_up, not arm_up])
    for number in range(100):
        stand.barrier.board.set_input(1, number % 2 == 0)  # a vehicle comes and goes meanwhile
        told = len(stand.all(LoopsRead))
        stand.thread = BarrierThread("car", stand.opener, WIRING, stand.inbox, fire=stand.fire)
        stand.thread.start()
        stand.until(lambda told=told: len(stand.all(LoopsRead)) > told)
        if number % 10 == 0:
            board = stand.thread._board
            assert board is not None
            lost = len(stand.all(BoardDown))
            board.close()  # the line is gone, and is opened again
            stand.until(lambda lost=lost: len(stand.all(BoardDown)) > lost)
            told = len(stand.all(LoopsRead))
            stand.until(lambda told=told: len(stand.all(LoopsRead)) > told)
        stand.thread.stop()
        stand.thread.join()
    assert stand.edges() == []


@pytest.mark.req("LANE-17")
@pytest.mark.parametrize("terminal", [2, 3, 7], ids=["safety", "closing", "beam"])
def test_what_is_not_free_at_the_last_moment_is_never_closed_upon(stand: Stand, terminal: int) -> None:
    """The lane ordered it before it knew: between the two lies a queue."""
    stand.barrier.board.set_input(terminal, False)
    stand.until(lambda: Loop.OCCUPIED in (stand.all(LoopsRead)[-1].contacts.safety, closing(stand)))
    stand.thread.relock()
    stand.thread.pulse(new_id())
    stand.until(lambda: stand.all(Pulsed))
    assert not [edge for edge in stand.edges() if edge[0] == CLOSE]


def closing(stand: Stand) -> Loop:
    return stand.all(LoopsRead)[-1].contacts.inner


@pytest.mark.req("LANE-17")
def test_levels_that_do_not_change_are_told_again_before_they_are_old(stand: Stand) -> None:
    stand.until(lambda: len(stand.all(LoopsRead)) > 3)
    assert len({one.contacts for one in stand.all(LoopsRead)}) == 1


@pytest.mark.req("ACC-22")
def test_a_fire_here_or_at_another_lane_holds_the_arm_up_until_the_lane_lets_go(stand: Stand) -> None:
    stand.fire.tell("another", True)
    stand.until(lambda: stand.barrier.board.output(OPEN))
    stand.until(lambda: stand.all(LoopsRead)[-1].contacts.fire and stand.all(HoldChanged))
    assert stand.thread.holding
    stand.thread.relock()
    stand.fire.tell("another", False)
    stand.until(lambda: not stand.all(LoopsRead)[-1].contacts.fire)
    assert stand.barrier.board.output(OPEN) and not stand.barrier.board.output(CLOSE)
    stand.thread.hold(False)
    stand.until(lambda: not stand.barrier.board.output(OPEN))
    stand.barrier.do(Move.FIRE)
    stand.barrier.tick()
    stand.barrier.board.set_input(7, True)
    stand.until(lambda: stand.barrier.board.output(OPEN))


@pytest.mark.req("LANE-19")
def test_a_silent_board_is_told_and_a_pulse_that_waits_for_it_is_refused(stand: Stand) -> None:
    stand.barrier.board.fault(Fault.SILENT)
    stand.thread.pulse(new_id())
    stand.until(lambda: stand.all(BoardDown))
    stand.until(lambda: stand.all(Pulsed))
    assert stand.all(Pulsed)[-1].fault is not None and stand.edges() == []


@pytest.mark.req("LANE-17")
@given(levels=st.tuples(*[st.booleans()] * 8), direction=st.sampled_from(list(Direction)))
def test_a_cut_cable_is_a_vehicle_under_the_arm_and_nobody_in_front_of_it(levels, direction) -> None:
    wiring = replace(WIRING, direction=direction)
    seen = contacts_of(wiring, levels, False)
    cut = contacts_of(wiring, (False,) * 8, False)
    arming, behind = (cut.outer, cut.inner) if direction is Direction.IN else (cut.inner, cut.outer)
    assert (arming, cut.safety, behind) == (Loop.FREE, Loop.OCCUPIED, Loop.OCCUPIED)
    assert (seen.safety is Loop.FREE) == (levels[1] and levels[6])
    assert (seen.up, seen.down) == (levels[3], levels[4])


@pytest.mark.req("LANE-28")
def test_a_float_that_stays_up_is_an_alarm_and_a_wave_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    now, inbox = [100.0], queue.Queue[Item]()
    monkeypatch.setattr("edge.lane.vehicle.board.time.monotonic", lambda: now[0])
    wiring = replace(WIRING, water=8)
    thread = BarrierThread(
        "car", partial(open_relay_board, "modbus+serial:///dev/null?profile=waveshare-8"), wiring, inbox
    )

    def reads(up: bool, after_s: float) -> list[str | None]:
        now[0] += after_s
        thread._tell((False, True, True, False, True, False, True, up), False, None)
        told = [inbox.get_nowait() for _ in range(inbox.qsize())]
        return [one.fault for one in told if isinstance(one, DeviceState) and one.alarm is AlarmKind.WATER]

    assert [reads(True, 0.1), reads(False, 2.0), reads(True, 0.5), reads(True, 2.0)] == [[], [], [], []]
    (raised,) = reads(True, 1.5)
    assert raised is not None and "water" in raised
    assert [reads(True, 60.0), reads(False, 1.0), reads(False, 3.5)] == [[], [], [None]]
