"""A place that is kept for one car: from when, until when, and what becomes of it whatever comes and goes (PARK-25)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.bookings import (
    KEPT_BEFORE,
    STANDING,
    Booking,
    BookingState,
    Inside,
    came_by,
    is_kept,
    most_at_once,
    overlap,
    state_of,
)
from tests.models.making import MONDAY_NOON, uuid

MINUTE = timedelta(minutes=1)
B = BookingState


def booking(start: int = 0, minutes: int = 120, wait: int = 30, number: int = 1, **more: object) -> Booking:
    """Times in minutes from noon."""
    since = MONDAY_NOON + start * MINUTE
    return Booking(
        booking_id=uuid(number), plate="川A12345", since=since, until=since + minutes * MINUTE,
        wait_until=since + wait * MINUTE, **more,
    )  # fmt: skip


def at(minute: int) -> datetime:
    return MONDAY_NOON + minute * MINUTE


def stay(entered: int, left: int | None = None) -> Inside:
    return Inside(at(entered), None if left is None else at(left))


@pytest.mark.req("PARK-25")
@pytest.mark.parametrize(
    ("stays", "minute", "state"),
    [
        ([], -600, B.BOOKED),
        ([], 29, B.BOOKED),
        ([], 30, B.NOT_COME),
        ([stay(-15)], -14, B.CAME),
        ([stay(29)], 40, B.CAME),
        ([stay(30)], 40, B.NOT_COME),
        ([stay(5, 50)], 49, B.CAME),
        ([stay(5, 50)], 50, B.OVER),
        ([stay(5, 50), stay(60)], 70, B.OVER),
        ([stay(5)], 500, B.CAME),
        ([stay(-16, -5)], -1, B.BOOKED),  # it had been there for something else
        ([stay(-300)], -1, B.BOOKED),
        ([stay(-300)], 0, B.CAME),
        ([stay(-300, 0)], 1, B.BOOKED),
        ([stay(-300, -200), stay(3)], 4, B.CAME),
    ],
)
def test_what_becomes_of_a_booking(stays: list[Inside], minute: int, state: BookingState) -> None:
    assert state_of(booking(), stays, None, at(minute)) is state


@pytest.mark.req("PARK-25")
def test_a_place_is_kept_from_a_little_before_until_the_car_comes_or_is_waited_for_no_more() -> None:
    def kept(minute: int, *stays: Inside) -> bool:
        return is_kept(booking(), state_of(booking(), stays, None, at(minute)), at(minute))

    assert [kept(minute) for minute in (-16, -15, 0, 29, 30)] == [False, True, True, True, False]
    assert not kept(5, stay(4)), "it stands there itself"
    assert not is_kept(booking(), state_of(booking(), [], at(2), at(3)), at(3)), "a person took it back"


spells = st.lists(st.tuples(st.integers(-400, 200), st.integers(1, 300)), max_size=5)
FOLLOWING = {
    B.BOOKED: {B.BOOKED, B.CAME, B.NOT_COME, B.CANCELLED, B.OVER},
    B.CAME: {B.CAME, B.OVER},
    B.OVER: {B.OVER},
    B.NOT_COME: {B.NOT_COME},
    B.CANCELLED: {B.CANCELLED},
}


@pytest.mark.req("PARK-25")
@given(spells, st.none() | st.integers(-400, 40), st.lists(st.integers(-420, 600), min_size=2, max_size=8))
def test_no_booking_ever_goes_back(made: list[tuple[int, int]], cancelled: int | None, minutes: list[int]) -> None:
    """As time goes on, by whatever a plate did: as each instant knows it, who has not left yet is inside."""
    stays = [stay(start, start + length) for start, length in sorted(made)]

    def known(now: datetime) -> list[Inside]:
        return [
            one if one.left is not None and one.left <= now else Inside(one.entered)
            for one in stays
            if one.entered <= now
        ]

    off = None
    if cancelled is not None and state_of(booking(), known(at(cancelled)), None, at(cancelled)) is B.BOOKED:
        off = at(cancelled)
    told = [(minute, state_of(booking(), known(at(minute)), off, at(minute))) for minute in sorted(minutes)]
    for (_, before), (_, after) in pairwise(told):
        assert after in FOLLOWING[before], told
    for minute, state in told:
        kept = is_kept(booking(), state, at(minute))
        assert not kept or (booking().kept_from <= at(minute) < booking().wait_until and state in STANDING)
        assert state is not B.CAME or any(one.entered <= at(minute) for one in stays)
        later = state_of(booking(), stays, off, at(minute))
        assert later is state, "what is known later of an instant changes nothing that was said of it"


@pytest.mark.req("PARK-25")
@given(spells)
def test_the_stay_that_a_booking_was_for_touches_its_time(made: list[tuple[int, int]]) -> None:
    found = came_by(booking(), [stay(start, start + length) for start, length in made])
    if found is not None:
        assert found.entered < booking().wait_until and found.left is not None
        assert found.left > booking().kept_from


@pytest.mark.req("PARK-25")
def test_two_bookings_need_a_place_each_where_their_times_touch() -> None:
    first = booking(0, 60)
    assert overlap(first, booking(60 + 14)) and not overlap(first, booking(60 + 15)), "kept a little before"
    assert KEPT_BEFORE == 15 * MINUTE
    others = [booking(0, 60, number=2), booking(90, 60, number=3), booking(30, 90, number=4)]
    assert most_at_once(others, booking(0, 200, number=5)) == 2
    assert most_at_once(others, booking(300, number=5)) == 0
