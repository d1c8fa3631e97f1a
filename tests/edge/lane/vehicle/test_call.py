"""The call button of a vehicle lane: told once, again when pressed again, and over when the car has gone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lane.inbox import BoardDown, LoopsRead
from edge.lane.vehicle.board import BarrierWiring, contacts_of
from edge.lane.vehicle.call import AGAIN_S, CALL_S, GONE_S, Calling, heard, lost
from edge.lane.vehicle.states import Contacts, Loop
from models.values.ids import new_id
from models.wire.events import DecisionMade, LaneCall
from tests.edge.lane.vehicle.lane_bench import BUSY, FREE, LANE, VehicleBench

READS = st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0.05, 30)), max_size=40)


def play(reads: list[tuple[bool, bool, float]]) -> tuple[Calling, list[tuple[float, str]]]:
    calling, now, told = Calling(), 0.0, []
    for pressed, car, later in reads:
        now += later
        calling, what = heard(calling, pressed, car, now, new_id())
        if what is not None:
            told.append((now, what))
    return calling, told


@pytest.mark.req("LANE-26")
@given(READS)
def test_after_any_history_calls_begin_and_end_in_turn_and_no_press_is_told_twice(
    reads: list[tuple[bool, bool, float]],
) -> None:
    calling, told = play(reads)
    turns = [what for _, what in told if what != "again"]
    assert turns == ["began", "ended"] * (len(turns) // 2) + ["began"] * (len(turns) % 2)
    assert (calling.call_id is not None) == (len(turns) % 2 == 1)
    assert all(what != "again" or before != "ended" for (_, before), (_, what) in pairwise([(0.0, "ended"), *told]))
    presses = sum(now and not before for (before, *_), (now, *_) in pairwise(reads))
    asks = [(at, what) for at, what in told if what != "ended"]
    assert len(asks) <= presses
    assert all(later - at >= AGAIN_S for (at, _), (later, what) in pairwise(asks) if what == "again")


@pytest.mark.req("LANE-26")
def test_it_ends_when_the_car_has_gone_and_without_a_car_after_a_while() -> None:
    calling, _ = heard(Calling(pressed=False), True, True, 0.0, new_id())
    calling, what = heard(calling, False, False, GONE_S - 0.1, new_id())
    assert what is None, "a loop may lose it for a moment"
    calling, what = heard(calling, False, False, GONE_S, new_id())
    assert what == "ended" and calling.call_id is None
    calling, _ = heard(calling, True, False, 10.0, new_id())
    assert heard(calling, False, False, 10.0 + CALL_S - 1, new_id())[1] is None
    assert heard(calling, False, False, 10.0 + CALL_S, new_id())[1] == "ended"


@pytest.mark.req("LANE-26")
def test_a_button_found_pressed_calls_nobody() -> None:
    assert heard(Calling(), True, True, 0.0, new_id())[1] is None
    calling, _ = heard(lost(Calling(pressed=False)), True, True, 0.0, new_id())
    assert calling.call_id is None and heard(calling, True, True, 1.0, new_id())[1] is None
    calling, _ = heard(calling, False, True, 2.0, new_id())
    assert heard(calling, True, True, 3.0, new_id())[1] == "began"


def test_the_button_is_a_contact_that_closes() -> None:
    wiring = BarrierWiring(open=1, close=0, arming=1, safety=2, closing=3, call=4)
    levels = [False, True, True, False]
    assert not contacts_of(wiring, tuple(levels), False).call
    assert contacts_of(wiring, (*levels[:3], True), False).call
    none = BarrierWiring(open=1, close=0, arming=1, safety=2, closing=3)
    assert not contacts_of(none, (True, True, True), False).call


@pytest.fixture
def bench(tmp_path: Path) -> VehicleBench:
    return VehicleBench(tmp_path)


def presses(bench: VehicleBench, arming: Loop = BUSY, call: bool = True) -> None:
    bench.gate.handle(LoopsRead(LANE, Contacts(arming, FREE, FREE, bench.up, not bench.up, False, call)))


def calls(bench: VehicleBench) -> list[tuple[str, object]]:
    return [(body.what, event.correlation) for event, body in bench.events() if isinstance(body, LaneCall)]


@pytest.mark.req("LANE-26")
def test_who_waits_at_a_barrier_presses_and_central_is_told_of_which_car_and_when_it_has_gone(
    bench: VehicleBench,
) -> None:
    bench.lists()
    bench.loops(arming=FREE)
    bench.arrive("川A12345")
    (visit,) = [event.correlation for event, body in bench.events() if isinstance(body, DecisionMade)]
    moved = len(bench.arm.pulses)
    presses(bench)
    presses(bench, call=False)
    (told,) = bench.said(LaneCall)
    assert (told.what, told.by, told.visit_id) == ("began", "button", visit)
    bench.wait(2 * GONE_S)
    assert [what for what, _ in calls(bench)] == ["began"], "it stands there still"
    bench.loops()
    bench.wait(GONE_S + 0.5)
    (_, call), (ended, same) = calls(bench)
    assert ended == "ended" and call == same and call != visit
    assert len(bench.arm.pulses) == moved, "the button moves nothing"


@pytest.mark.req("LANE-26")
def test_after_the_board_was_silent_a_button_that_is_held_is_no_new_call(bench: VehicleBench) -> None:
    bench.lists()
    bench.loops()
    bench.gate.handle(BoardDown(LANE, "unplugged"))
    presses(bench)
    assert calls(bench) == []
