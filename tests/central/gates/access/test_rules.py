"""Windows, masks, states, keys and time at home: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.gates.access.rules import (
    KEY_NUMBERS,
    REVOKED_KEPT,
    VISITOR_WINDOW_MAX,
    PassState,
    current_stay,
    effective_validity,
    gate_mask,
    key_accepted,
    next_key_number,
    pass_group,
    pass_state,
    still_told,
    whole_seconds,
    window_problem,
)
from models.access.credential import RESIDENT, Window
from models.access.policy import Facts

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 400).map(lambda day: START + timedelta(days=day))
INSTANTS = st.integers(0, 6 * 365 * 86_400_000_000).map(lambda us: START + timedelta(microseconds=us))
STAYS = st.tuples(MOMENTS, st.integers(1, 90)).map(lambda s: (s[0], s[0] + timedelta(days=s[1])))


@given(start=INSTANTS, end=INSTANTS)
def test_a_window_in_whole_seconds_never_shortens(start, end):
    window = whole_seconds(Window(start=start, end=end))
    assert window.start <= start and end <= window.end
    assert start - window.start < timedelta(seconds=1) and window.end - end < timedelta(seconds=1)
    assert window.start.microsecond == window.end.microsecond == 0


@given(start=INSTANTS, end=INSTANTS, now=INSTANTS)
def test_a_window_is_taken_only_forward_still_open_and_short_enough(start, end, now):
    taken = window_problem(Window(start=start, end=end), VISITOR_WINDOW_MAX, now) is None
    assert taken == (start < end and now < end and end - start <= VISITOR_WINDOW_MAX)


@pytest.mark.req("VIS-05")
@given(numbers=st.sets(st.integers(0, 63)))
def test_each_gate_has_its_own_bit(numbers):
    mask = gate_mask(numbers)
    assert {bit for bit in range(64) if mask >> bit & 1} == numbers


@pytest.mark.parametrize("number", [-1, 64])
def test_a_gate_number_outside_the_mask_is_a_fault(number):
    with pytest.raises(ValueError, match="between 0 and 63"):
        gate_mask([number])


@given(start=MOMENTS, days=st.integers(1, 40), now=MOMENTS, revoked=st.none() | MOMENTS)
def test_a_pass_is_in_the_one_state_its_instants_say(start, days, now, revoked):
    window = Window(start=start, end=start + timedelta(days=days))
    state = pass_state(window, revoked, now)
    assert (state is PassState.REVOKED) == (revoked is not None)
    assert (state is PassState.OPEN) == (revoked is None and window.holds(now))


@pytest.mark.req("VIS-08", "VIS-10")
def test_a_revocation_is_told_for_longer_than_any_gate_lets_the_pass_in():
    grace = timedelta(seconds=Facts.model_fields["window_margin_s"].default)
    assert grace < REVOKED_KEPT
    assert still_told(START, START + grace)
    assert not still_told(START, START + REVOKED_KEPT)


def test_only_a_residents_pass_carries_the_residents_group():
    assert pass_group(["resident", "help"]) == RESIDENT
    assert pass_group(["help"]) not in (0, RESIDENT)


@pytest.mark.req("ADMIN-06")
@given(stays=st.lists(STAYS, max_size=5), now=MOMENTS)
def test_at_home_now_means_valid_now_and_not_at_home_means_not(stays, now):
    valid_from, valid_until = effective_validity(None, None, stays, now)
    holds = (valid_from is None or valid_from <= now) and (valid_until is None or now < valid_until)
    at_home = any(start <= now < end for start, end in stays)
    assert holds == (at_home or not stays)


@given(stays=st.lists(STAYS, min_size=1, max_size=5), now=MOMENTS)
def test_validity_never_spans_a_gap_between_two_homes(stays, now):
    found = current_stay(stays, now)
    assert found is not None
    start, end = found
    days = (end - start).days
    inside = [start + timedelta(days=day) for day in range(days)]
    assert all(any(first <= at < last for first, last in stays) for at in inside)


@given(own=st.tuples(st.none() | MOMENTS, st.none() | MOMENTS), stays=st.lists(STAYS, max_size=3), now=MOMENTS)
def test_a_home_narrows_a_cardholders_own_validity_and_never_widens_it(own, stays, now):
    valid_from, valid_until = effective_validity(*own, stays, now)
    assert own[0] is None or (valid_from is not None and valid_from >= own[0])
    assert own[1] is None or (valid_until is not None and valid_until <= own[1])


def test_an_open_end_stays_open():
    assert current_stay([(START, None)], START + timedelta(days=9999)) == (START, None)
    assert current_stay([(START, START + timedelta(days=2)), (START + timedelta(days=1), None)], START) == (START, None)


@pytest.mark.req("VIS-06")
@given(used=st.sets(st.integers(0, KEY_NUMBERS - 1)))
def test_a_new_key_gets_a_number_that_no_key_ever_had(used):
    number = next_key_number(used)
    assert (number is None) == (len(used) == KEY_NUMBERS)
    assert number is None or (0 <= number < KEY_NUMBERS and number not in used)


@pytest.mark.req("VIS-06")
def test_the_signing_key_has_no_end_and_an_older_one_ends_on_the_instant():
    assert key_accepted(None, START)
    assert key_accepted(START + timedelta(microseconds=1), START)
    assert not key_accepted(START, START)
