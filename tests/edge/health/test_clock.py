"""The clock: skew from the best of the recent exchanges, untouched by a wall clock that jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.clock import RECENT, RECENT_S, Clock

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
MS = timedelta(milliseconds=1)


class World:
    """Time as it truly goes, and a node whose wall clock is off by `skew`."""

    def __init__(self, skew: timedelta = timedelta(0)) -> None:
        self.true_s, self.skew = 1000.0, skew
        self.clock = Clock(self.wall, lambda: self.true_s)

    def central(self) -> datetime:
        return START + timedelta(seconds=self.true_s)

    def wall(self) -> datetime:
        return self.central() + self.skew

    def exchange(self, up_s: float, down_s: float) -> None:
        sent = self.true_s
        self.true_s += up_s
        told = self.central()
        self.true_s += down_s
        self.clock.exchanged(sent, self.true_s, told)


def test_before_the_first_exchange_nothing_is_claimed() -> None:
    world = World(timedelta(hours=1))
    assert world.clock.skew_ms() is None and world.clock.finding() is None
    assert world.clock.central_now() == world.wall()


@given(
    skew_ms=st.integers(-10_000_000, 10_000_000),
    trips=st.lists(st.tuples(st.floats(0.001, 5), st.floats(0.001, 5)), min_size=1, max_size=RECENT),
)
def test_the_error_is_at_most_half_of_the_shortest_round_trip(skew_ms: int, trips: list[tuple[float, float]]) -> None:
    world = World(skew_ms * MS)
    for up_s, down_s in trips:
        world.exchange(up_s, down_s)
    half = min(up + down for up, down in trips) / 2 * 1000
    told = world.clock.skew_ms()
    assert told is not None and abs(told - skew_ms) <= half + 1


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(seconds=-7)])
def test_a_jump_of_the_wall_clock_changes_the_skew_and_not_what_time_it_is_at_central(jump: timedelta) -> None:
    world = World()
    world.exchange(0.01, 0.01)
    assert world.clock.jump() is None and world.clock.finding() is None
    world.skew += jump
    world.true_s += 2
    assert abs(world.clock.central_now() - world.central()) < timedelta(milliseconds=10)
    skew_ms = world.clock.skew_ms()
    assert skew_ms is not None and abs(skew_ms * MS - jump) < 10 * MS and world.clock.finding()
    jumped = world.clock.jump()
    assert jumped is not None and abs(jumped - jump) < 10 * MS
    assert world.clock.jump() is None, "told once"


@pytest.mark.req("LANE-29")
def test_the_alarm_is_raised_at_five_seconds() -> None:
    for ms, alarming in ((4900, False), (5000, True), (-4900, False), (-5000, True)):
        world = World(ms * MS)
        world.exchange(0.0, 0.0)
        assert (world.clock.finding() is not None) is alarming


def test_an_old_exchange_gives_way_however_good_it_was() -> None:
    """A crystal drifts: after half an hour a slow exchange of now is better than a fast one of then."""
    world = World()
    world.exchange(0.001, 0.001)
    world.true_s += RECENT_S + 1
    world.skew += timedelta(milliseconds=180)
    world.exchange(0.05, 0.05)
    assert abs((world.clock.skew_ms() or 0) - 180) <= 50


def test_slewing_is_no_jump() -> None:
    world = World()
    for _ in range(100):
        world.true_s += 5
        world.skew += timedelta(milliseconds=2.5)
        assert world.clock.jump() is None


def test_a_date_header_serves_until_something_better_comes() -> None:
    world = World(timedelta(hours=2))
    sent = world.true_s
    world.true_s += 0.1
    world.clock.exchanged_coarsely(sent, world.true_s, world.central().replace(microsecond=0))
    assert abs(world.clock.central_now() - world.central()) <= timedelta(seconds=1)
    world.exchange(0.05, 0.05)
    assert abs(world.clock.central_now() - world.central()) <= timedelta(seconds=0.05)
    world.true_s += 1
    world.clock.exchanged_coarsely(world.true_s, world.true_s, world.central() + timedelta(seconds=0.4))
    assert abs(world.clock.central_now() - world.central()) <= timedelta(seconds=0.05)


moves = st.lists(
    st.tuples(st.floats(0, 100_000), st.timedeltas(-timedelta(days=4000), timedelta(days=400)), st.booleans()),
    max_size=20,
)


@pytest.mark.req("GEN-02")
@given(moves)
def test_without_central_time_never_goes_back_whatever_is_done_to_the_clock(
    moves: list[tuple[float, timedelta, bool]],
) -> None:
    """Set forwards and back, and started again in between with what the last event said."""
    world = World()
    before = world.clock.central_now()
    for passed_s, set_by, restart in moves:
        world.true_s += passed_s
        world.skew += set_by
        written = world.clock.now()
        judged = world.clock.central_now()
        assert judged >= written and judged - before >= timedelta(seconds=passed_s) - MS
        before = judged
        if restart:
            world.clock = Clock(world.wall, lambda: world.true_s)
            world.clock.not_before(judged)
            assert world.clock.central_now() >= judged


@pytest.mark.req("GEN-02")
@given(moves)
def test_once_central_was_reached_no_clock_that_is_set_changes_the_time_that_judges(
    moves: list[tuple[float, timedelta, bool]],
) -> None:
    """Not even one that stood in another year before: central's word replaces what the node believed."""
    world = World(timedelta(days=365))
    world.clock.now()
    assert world.clock.central_now() == world.central() + timedelta(days=365)
    world.exchange(0.0, 0.0)
    for passed_s, set_by, _ in moves:
        world.true_s += passed_s
        world.skew += set_by
        world.clock.now()
        assert abs(world.clock.central_now() - world.central()) < MS
    assert world.clock.held_by() is None


def test_what_lies_in_the_past_is_carried_on_while_the_clock_is_behind() -> None:
    world = World(timedelta(days=-3000))
    world.clock.not_before(world.central())
    world.true_s += 90
    assert abs(world.clock.central_now() - world.central()) < MS
    held = world.clock.held_by()
    assert held is not None and abs(held - timedelta(days=3000)) < MS


def test_a_clock_at_the_end_of_the_calendar_is_no_crash() -> None:
    world = World()
    world.clock.not_before(datetime.max.replace(tzinfo=UTC))
    world.true_s += 1
    assert world.clock.central_now() == datetime.max.replace(tzinfo=UTC)
