"""The simulated door obeys physics, whatever people do to it."""

from hypothesis import given
from hypothesis import strategies as st

from devices.sim.door import Deed, Door, act, contacts, step


def run(door: Door, released: bool, start: float, seconds: float) -> tuple[Door, list[tuple[bool, bool, bool]]]:
    seen = []
    for tick in range(round(seconds * 20)):
        door = step(door, released, start + tick / 20)
        seen.append(contacts(door))
    return door, seen


def test_a_locked_door_stays_shut_and_the_person_gives_up() -> None:
    door, seen = run(act(Door(), Deed.PULL, 0.0), False, 0.0, 10.0)
    assert all(shut for shut, _, _ in seen)
    door, seen = run(door, True, 10.0, 5.0)
    assert all(shut for shut, _, _ in seen), "nobody was there any more"


def test_a_released_door_is_pulled_open_once_and_falls_shut() -> None:
    door, seen = run(act(Door(), Deed.PULL, 0.0), True, 0.0, 10.0)
    shut = [shut for shut, _, _ in seen]
    assert shut == sorted(shut)
    assert shut[0] is False
    assert shut[-1] is True
    assert (door.passages, door.forced) == (1, 0)


def test_the_exit_button_is_seen_for_as_long_as_a_finger_is_on_it() -> None:
    door, seen = run(act(Door(), Deed.PRESS_EXIT, 0.0), False, 0.0, 2.0)
    assert 0.5 <= sum(pressed for _, pressed, _ in seen) / 20 <= 0.7
    assert door.shut
    assert run(door, True, 2.0, 0.1)[0].passages == 1


def test_forced_open_opens_a_locked_door() -> None:
    door, seen = run(act(Door(), Deed.FORCE, 0.0), False, 0.0, 10.0)
    assert seen[0][0] is False
    assert (door.forced, door.passages, door.shut) == (1, 0, True)


def test_held_open_lasts_until_let_go() -> None:
    door, seen = run(act(act(Door(), Deed.HOLD, 0.0), Deed.PULL, 0.0), True, 0.0, 120.0)
    assert not any(shut for shut, _, _ in seen)
    door, _ = run(act(door, Deed.LET_GO, 120.0), False, 120.0, 3.0)
    assert door.shut


def test_fire_opens_the_loop_and_frees_a_fail_safe_door_without_the_relay() -> None:
    for fail_safe in (True, False):
        door = act(act(Door(fail_safe=fail_safe), Deed.FIRE, 0.0), Deed.PULL, 0.0)
        door, seen = run(door, False, 0.0, 1.0)
        assert all(not healthy for _, _, healthy in seen)
        assert door.shut is not fail_safe
        assert contacts(act(door, Deed.FIRE_OVER, 1.0))[2] is True


@given(
    st.booleans(),
    st.lists(st.tuples(st.sampled_from([None, *Deed]), st.booleans(), st.floats(0.01, 3)), max_size=40),
)
def test_a_door_opens_only_by_lock_by_fire_or_by_force_and_shuts_in_the_end(
    fail_safe: bool, history: list[tuple[Deed | None, bool, float]]
) -> None:
    door, now = Door(fail_safe=fail_safe), 0.0
    for deed, released, pause_s in history:
        now += pause_s
        before = door
        if deed is not None:
            door = act(door, deed, now)
        after = step(door, released, now)
        if before.shut and not after.shut:
            freed = released or (fail_safe and not after.fire_loop_healthy)
            assert freed or deed is Deed.FORCE
        door = after
    door = act(act(door, Deed.LET_GO, now), Deed.FIRE_OVER, now)
    for tick in range(1, 300):
        door = step(door, False, now + tick / 10)
    assert door.shut
