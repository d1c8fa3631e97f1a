"""What a call is at any moment, and whom to take next: whatever persons and lanes did before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.gates.visits.calls.rules import (
    LASTS,
    Asked,
    By,
    Deed,
    LaneAsks,
    Now,
    State,
    What,
    in_order,
    next_of,
    now_of,
)

T0 = datetime(2026, 11, 30, 9, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WANG, LI = UUID(int=1), UUID(int=2)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def asked(by: By = By.BUTTON, **more: datetime) -> Asked:
    return Asked(UUID(int=9), by, more.pop("began_at", T0), more.pop("asked_at", T0), **more)


def deed(what: What, seconds: float, who: UUID = WANG) -> Deed:
    return Deed(what, at(seconds), who, "王强" if who == WANG else "李敏")


@pytest.mark.req("LANE-26")
def test_a_call_waits_until_somebody_takes_it_and_is_over_when_they_are_done():
    call = asked()
    assert now_of(call, [], at(5)) == Now(State.WAITING, T0)
    took = deed(What.TOOK, 10)
    assert now_of(call, [took], at(15)) == Now(State.TAKEN, T0, took)
    assert now_of(call, [took, deed(What.DONE, 20)], at(25)).state is State.OVER
    assert now_of(call, [took, deed(What.LEFT, 20)], at(25)) == Now(State.WAITING, T0), "since it began to wait"
    over = deed(What.TOOK, 30, LI)
    assert now_of(call, [took, over], at(35)).holder == over, "taken over"


@pytest.mark.req("LANE-26")
def test_what_nobody_took_is_missed_until_somebody_looks():
    call = asked(ended_at=at(40))
    assert now_of(call, [], at(41)).state is State.MISSED
    assert now_of(asked(), [], T0 + LASTS).state is State.MISSED, "nothing told its end"
    assert now_of(call, [deed(What.SEEN, 90)], at(91)).state is State.OVER
    assert now_of(call, [deed(What.TOOK, 10)], at(41)).state is State.OVER, "the car has gone meanwhile"
    given_back = [deed(What.TOOK, 10), deed(What.LEFT, 20)]
    assert now_of(call, given_back, at(41)).state is State.MISSED, "nobody had it when it ended"


@pytest.mark.req("LANE-26")
def test_a_call_that_was_answered_or_whose_lane_a_person_opened_is_not_missed():
    answered = asked(answered_at=at(8), ended_at=at(40))
    assert now_of(asked(answered_at=at(8)), [], at(10)).state is State.ANSWERED
    assert now_of(answered, [], at(41)).state is State.OVER
    assert now_of(asked(opened_at=at(12), ended_at=at(20)), [], at(21)).state is State.OVER
    again = asked(asked_at=at(30), answered_at=at(8))
    assert now_of(again, [], at(31)).state is State.WAITING, "answered before they asked again"


@pytest.mark.req("LANE-26")
def test_who_asks_again_after_somebody_was_done_waits_anew_since_then():
    done = [deed(What.TOOK, 10), deed(What.DONE, 20)]
    assert now_of(asked(asked_at=at(30)), done, at(31)) == Now(State.WAITING, at(30))
    assert now_of(asked(asked_at=at(15)), done[:1], at(31)).since == T0, "nobody was done: the wait goes on"


@pytest.mark.req("LANE-26")
def test_a_car_that_waits_is_never_missed():
    assert now_of(asked(By.CAR), [], T0 + LASTS).state is State.OVER


DEEDS = st.lists(st.builds(deed, st.sampled_from(What), st.floats(0, 1500), st.sampled_from([WANG, LI])), max_size=6)
CALLS = st.builds(
    lambda again, ended, answered: asked(
        asked_at=at(again), ended_at=at(again + ended) if ended else None,
        answered_at=at(answered) if answered else None,
    ),
    st.floats(0, 300), st.none() | st.floats(0.1, 900), st.none() | st.floats(0.1, 900),
)  # fmt: skip


@pytest.mark.req("LANE-26")
@given(CALLS, DEEDS, st.floats(0, 3000))
def test_whatever_happened_one_person_has_it_or_nobody_and_a_missed_call_was_nobodys(call, deeds, seconds):
    now = at(300 + seconds)
    past = [one for one in deeds if one.at <= now]
    found = now_of(call, past, now)
    assert found == now_of(call, past[::-1] if len({one.at for one in past}) == len(past) else past, now)
    if found.state is State.TAKEN:
        assert found.holder is not None and found.holder.what is What.TOOK
        assert found.holder.at == max(one.at for one in past)
    if found.state is State.MISSED:
        assert not [one for one in past if one.what in (What.DONE, What.SEEN) and one.at >= call.asked_at]
        assert call.answered_at is None or call.answered_at < call.asked_at
        assert call.ended_at is not None or now >= call.asked_at + LASTS
    if found.state is State.WAITING:
        assert call.ended_at is None and now < call.asked_at + LASTS
    assert call.began_at <= found.since <= call.asked_at


LANES = st.lists(
    st.tuples(st.integers(1, 20), st.floats(0, 500), st.sampled_from([State.WAITING, State.TAKEN, State.ANSWERED])),
    max_size=8, unique_by=lambda one: one[0],
)  # fmt: skip


@pytest.mark.req("LANE-26")
@given(LANES)
def test_the_list_is_by_time_and_the_next_is_the_oldest_that_nobody_has(lanes):
    took = {State.TAKEN: deed(What.TOOK, 1)}
    rows = [
        LaneAsks(UUID(int=lane), ((asked(), Now(state, at(since), took.get(state))),)) for lane, since, state in lanes
    ]
    ordered = in_order(rows)
    assert sorted(ordered, key=lambda one: one.lane_id) == sorted(rows, key=lambda one: one.lane_id)
    assert all(one.since <= other.since for one, other in pairwise(ordered))
    following = next_of(rows)
    waiting = [one for one in rows if one.state is State.WAITING]
    assert (following is None) == (not waiting)
    if following is not None:
        assert following.since == min(one.since for one in waiting)


def test_one_driver_who_presses_rings_and_stands_there_is_one_since_the_first():
    took = deed(What.TOOK, 9)
    stands = (asked(By.CAR), Now(State.WAITING, T0))
    rings = (asked(By.INTERCOM), Now(State.ANSWERED, at(5)))
    assert LaneAsks(WANG, (stands, rings)).state is State.ANSWERED
    assert LaneAsks(WANG, (stands, (asked(), Now(State.WAITING, at(6))))).since == T0
    both = LaneAsks(WANG, (stands, (asked(), Now(State.TAKEN, at(6), took))))
    assert (both.state, both.holder) == (State.TAKEN, took)
    assert LaneAsks(WANG, (rings, (asked(), Now(State.WAITING, at(6))))).state is State.WAITING
