"""A jammed way out gives whoever has paid longer to leave, by what was measured and no more (PARK-13)."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.congestion import CARS_MIN, EXTRA_MAX, JAM_S, extra_minutes, told_minutes
from models.parking.payments import Payment, settle
from models.parking.tariff import Stay
from tests.models.parking.tariffs import T1, at

MINUTE = timedelta(minutes=1)
ENTRY, PAID = at("06-01 10:00"), at("06-01 12:00")


@pytest.mark.req("PARK-13")
@given(st.lists(st.floats(0, 10_000), max_size=60))
def test_it_is_longer_only_where_one_in_twenty_waited_over_five_minutes_and_by_no_more_than_the_longest(
    waits: list[float],
) -> None:
    extra = extra_minutes(waits)
    assert 0 <= extra <= EXTRA_MAX
    if extra:
        assert len(waits) >= CARS_MIN and sum(one > JAM_S for one in waits) * 20 >= len(waits)
        assert extra * 60 > JAM_S and (extra == EXTRA_MAX or extra * 60 < max(waits) + 60)
    elif len(waits) >= CARS_MIN:
        slow = sum(one > JAM_S for one in waits)
        assert slow * 20 <= len(waits) or slow == 1, "one alone is no jam, however few there are"


@pytest.mark.req("PARK-13")
@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=18), st.floats(0, 1e9))
def test_one_driver_among_fewer_than_twenty_makes_it_no_longer_than_the_others_waits_allow(
    others: list[float], one: float
) -> None:
    allowed = min(EXTRA_MAX, math.ceil(max(others) / 60)) if max(others) > JAM_S else 0
    assert extra_minutes([*others, one]) <= allowed


@pytest.mark.req("PARK-13")
def test_one_slow_driver_lengthens_nobodys_minutes_and_a_queue_does() -> None:
    assert extra_minutes([5, 5, 5, 5, 2400]) == 0
    assert extra_minutes([5] * 18 + [2400]) == 0 == extra_minutes([5] * 19 + [2400])
    assert extra_minutes([5, 5, 5, 900, 2400]) == 15
    assert extra_minutes([5] * 94 + [301] * 6) == 6, "of many cars it is one in twenty, as ever"


@pytest.mark.req("PARK-13")
@given(st.integers(0, 90), st.integers(0, 60))
def test_a_paid_stay_is_settled_exactly_as_long_as_the_lane_said(minutes: int, extra: int) -> None:
    stay = Stay(entry=ENTRY, exit=PAID + minutes * MINUTE)
    due = settle(stay, T1, [Payment(PAID, 7_00)], leave_extra=extra)
    assert (due.leave is not None) == (minutes <= T1.leave_minutes + extra)
    if due.leave is not None:
        assert due.due == 0 and due.leave == T1.leave_minutes + extra - minutes
    else:
        assert due.due == settle(stay, T1, [Payment(PAID, 7_00)]).due, "who leaves later still pays as ever"


@pytest.mark.req("PARK-13")
def test_a_jam_at_the_exit_makes_no_earlier_payment_good_again() -> None:
    again = PAID + 30 * MINUTE
    stay = Stay(entry=ENTRY, exit=again + 20 * MINUTE)
    payments = [Payment(PAID, 7_00), Payment(again, 2_00)]
    plain = settle(stay.model_copy(update={"exit": again + 10 * MINUTE}), T1, payments)
    jammed = settle(stay, T1, payments, leave_extra=10)
    assert jammed.total == plain.total and jammed.bills == plain.bills


@pytest.mark.parametrize(("told", "minutes"), [("", 0), ("7", 7), ("999", EXTRA_MAX), ("-3", 0), ("1e9", 0), ("七", 0)])
def test_what_a_node_tells_is_taken_in_bounds(told: str, minutes: int) -> None:
    assert told_minutes(told) == minutes
