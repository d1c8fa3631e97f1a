"""Beams and turnstiles: who went through without a grant is told, and nothing of it ever opens a door."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lane.states import (
    BoardLost,
    Contacts,
    Do,
    DoorLane,
    Granted,
    Phase,
    Release,
    Relock,
    ReportPassage,
    ReportTailgate,
    Tick,
)
from tests.edge.lane.test_machine import CLOSED, OPEN, SETTINGS, A, B, run

BEAM = replace(OPEN, beam=True)
PASSED, TIMEOUT = replace(CLOSED, passed=True), replace(CLOSED, timeout=True)


def tailgates(said: list[Do]) -> list[UUID | None]:
    return [do.correlation for do in said if isinstance(do, ReportTailgate)]


@pytest.mark.req("ACC-19")
@given(grants=st.integers(1, 4), pulses=st.integers(0, 7), gaps=st.lists(st.floats(0.0, 3.0), min_size=7, max_size=7))
def test_s17_each_pulse_beyond_the_grants_of_one_open_window_is_a_tailgate(
    grants: int, pulses: int, gaps: list[float]
) -> None:
    """S17: an alarm and no extra pulse, however the pulses are spread over the window."""
    people = [UUID(int=number) for number in range(1, grants + 1)]
    walk = [item for gap in gaps[:pulses] for item in (BEAM, gap, OPEN, Tick())]
    lane, said = run(CLOSED, *map(Granted, people), OPEN, *walk, CLOSED)
    assert tailgates(said) == [people[-1]] * max(0, pulses - grants)
    assert [do.correlation for do in said if isinstance(do, Release)] == people
    assert lane.phase is Phase.SECURED and lane.through == 0, "the next window counts anew"


@pytest.mark.req("ACC-19")
def test_pulses_at_the_edges_of_the_window() -> None:
    """A beam that is dark before the door opens, while it shuts, or when the board comes back counts nobody."""
    assert tailgates(run(replace(CLOSED, beam=True), CLOSED, BEAM)[1]) == [], "a forced door is told as forced"
    assert tailgates(run(CLOSED, Granted(A), BEAM, OPEN, BEAM, CLOSED)[1]) == [A]
    assert tailgates(run(CLOSED, Granted(A), OPEN, BEAM, OPEN, CLOSED, replace(CLOSED, beam=True))[1]) == []
    assert tailgates(run(CLOSED, Granted(A), OPEN, BEAM, BoardLost(), BEAM)[1]) == []


def test_a_grant_that_comes_while_the_door_is_open_counts_for_the_next_pulse_only() -> None:
    assert tailgates(run(CLOSED, Granted(A), OPEN, BEAM, OPEN, BEAM, Granted(B), OPEN, BEAM, OPEN)[1]) == [A]


@pytest.mark.req("ACC-19")
def test_a_turnstile_ends_a_grant_by_its_own_contacts() -> None:
    lane, said = run(CLOSED, Granted(A), 1.0, PASSED)
    assert ReportPassage(A, True, "door_cycle") in said and said[-1] == Relock() and lane.phase is Phase.SECURED
    lane, said = run(CLOSED, Granted(A), 1.0, TIMEOUT)
    assert ReportPassage(A, False, "timeout") in said and said[-1] == Relock() and lane.phase is Phase.SECURED
    lane, said = run(CLOSED, Granted(A), Granted(B), PASSED, CLOSED, TIMEOUT)
    assert said[-3:] == [ReportPassage(A, True, "door_cycle"), ReportPassage(B, False, "timeout"), Relock()]


@pytest.mark.req("ACC-19")
def test_somebody_through_a_turnstile_without_a_grant_is_told() -> None:
    assert tailgates(run(CLOSED, Granted(A), PASSED, CLOSED, PASSED)[1]) == [None]
    assert tailgates(run(PASSED, CLOSED)[1]) == [], "found active at the start says nothing"
    assert tailgates(run(CLOSED, BoardLost(), PASSED)[1]) == []


def test_a_turnstile_contact_with_a_door_that_stands_open_forces_nothing() -> None:
    lane, said = run(CLOSED, Granted(A), Contacts(False, False, False, passed=True), CLOSED, lane=DoorLane(SETTINGS))
    assert ReportPassage(A, True, "door_cycle") in said and lane.phase is Phase.SECURED and tailgates(said) == []
