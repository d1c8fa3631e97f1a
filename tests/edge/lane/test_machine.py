"""The door lane, asked everything: every reachable state to closure, and every raw history of length seven."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lane.machine import AFTER_PULSE_S, ANSWERED_MAX, GRANTS_MAX, step
from edge.lane.states import (
    AskOpen,
    BoardLost,
    Contacts,
    Do,
    DoorLane,
    EndFireHold,
    Grant,
    Granted,
    NotReleased,
    Over,
    Partner,
    Phase,
    Raise,
    Release,
    Relock,
    ReportFire,
    ReportPassage,
    ReportPosition,
    ReportTailgate,
    Seen,
    Settings,
    Tick,
)
from models.wire.events import AlarmKind, Position

A, B = UUID(int=1), UUID(int=2)
SETTINGS = Settings(release_s=2.0, held_open_s=4.0)
LEVELS = [Contacts(c, e, f) for c, e, f in product((True, False), repeat=3)]
INPUTS: list[Seen] = [
    *LEVELS,
    BoardLost(),
    Granted(A),
    Granted(B),
    NotReleased(A),
    NotReleased(A, known=False),
    Partner(True),
    Partner(False),
    EndFireHold(),
    Tick(),
]
SECONDS = (0.0, 1.0, 6.0)
"""How long the lane waits before the next thing: nothing, a moment, longer than any of its time limits."""


def age(lane: DoorLane, now: float) -> DoorLane:
    """The lane as seen from `now`: only differences of times count, and beyond the limits they are all alike."""
    open_since = None if lane.open_since is None else -min(now - lane.open_since, 6.0)
    grants = tuple(Grant(grant.correlation, -min(now - grant.at, 6.0)) for grant in lane.grants)
    answered = tuple(sorted(lane.answered))  # fewer than are ever forgotten, so that their order means nothing
    return replace(lane, grants=grants, open_since=open_since, answered=answered)


def names(lane: DoorLane) -> list[UUID]:
    return [grant.correlation for grant in lane.grants]


def check(before: DoorLane, seen: Seen, after: DoorLane, does: tuple[Do, ...]) -> None:
    """What must hold after every single step, from every state."""
    releases = [do for do in does if isinstance(do, Release)]
    if releases:
        assert isinstance(seen, Granted), "only a grant on disk releases a door"
        assert seen.correlation not in before.answered, "one recognition releases at most once"
        assert before.board_ok and not before.partner_released and before.phase is not Phase.FIRE
        assert len(releases) == 1
        assert len(after.grants) <= GRANTS_MAX
    if isinstance(seen, BoardLost | Partner | Tick | EndFireHold | NotReleased | Contacts):
        assert not releases, "link loss, link return, start and time release nothing"
    if after.fire:
        assert after.phase is Phase.FIRE and after.holds_open, "fire opens and holds, from every state"
    if before.phase is Phase.FIRE and after.phase is not Phase.FIRE:
        assert isinstance(seen, EndFireHold) and not before.fire and before.board_ok, "a person ends a fire hold"
    if Relock() in does:
        assert after.phase is Phase.SECURED and not after.grants, "a lock is ended early only behind a passage"
    passages = [do.correlation for do in does if isinstance(do, ReportPassage)]
    assert len(passages) == len(set(passages)), "a grant ends once"
    new = {seen.correlation} - set(before.answered) if isinstance(seen, Granted) else set[UUID]()
    assert set(passages) <= set(names(before)) | new, "what has ended is not told again"
    assert not set(passages) & set(names(after))
    # With these, nothing opens twice and nothing ends twice, on whatever way a state was reached.
    assert set(after.answered) == set(before.answered) | new and set(names(after)) <= set(after.answered)
    if Raise(AlarmKind.FORCED) in does:
        assert before.phase is Phase.SECURED and not before.grants and not before.forced
    assert not after.forced or after.position is not Position.CLOSED, "a door that is shut is forced no longer"
    assert after.forced or after.phase is not Phase.FORCED
    ends = before.forced and not after.forced
    assert (Over(AlarmKind.FORCED) in does) is ends, "that it was forced is over when it is shut, whatever happens"
    fresh = isinstance(seen, Contacts) and seen.exit_pressed and not before.exit_pressed and before.board_ok
    if isinstance(seen, Contacts) and before.phase is Phase.SECURED and not (seen.closed or seen.fire or fresh):
        assert before.position is Position.OPEN or Raise(AlarmKind.FORCED) in does, (
            "only a new press excuses an opening"
        )
    assert after.grants or not after.blind
    for do in does:
        if isinstance(do, ReportPassage) and do.why == "timeout":
            assert not before.blind and before.board_ok, "that nobody came is said by whoever watched all the time"
    if any(isinstance(do, AskOpen) for do in does):
        assert isinstance(seen, Contacts) and seen.exit_pressed and not before.exit_pressed
    if after.grants:
        assert after.phase in (Phase.RELEASED, Phase.OPENED), "a grant is waited for, or its door is open"
    assert after.held is False or after.open_since is not None
    assert 0 <= after.through <= len(after.grants), "a beam counts no more people than have grants"
    tailgates = [do for do in does if isinstance(do, ReportTailgate)]
    if tailgates:
        assert isinstance(seen, Contacts) and not seen.fire and (seen.beam or seen.passed)
    moved = [do.position for do in does if isinstance(do, ReportPosition)]
    assert moved == [after.position] * (after.position is not before.position), "a new position is told, once"
    if isinstance(seen, Contacts) and seen.tamper != before.tamper:
        assert (Raise(AlarmKind.TAMPER) if seen.tamper else Over(AlarmKind.TAMPER)) in does


def reach(inputs: list[Seen], seconds: tuple[float, ...]) -> set[DoorLane]:
    """Breadth first from both possible starts until no new state appears; times quantised to `seconds`."""
    starts = [DoorLane(settings=SETTINGS), DoorLane(settings=SETTINGS, phase=Phase.FIRE)]
    known, queue = set(starts), deque(starts)
    while queue:
        lane = queue.popleft()
        for now, seen in product(seconds, inputs):
            after, does = step(lane, seen, now)
            check(lane, seen, after, does)
            aged = age(after, now)
            if aged not in known:
                known.add(aged)
                queue.append(aged)
    assert {lane.phase for lane in known} == set(Phase), "the sweep must have reached every phase"
    return known


@pytest.mark.req("ACC-16", "ACC-18", "ACC-22", "ACC-23")
def test_every_reachable_state_keeps_the_promises() -> None:
    assert len(reach(INPUTS, SECONDS)) > 7000


@pytest.mark.req("ACC-19", "ACC-22")
@pytest.mark.parametrize("name", ["tamper", "beam", "passed", "timeout"])
def test_every_state_that_a_further_contact_reaches_keeps_them_too(name: str) -> None:
    """Each of the contacts that not every lane has, beside the door, fire and two grants; the exit button is above."""
    levels = [Contacts(c, False, f, **{name: x}) for c, f, x in product((True, False), repeat=3)]
    others: list[Seen] = [BoardLost(), Granted(A), Granted(B), NotReleased(A), EndFireHold(), Tick()]
    known = reach([*levels, *others], (0.0, 6.0))
    assert {getattr(lane, name) for lane in known} == {True, False}


@pytest.mark.req("ACC-16", "ACC-25")
def test_a_grant_that_comes_again_after_its_cycle_opens_nothing_and_says_nothing() -> None:
    late = SETTINGS.release_s + AFTER_PULSE_S + 0.1
    for cycle in (
        [OPEN, CLOSED],
        [late, Tick()],
        [NotReleased(A)],
        [FIRE, CLOSED, EndFireHold()],
        [BoardLost(), CLOSED],
    ):
        lane, _ = run(CLOSED, Granted(A), *cycle)
        assert run(Granted(A), lane=lane) == (lane, [])
    lane, said = run(CLOSED, Partner(True), Granted(A), Partner(False))
    assert ReportPassage(A, False, "not_released") in said
    assert run(Granted(A), lane=lane) == (lane, []), "told that nobody passed, it opens no door afterwards"


@pytest.mark.req("ACC-16", "ACC-25")
@given(st.lists(st.integers(0, 40), max_size=80))
def test_the_memory_for_answered_grants_is_bounded_and_forgets_the_oldest_first(numbers: list[int]) -> None:
    lane, _ = run(CLOSED)
    fresh: list[UUID] = []
    for number in numbers:
        grant = UUID(int=number)
        lane, said = run(Granted(grant), OPEN, CLOSED, lane=lane)
        assert (Release(grant) in said) is (grant not in fresh[-ANSWERED_MAX:])
        fresh += [grant] if Release(grant) in said else []
        assert len(lane.answered) <= ANSWERED_MAX


@dataclass(frozen=True)
class Told:
    """What a lane has said of grants since it began, kept beside the lane: nothing may be said twice."""

    released: frozenset[UUID] = frozenset()
    ended: frozenset[UUID] = frozenset()

    def after(self, does: tuple[Do, ...]) -> Told:
        """With what it says now. A grant opens at most once, ends at most once, and opens no more once it has ended."""
        if not does:
            return self
        released = {do.correlation for do in does if isinstance(do, Release)}
        ended = {do.correlation for do in does if isinstance(do, ReportPassage)}
        assert not released & (self.released | self.ended), "a grant opens at most once, also after its cycle"
        assert not ended & self.ended, "a grant ends once"
        return Told(self.released | released, self.ended | ended)


@pytest.mark.req("ACC-16", "ACC-22", "ACC-23")
def test_every_raw_history_of_length_seven() -> None:
    """All histories of seven inputs: no release without its own grant, none twice, every ended grant ended once.

    Histories that have led to one and the same lane, having said the same of grants, go on together: 537 million of
    them are seven thousand lanes.
    """
    calm = step(DoorLane(settings=SETTINGS), Contacts(True, False, False), 0.0)[0]
    histories = Counter({(DoorLane(settings=SETTINGS), Told()): 1, (calm, Told()): 1})
    for depth in range(7):
        now, longer = depth * 1.5, Counter[tuple[DoorLane, Told]]()
        for (lane, told), number in histories.items():
            for seen in INPUTS:
                after, does = step(lane, seen, now)
                check(lane, seen, after, does)
                longer[after, told.after(does)] += number
        histories = longer
        assert histories.total() == 2 * len(INPUTS) ** (depth + 1)


def run(*history: Seen | float, lane: DoorLane | None = None) -> tuple[DoorLane, list[Do]]:
    """Play a history; a number lets that many seconds pass."""
    lane, now, said = lane or DoorLane(settings=SETTINGS), 0.0, []
    for item in history:
        if isinstance(item, float):
            now += item
            continue
        lane, does = step(lane, item, now)
        said += does
    return lane, said


CLOSED, OPEN = Contacts(True, False, False), Contacts(False, False, False)
FIRE, FIRE_OPEN = Contacts(True, False, True), Contacts(False, False, True)


@pytest.mark.req("GEN-01")
def test_a_passage_is_told_in_its_own_words() -> None:
    lane, said = run(CLOSED, Granted(A), 1.0, OPEN, 1.5, CLOSED)
    assert lane.phase is Phase.SECURED
    assert said == [
        ReportPosition(Position.CLOSED, None),
        Release(A),
        ReportPosition(Position.OPEN, A),
        ReportPosition(Position.CLOSED, A),
        ReportPassage(A, True, "door_cycle", 1.5),
        Relock(),
    ]


@pytest.mark.req("GEN-01")
def test_nobody_came_is_told_and_a_silent_board_is_not_guessed_at() -> None:
    late = SETTINGS.release_s + AFTER_PULSE_S + 0.1
    assert ReportPassage(A, False, "timeout") in run(CLOSED, Granted(A), late, Tick())[1]
    lane, said = run(CLOSED, Granted(A), 0.5, BoardLost(), late, Tick())
    assert lane.phase is Phase.SECURED and ReportPassage(A, False, "board_silent") in said


@pytest.mark.req("GEN-01", "VIS-07")
@pytest.mark.parametrize("lost", [NotReleased(A, known=False), BoardLost()])
def test_a_release_whose_answer_got_lost_may_have_opened_the_door(lost: Seen) -> None:
    lane, said = run(CLOSED, Granted(A), lost, OPEN, 1.0, CLOSED)
    assert ReportPassage(A, True, "door_cycle", 1.0) in said, "the opening is the passage"
    assert lane.phase is Phase.SECURED and Raise(AlarmKind.FORCED) not in said
    late = SETTINGS.release_s + AFTER_PULSE_S + 0.1
    lane, said = run(CLOSED, Granted(A), lost, CLOSED, late, Tick())
    assert ReportPassage(A, False, "board_silent") in said and lane.phase is Phase.SECURED
    lane, said = run(Granted(B), late, Tick(), lane=lane)
    assert ReportPassage(B, False, "timeout") in said, "the next one is watched again"


@pytest.mark.req("ACC-18")
def test_an_exit_button_that_is_held_down_excuses_no_opening() -> None:
    held = replace(CLOSED, exit_pressed=True)
    late = SETTINGS.release_s + AFTER_PULSE_S + 0.1
    lane, _ = run(CLOSED, held, Granted(A), late, Tick())
    assert Raise(AlarmKind.FORCED) in run(replace(OPEN, exit_pressed=True), lane=lane)[1]
    lane, _ = run(held)
    assert Raise(AlarmKind.FORCED) in run(replace(OPEN, exit_pressed=True), lane=lane)[1], (
        "found held down at the start"
    )
    assert Raise(AlarmKind.FORCED) not in run(CLOSED, replace(OPEN, exit_pressed=True))[1], "pressed and pulled at once"


def test_each_grant_has_its_own_time() -> None:
    """Somebody who stayed outside has not passed because the next person did."""
    lane, said = run(CLOSED, Granted(A), 2.5, Granted(B), 1.0, Tick(), OPEN, 1.0, CLOSED)
    assert ReportPassage(A, False, "timeout") in said and ReportPassage(B, True, "door_cycle", 1.0) in said
    assert lane.phase is Phase.SECURED


@pytest.mark.req("ACC-18")
def test_forced_and_held_doors_raise_an_alarm_and_end_it() -> None:
    said = run(CLOSED, OPEN, 5.0, Tick(), Tick(), CLOSED)[1]
    assert said.count(Raise(AlarmKind.FORCED)) == 1 and said.count(Over(AlarmKind.FORCED)) == 1
    assert said.count(Raise(AlarmKind.HELD_OPEN)) == 1 and said.count(Over(AlarmKind.HELD_OPEN)) == 1
    said = run(CLOSED, Granted(A), OPEN, 3.9, Tick())[1]
    assert Raise(AlarmKind.HELD_OPEN) not in said and Raise(AlarmKind.FORCED) not in said


@pytest.mark.req("ACC-18")
@pytest.mark.parametrize(
    "meanwhile", [[Granted(A)], [FIRE_OPEN], [FIRE_OPEN, OPEN, EndFireHold()], [BoardLost(), OPEN], [9.0, Tick()]]
)
def test_a_forced_door_that_still_stands_open_is_not_told_as_over(meanwhile: list[Seen | float]) -> None:
    """A guard reads of an alarm that is over: the door is shut again."""
    lane, said = run(CLOSED, OPEN, *meanwhile)
    assert said.count(Raise(AlarmKind.FORCED)) == 1 and Over(AlarmKind.FORCED) not in said
    assert run(Contacts(True, False, lane.fire), lane=lane)[1].count(Over(AlarmKind.FORCED)) == 1


@pytest.mark.req("ACC-18")
def test_pressing_exit_and_pulling_at_once_forces_nothing() -> None:
    """A lock that is still released from the person before opens in the same instant in which the button is seen."""
    lane, said = run(CLOSED, Contacts(closed=False, exit_pressed=True, fire=False), Granted(B), CLOSED)
    assert Raise(AlarmKind.FORCED) not in said and AskOpen() in said
    assert lane.phase is Phase.SECURED and any(isinstance(do, ReportPassage) and do.passed for do in said)


@pytest.mark.req("ACC-18")
def test_an_interlocked_partner_keeps_this_door_shut() -> None:
    lane, said = run(CLOSED, Partner(True), Granted(A))
    assert lane.phase is Phase.SECURED and ReportPassage(A, False, "not_released") in said
    assert Release(A) in run(CLOSED, Partner(True), Partner(False), Granted(A))[1]
    assert run(CLOSED, Partner(True), FIRE)[0].holds_open, "except on fire"


@pytest.mark.req("ACC-22")
def test_fire_holds_until_a_person_ends_it_with_the_input_healthy() -> None:
    lane, _ = run(CLOSED, Granted(A), FIRE)
    assert lane.holds_open and not lane.grants
    assert run(EndFireHold(), lane=lane)[0].holds_open, "the fire still burns"
    assert run(CLOSED, BoardLost(), EndFireHold(), lane=lane)[0].holds_open, "nothing is known of the fire"
    assert run(CLOSED, 3600.0, Tick(), lane=lane)[0].holds_open, "time ends no fire"
    ended, said = run(CLOSED, EndFireHold(), lane=lane)
    assert ended.phase is Phase.SECURED and Over(AlarmKind.FIRE) in said


@pytest.mark.req("ACC-22")
def test_a_lane_held_for_fire_says_when_the_input_falls_and_when_it_comes_again() -> None:
    def told(*seen: Seen | float) -> list[bool]:
        return [do.burning for do in run(*seen)[1] if isinstance(do, ReportFire)]

    assert told(CLOSED, CLOSED) == []
    assert told(CLOSED, FIRE, FIRE, CLOSED, CLOSED, FIRE) == [True, False, True]
    assert told(CLOSED, FIRE, BoardLost(), CLOSED) == [True, False], "what fell while the board was silent is told too"
    assert told(CLOSED, FIRE, BoardLost(), FIRE) == [True, True]
    held = DoorLane(phase=Phase.FIRE)
    assert ReportFire(False) in run(CLOSED, lane=held)[1], "held since before a restart"


@pytest.mark.req("ACC-23")
def test_start_and_link_return_with_an_open_door_release_nothing() -> None:
    lane, said = run(OPEN)
    assert lane.phase is Phase.OPENED and not any(isinstance(do, Release | Raise) for do in said)
    lane, said = run(CLOSED, BoardLost(), 60.0, CLOSED, Tick())
    assert lane.phase is Phase.SECURED and not any(isinstance(do, Release) for do in said)


def test_a_pulse_that_was_not_confirmed_ends_the_grant_unless_the_door_did_open() -> None:
    assert ReportPassage(A, False, "not_released") in run(CLOSED, Granted(A), NotReleased(A))[1]
    lane, said = run(CLOSED, Granted(A), OPEN, NotReleased(A))
    assert lane.phase is Phase.OPENED and not any(isinstance(do, ReportPassage) for do in said)


def test_only_differences_of_times_matter() -> None:
    """S19: the same history an hour later gives the same lane and the same words."""
    history: list[Seen | float] = [CLOSED, Granted(A), 0.5, OPEN, 5.0, Tick(), CLOSED, Granted(B), 9.0, Tick()]
    assert run(*history)[1] == run(3600.0, *history)[1]
