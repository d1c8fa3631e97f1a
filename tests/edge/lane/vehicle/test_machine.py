"""The vehicle lane, asked everything: every reachable state to closure, and every raw history of length five."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise, product

import pytest

from edge.lane.vehicle.machine import step
from edge.lane.vehicle.states import (
    Arm,
    BoardLost,
    EndFireHold,
    Granted,
    HoldOpen,
    Look,
    Loop,
    NotOpened,
    Phase,
    Refused,
    RemoteOpen,
    Resume,
    Seen,
    Settings,
    SwitchDirection,
    Tick,
    VehicleLane,
)
from models.site.topology import Direction
from tests.edge.lane.vehicle.promises import (
    BUSY,
    DARK,
    FREE,
    SHORT,
    A,
    B,
    Told,
    capped,
    check,
    contacts,
    fresh,
)

SECONDS = (0.0, 0.9)
"""How long the lane waits before the next thing: nothing, or longer than every limit of SHORT but staleness."""

Inputs = Callable[[VehicleLane, float], Iterable[Seen]]


def reads(
    lane: VehicleLane, loops: tuple[str, ...], arms: tuple[Arm, ...], levels: tuple[Loop, ...] = (FREE, BUSY)
) -> list[Seen]:
    """What the board may say next: the same, one loop or the arm otherwise, or a vehicle moving from loop to loop.

    Everything else is several of these at once, one after the other.
    """
    now = {name: getattr(lane, name) for name in ("outer", "safety", "inner")}
    now = {name: level if level in levels and name in loops else FREE for name, level in now.items()}
    arm = lane.arm if lane.arm in arms else arms[0]
    said = [contacts(**now, arm=arm, fire=lane.fire)]
    for name, level in product(loops, levels):
        said.append(contacts(**{**now, name: level}, arm=arm, fire=lane.fire))
    for first, second in pairwise(loops):
        swapped = {first: now[second], second: now[first]}
        said.append(contacts(**{**now, **swapped}, arm=arm, fire=lane.fire))
    said += [contacts(**now, arm=other, fire=lane.fire) for other in arms]
    return list(dict.fromkeys(said))


def fires(lane: VehicleLane) -> Seen:
    return contacts(lane.outer, lane.safety, lane.inner, lane.arm, not lane.fire)


def reach(inputs: Inputs, settings: Settings = SHORT, look: bool = False) -> set[VehicleLane]:
    """Breadth first until no new state appears. Where `look` is False it is left out: it moves nothing but itself."""
    starts = [VehicleLane(settings=settings), VehicleLane(settings=settings, phase=Phase.FIRE)]
    known, queue = set(starts), deque(starts)
    while queue:
        lane = queue.popleft()
        for now in SECONDS:
            for seen in inputs(lane, now):
                after, does = step(lane, seen, now)
                check(lane, seen, after, does, now)
                after = capped(after, now)
                after = after if look else replace(after, look=Look.NONE)
                if after not in known:
                    known.add(after)
                    queue.append(after)
    return known


def comes_to_rest(lane: VehicleLane) -> None:
    """Whatever happened, an empty lane whose board is read is not left open: holds and grants end."""
    now = 0.0
    for arm in (Arm.UP, Arm.UP, Arm.UP, Arm.DOWN):
        lane, _ = step(lane, contacts(FREE, FREE, FREE, arm), now)
        now += 0.9
    assert lane.phase in (Phase.RESTING, Phase.FIRE) and not lane.grants and lane.hold is None


def burns(lane: VehicleLane) -> None:
    """A fire opens from here, and nothing but a person takes the hold back, once the input is healthy."""
    held, _ = step(lane, contacts(BUSY, FREE, FREE, Arm.MOVING, fire=True), 0.0)
    assert held.holds_open and not held.permits_close and not held.grants
    person = fresh(held)
    for seen in (Granted(person, 9.0), RemoteOpen(person, 9.0), BoardLost(), EndFireHold(), Resume(), HoldOpen(1.0)):
        assert step(held, seen, 9.0)[0].phase is Phase.FIRE, "while it burns, or is not known to be over"
    calm, _ = step(held, contacts(FREE, FREE, FREE, Arm.UP), 9.0)
    assert calm.phase is Phase.FIRE, "the input alone ends nothing"
    assert step(calm, EndFireHold(), 9.0)[0].phase is not Phase.FIRE


@pytest.mark.req("LANE-15", "LANE-16", "LANE-17")
def test_every_reachable_state_with_vehicles_keeps_the_promises() -> None:
    """All three loops, the arm up or down, ever new vehicles with a grant, up to two at once. 3168 states."""

    def inputs(lane: VehicleLane, now: float) -> Iterable[Seen]:
        board = reads(lane, ("outer", "safety", "inner"), (Arm.DOWN, Arm.UP))
        return (*board, BoardLost(), Granted(fresh(lane), now), Tick())

    known = reach(inputs)
    assert {len(lane.grants) for lane in known} == {0, 1, 2}
    for lane in known:
        comes_to_rest(lane)


@pytest.mark.req("LANE-17", "LANE-20")
def test_every_reachable_state_with_holds_and_fire_keeps_the_promises() -> None:
    """Two loops, the arm up or down, a person who holds and resumes, fire and its end. 1069 states."""

    def inputs(lane: VehicleLane, now: float) -> Iterable[Seen]:
        board = reads(lane, ("safety", "inner"), (Arm.DOWN, Arm.UP))
        people = (HoldOpen(5.0), Resume(), EndFireHold(), RemoteOpen(fresh(lane), now), NotOpened(A))
        return (*board, fires(lane), BoardLost(), *people, Tick())

    known = reach(inputs)
    assert {lane.phase for lane in known} == set(Phase), "the sweep must have reached every phase"
    for lane in known:
        comes_to_rest(lane)
        burns(lane)


@pytest.mark.req("LANE-17", "LANE-19", "LANE-21", "LANE-22")
@pytest.mark.parametrize(("closes", "positions"), [(True, True), (False, True), (True, False)])
def test_every_reachable_state_of_the_arm_keeps_the_promises(closes: bool, positions: bool) -> None:
    """Everything that can be sensed of the arm, one loop and fire. 721, 742 and 610 states."""

    def inputs(lane: VehicleLane, now: float) -> Iterable[Seen]:
        board = reads(lane, ("safety",), tuple(Arm))
        return (*board, fires(lane), BoardLost(), RemoteOpen(fresh(lane), now), NotOpened(A), Resume(), Tick())

    known = reach(inputs, replace(SHORT, closes=closes, positions=positions))
    assert {lane.arm for lane in known} == set(Arm)
    assert closes or Phase.LOWERING not in {lane.phase for lane in known}, "a write-only board closes nothing"


@pytest.mark.req("LANE-17")
def test_every_reachable_state_with_loops_that_are_not_known_keeps_the_promises() -> None:
    """Safety and closing loop free, occupied or unknown, each by itself. 231 states."""

    def inputs(lane: VehicleLane, now: float) -> Iterable[Seen]:
        board = reads(lane, ("safety", "inner"), (Arm.UP,), (FREE, BUSY, DARK))
        return (*board, RemoteOpen(fresh(lane), now), Resume(), Tick())

    known = reach(inputs)
    for lane in known:
        comes_to_rest(lane)


@pytest.mark.req("LANE-13")
def test_every_reachable_state_of_a_tidal_lane_keeps_the_promises() -> None:
    """All loops, both directions, one grant at a time, and who is looked at. 1210 states."""

    def inputs(lane: VehicleLane, now: float) -> Iterable[Seen]:
        board = reads(lane, ("outer", "safety", "inner"), (Arm.DOWN,))
        turns = [SwitchDirection(direction) for direction in Direction]
        first = [] if lane.grants else [Granted(fresh(lane), now)]
        return (*board, BoardLost(), *turns, *first, Refused())

    known = reach(inputs, look=True)
    assert {(lane.direction, lane.phase) for lane in known} >= set(product(Direction, (Phase.RESTING, Phase.RAISED)))


def happenings(now: float) -> list[Seen]:
    """The ordinary passage loop by loop, and everything that may come between."""
    return [
        contacts(FREE, FREE, FREE),
        contacts(BUSY, FREE, FREE),
        contacts(BUSY, BUSY, FREE, Arm.UP),
        contacts(FREE, BUSY, BUSY, Arm.UP),
        contacts(FREE, FREE, BUSY, Arm.UP),
        contacts(FREE, FREE, FREE, Arm.UP),
        contacts(BUSY, FREE, FREE, Arm.MOVING, fire=True),
        BoardLost(),
        Granted(A, now),
        Granted(B, now),
        RemoteOpen(A, now - 2.0),
        NotOpened(A),
        HoldOpen(0.6),
        Resume(),
        EndFireHold(),
        Tick(),
    ]


@pytest.mark.req("LANE-15", "LANE-16", "LANE-17", "LANE-20")
def test_every_raw_history_of_length_five() -> None:
    """No grant opens twice or ends twice, and every step keeps its promises.

    Histories that have led to one and the same lane, having said the same of grants, go on together.
    """
    calm = step(VehicleLane(settings=SHORT), contacts(BUSY, FREE, FREE), 0.0)[0]
    histories = Counter({(calm, Told()): 1})
    for depth in range(5):
        now, longer = depth * 0.5, Counter[tuple[VehicleLane, Told]]()
        for (lane, told), number in histories.items():
            for seen in happenings(now):
                after, does = step(lane, seen, now)
                check(lane, seen, after, does, now)
                longer[after, told.after(does)] += number
        histories = longer
        assert histories.total() == 16 ** (depth + 1)
