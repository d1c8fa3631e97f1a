"""The vehicle lane under whatever hypothesis thinks of, shrunk to the shortest failure."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from edge.lane.vehicle.machine import step
from edge.lane.vehicle.states import (
    Arm,
    BoardLost,
    EndFireHold,
    Granted,
    HoldOpen,
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
from tests.edge.lane.vehicle.promises import FREE, Told, check, contacts, levels

QUICK = Settings(travel_s=2.0, gap_s=1.5, passage_s=3.0)
WAITS_S = st.sampled_from([0.03, 0.5, 0.99, 1.01, 1.6, 2.1, 3.1, 7201.0])
LEVELS = st.sampled_from([Loop.FREE, Loop.FREE, Loop.OCCUPIED, Loop.OCCUPIED, Loop.UNKNOWN])
PASSAGE = ((True, False, False), (True, True, False), (False, True, True), (False, False, True), (False, False, False))


class Gate(RuleBasedStateMachine):
    """One lane, its clock, and what it has said of grants."""

    def __init__(self) -> None:
        super().__init__()
        self.lane, self.now, self.told, self.people = VehicleLane(), 0.0, Told(), 0

    @initialize(closes=st.booleans(), positions=st.booleans(), phase=st.sampled_from([Phase.STARTING, Phase.FIRE]))
    def start(self, closes: bool, positions: bool, phase: Phase) -> None:
        self.lane = VehicleLane(settings=replace(QUICK, closes=closes, positions=positions), phase=phase)

    def sees(self, seen: Seen) -> None:
        after, does = step(self.lane, seen, self.now)
        # more may come here than a lane remembers; the promises speak of what it does remember
        if len(self.lane.answered) < 16:
            check(self.lane, seen, after, does, self.now)
            self.told = self.told.after(does)
        self.lane = after

    @rule(outer=LEVELS, safety=LEVELS, inner=LEVELS, arm=st.sampled_from(list(Arm)), fire=st.integers(0, 9))
    def reads(self, outer: Loop, safety: Loop, inner: Loop, arm: Arm, fire: int) -> None:
        self.sees(contacts(outer, safety, inner, arm, fire == 0))

    @rule(steps=st.integers(1, 5), arm=st.sampled_from([Arm.UP, Arm.MOVING]))
    def drives(self, steps: int, arm: Arm) -> None:
        for busy in PASSAGE[:steps]:
            self.sees(contacts(*(Loop.OCCUPIED if one else Loop.FREE for one in busy), arm=arm))
            self.now += 0.5

    @rule(wait=WAITS_S)
    def hears_nothing(self, wait: float) -> None:
        self.now += wait
        self.sees(Tick())

    @rule(wait=WAITS_S)
    def hears_the_same(self, wait: float) -> None:
        self.now += wait
        self.sees(levels(self.lane))

    @rule(remote=st.booleans(), late=st.sampled_from([0.0, 0.0, 0.0, 4.9, 5.1, -1.0]))
    def grants(self, remote: bool, late: float) -> None:
        self.people += 1
        person = UUID(int=self.people)
        self.sees(RemoteOpen(person, self.now - late) if remote else Granted(person, self.now - late))

    @precondition(lambda self: self.people > 0)
    @rule(data=st.data(), not_opened=st.booleans())
    def says_again(self, data: st.DataObject, not_opened: bool) -> None:
        person = UUID(int=data.draw(st.integers(1, self.people)))
        self.sees(NotOpened(person) if not_opened else Granted(person, self.now))

    @rule(for_s=st.sampled_from([-1.0, 0.0, 1.0, 7200.0, 1e9]), anew=st.booleans())
    def holds(self, for_s: float, anew: bool) -> None:
        self.sees(HoldOpen(for_s, anew))

    @rule(seen=st.sampled_from([BoardLost(), Refused(), Resume(), EndFireHold(), *map(SwitchDirection, Direction)]))
    def happens(self, seen: Seen) -> None:
        self.sees(seen)

    @invariant()
    def fire_wins(self) -> None:
        burning, _ = step(self.lane, contacts(FREE, FREE, FREE, Arm.DOWN, fire=True), self.now)
        assert burning.holds_open and burning.phase is Phase.FIRE

    def teardown(self) -> None:
        """Empty, and its board read, for longer than any hold: it has no grant and asks nothing of the arm."""
        lane = self.lane
        for tick in range(9):
            lane, _ = step(lane, contacts(FREE, FREE, FREE, Arm.DOWN, lane.fire), self.now + 7201.0 + tick * 0.9)
        assert lane.phase in (Phase.RESTING, Phase.FIRE) and not lane.grants


@pytest.mark.req("LANE-15", "LANE-16", "LANE-17", "LANE-19", "LANE-20")
def test_a_lane_keeps_its_promises_whatever_happens() -> None:
    run_state_machine_as_test(Gate, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))
