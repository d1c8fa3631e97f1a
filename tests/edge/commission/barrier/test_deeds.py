"""The technician's hand moves the arm by the machine's own rules, and never down on anything (S1, S2)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.commission.barrier.deeds import PRESSED_S, Hand, No, Order, fire_over, pressed, raised, saw, why_not
from edge.commission.barrier.evidence import EndFault
from edge.lane.vehicle.loops import Wrong
from edge.lane.vehicle.states import Arm, BoardLost, Contacts, Loop, Phase, Settings, Tick, VehicleLane

FREE, BUSY = Loop.FREE, Loop.OCCUPIED


def contacts(
    safety: Loop = FREE, closing: Loop = FREE, up: bool = False, down: bool = False, fire: bool = False
) -> Contacts:
    return Contacts(FREE, safety, closing, up, down, fire)


def up() -> Hand:
    """Nobody has been there for so long that nobody drives through any more."""
    hand = Hand(VehicleLane())
    for half in range(-18, 1):
        hand, _ = saw(hand, contacts(down=True), half / 2)
    hand, orders = raised(hand, 0.1)
    assert orders == (Order.RAISE,)
    return saw(hand, contacts(up=True), 1.0)[0]


@pytest.mark.req("LANE-17")
def test_it_comes_down_while_pressed_and_rises_when_let_go_of() -> None:
    hand, orders, no = pressed(up(), (), 1.1)
    assert (orders, no) == ((Order.LOWER,), None) and hand.lane.phase is Phase.LOWERING
    hand, orders, _ = pressed(hand, (), 1.6)
    hand, more = saw(hand, contacts(), 1.7)
    hand, still = saw(hand, contacts(), 2.3)
    assert orders == more == still == ()
    hand, orders = saw(hand, Tick(), 1.6 + PRESSED_S + 0.01)
    assert orders == (Order.RAISE,) and hand.lane.phase is Phase.HELD and hand.came_up
    for half in range(7, 17):
        hand, _ = saw(hand, contacts(up=True), half / 2)
    hand, orders, _ = pressed(hand, (), 8.1)
    assert orders == (Order.LOWER,)
    hand, orders = saw(hand, contacts(down=True), 8.7)
    hand, orders = saw(hand, Tick(), 9.0)
    assert orders == () and hand.lane.arm is Arm.DOWN and hand.lane.phase is Phase.RESTING


@pytest.mark.req("LANE-17")
def test_a_press_lowers_it_once_nobody_can_be_between_two_loops() -> None:
    hand, _ = saw(up(), contacts(safety=BUSY, up=True), 1.1)
    hand, _ = saw(hand, contacts(up=True), 1.3)
    hand, orders, no = pressed(hand, (), 1.4)
    assert (orders, no) == ((), None), "who left one loop may be before the next"
    for tenth in range(15, 60):
        hand, orders, _ = pressed(saw(hand, contacts(up=True), tenth / 10)[0], (), tenth / 10)
        if hand.lane.phase is Phase.LOWERING:
            break
    assert tenth / 10 - 1.3 > hand.lane.settings.gap_s
    let_go, orders = saw(pressed(saw(up(), contacts(up=True), 1.1)[0], (), 1.2)[0], Tick(), 1.2 + PRESSED_S + 0.1)
    assert orders == (Order.RAISE,) and let_go.lane.phase is Phase.HELD


@pytest.mark.req("LANE-17")
def test_what_comes_under_it_raises_it_and_the_same_press_does_not_lower_it_again() -> None:
    hand, _, _ = pressed(up(), (), 1.1)
    hand, orders = saw(hand, contacts(safety=BUSY), 1.3)
    assert orders == (Order.RAISE,) and hand.came_up
    hand, _ = saw(hand, contacts(up=True), 1.5)
    hand, orders, _ = pressed(hand, (), 1.6)
    assert orders == () and hand.lane.phase is Phase.HELD
    hand, orders, _ = pressed(hand, (), 1.6 + PRESSED_S + 0.1)
    assert orders == ()  # not heard for too long by now


def test_why_it_is_not_lowered_is_said() -> None:
    hand = up()
    assert why_not(hand.lane, ()) is None
    assert why_not(saw(hand, contacts(safety=BUSY, up=True), 1.1)[0].lane, ()) is No.OCCUPIED
    assert why_not(saw(hand, contacts(closing=BUSY, up=True), 1.1)[0].lane, ()) is No.OCCUPIED
    assert why_not(saw(hand, contacts(safety=Loop.UNKNOWN, up=True), 1.1)[0].lane, ()) is No.UNKNOWN
    assert why_not(saw(hand, BoardLost(), 1.1)[0].lane, ()) is No.UNHEARD
    assert why_not(hand.lane, (Wrong(EndFault.SWAPPED),)) is No.ENDS_WRONG
    assert why_not(replace(hand.lane, settings=Settings(closes=False)), ()) is No.NO_OUTPUT
    burning, _ = saw(hand, contacts(up=True, fire=True), 1.1)
    assert why_not(burning.lane, ()) is No.FIRE
    over, orders = fire_over(saw(burning, contacts(up=True), 1.3)[0], 1.4)
    assert over.lane.phase is Phase.HELD and orders == (), "the end of a fire lowers nothing by itself"


deed = st.sampled_from(["press", "let_go", "raise", "wait", "lost", "fire_over"])
loop = st.sampled_from(list(Loop))


@pytest.mark.req("LANE-17")
@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(deed, loop, loop, st.sampled_from([0.05, 0.3, 1.2]), st.booleans()), max_size=25))
def test_nothing_lowers_it_but_a_press_over_loops_that_are_known_and_free(
    story: list[tuple[str, Loop, Loop, float, bool]],
) -> None:
    hand, now, last_press = up(), 1.0, float("-inf")
    for what, safety, closing, later, fire in story:
        now += later
        hand, first = saw(hand, contacts(safety, closing, up=hand.lane.phase is not Phase.LOWERING, fire=fire), now)
        second: tuple[Order, ...] = ()
        if what == "press":
            last_press = now
            hand, second, _ = pressed(hand, (), now)
        elif what == "let_go":
            hand, second = saw(replace(hand, pressed_until=float("-inf")), Tick(), now)
            last_press = float("-inf")
        elif what == "raise":
            hand, second = raised(hand, now)
        elif what == "fire_over":
            hand, second = fire_over(hand, now)
        elif what == "lost":
            hand, second = saw(hand, BoardLost(), now)
        for order in (*first, *second):
            if order is Order.LOWER:
                assert hand.lane.clear and now - last_press <= PRESSED_S
        if hand.lane.phase is Phase.LOWERING:
            assert hand.lane.clear
