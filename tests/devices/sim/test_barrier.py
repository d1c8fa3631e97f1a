"""The simulated barrier is a barrier: it takes its time, cars wait for it, and an arm on a car is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.barrier import STAGE_S, TRAVEL_S, Barrier, Move, act, contacts, step

DOWN = (False, True, True, False, True, True, False, False)


def run(barrier: Barrier, until: float, opens: bool = False, closes: bool = False) -> Barrier:
    while barrier.at < until:
        barrier = step(barrier, opens, closes, barrier.at + 0.02)
    return barrier


def test_a_car_waits_for_the_arm_and_drives_over_the_loops_in_order() -> None:
    barrier = run(act(Barrier(), Move.ARRIVE, 0.0), 5.0)
    assert contacts(barrier)[:6] == (True, True, True, False, True, True) and barrier.passed == 0
    barrier = run(barrier, 5.0 + TRAVEL_S + 0.1, opens=True)
    assert contacts(barrier)[3]
    seen = []
    while barrier.stage is not None:
        barrier = step(barrier, False, False, barrier.at + 0.02)
        if contacts(barrier)[:3] not in seen[-1:]:
            seen.append(contacts(barrier)[:3])
    assert seen[-1] == (False, True, True) and (False, False, False) in seen and barrier.passed == 1
    assert run(barrier, barrier.at + 1, closes=True).hits == 0


def test_an_arm_that_comes_down_on_a_car_is_counted() -> None:
    barrier = run(act(Barrier(height=1.0), Move.ARRIVE, 0.0), 2 * STAGE_S + 0.1)
    barrier = act(barrier, Move.STOP, barrier.at)
    assert run(barrier, barrier.at + 1, closes=True).hits == 1


def test_a_car_that_follows_close_behind_is_under_the_arm_when_the_first_has_passed() -> None:
    barrier = act(act(Barrier(height=1.0), Move.ARRIVE, 0.0), Move.FOLLOW, 0.0)
    while not barrier.passed:
        barrier = step(barrier, False, False, barrier.at + 0.02)
    assert contacts(barrier)[:3] == (False, False, True), "on the safety loop, and no loop was free of cars before"
    assert run(barrier, barrier.at + 3 * STAGE_S + 0.1).passed == 2


@pytest.mark.req("LANE-27")
def test_what_comes_beside_the_lane_closes_its_own_contact_and_is_in_no_cars_way() -> None:
    barrier = act(act(Barrier(height=1.0), Move.BLOCK, 0.0), Move.EBIKE, 0.0)
    assert contacts(barrier)[6:] == (True, True) and contacts(barrier)[:3] == DOWN[:3]
    assert run(act(barrier, Move.ARRIVE, 0.0), 6 * STAGE_S).passed == 1
    assert contacts(act(act(barrier, Move.UNBLOCK, 0.0), Move.EBIKE_GONE, 0.0))[6:] == (False, False)


@given(st.lists(st.tuples(st.sampled_from(list(Move)), st.booleans(), st.booleans()), max_size=30))
def test_the_arm_is_never_at_both_ends_and_fire_is_told_as_an_open_contact(deeds) -> None:
    barrier, now = Barrier(), 0.0
    for move, opens, closes in deeds:
        now += 0.3
        barrier = step(act(barrier, move, now), opens, closes, now)
        seen = contacts(barrier)
        assert not (seen[3] and seen[4]) and seen[5] is not barrier.fire
    assert contacts(Barrier()) == DOWN
