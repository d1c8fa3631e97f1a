"""What a driver must know first, and until when a paid car may leave: as the engine itself has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from central.gates.parking.driver.stay import Says, leave_by, problem_of, says_of
from models.parking.payments import Payment, settle
from models.parking.tariff import Late, Stay
from models.values.plate import kind_of
from tests.models.parking.tariffs import T1

ENTRY = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bill(minutes, payments, tariff=T1, seconds=0):
    until = ENTRY + minutes * MINUTE + timedelta(seconds=seconds)
    due = settle(Stay(entry=ENTRY, exit=until), tariff, payments)
    return SimpleNamespace(version=SimpleNamespace(tariff=tariff), due=due, until=until)


def owed(priced, *, inside=True, may_owe=True, before=0):
    due = priced.due.due if priced is not None else None
    stay = SimpleNamespace(inside=inside, may_owe=may_owe)
    return SimpleNamespace(stay=stay, bill=priced, due_fen=due, asked_fen=(due or 0) + before)


@pytest.mark.req("PARK-13", "PARK-E15", "PARK-E16", "PARK-E17")
@pytest.mark.parametrize(
    ("leaves", "late", "says", "asked"),
    [(134, Late.CONTINUOUS, Says.MAY_LEAVE, 0), (135, Late.CONTINUOUS, Says.MAY_LEAVE, 0),
     (140, Late.CONTINUOUS, Says.DUE, 200), (140, Late.RESTART, Says.DUE, 500)],
)  # fmt: skip
def test_paid_at_noon_and_leaving_within_and_after_the_minutes(leaves, late, says, asked):
    tariff, paid = T1.model_copy(update={"late": late}), (Payment(ENTRY + 120 * MINUTE, 700),)
    priced = bill(leaves, paid, tariff)
    assert (says_of(owed(priced)), priced.due.due) == (says, asked)
    assert leave_by(priced, paid) == ENTRY + 135 * MINUTE


@pytest.mark.req("PARK-13")
@given(some.integers(31, 3_000), some.integers(0, 40), some.integers(0, 59), some.integers(0, 60))
def test_until_the_instant_that_is_told_nothing_more_is_asked(at, after, seconds, leave):
    """Whatever the stay, the payment and P24: who leaves by then owes nothing, whatever its second."""
    tariff = T1.model_copy(update={"leave_minutes": leave})
    fee = bill(at, ()).due.due
    if not fee:
        return
    paid = (Payment(ENTRY + at * MINUTE, fee),)
    priced = bill(at + after, paid, tariff, seconds)
    by = leave_by(priced, paid)
    assert by == ENTRY + (at + leave) * MINUTE
    if priced.until <= by:
        assert priced.due.due == 0 and says_of(owed(priced)) is Says.MAY_LEAVE


@pytest.mark.req("PARK-13")
def test_a_payment_that_was_too_much_gives_no_new_minutes():
    payments = (Payment(ENTRY + 120 * MINUTE, 700), Payment(ENTRY + 130 * MINUTE, 700))
    assert leave_by(bill(133, payments), payments) == ENTRY + 135 * MINUTE


def test_each_standing_of_a_stay_has_its_word():
    due = bill(120, ())
    free = bill(10, ())
    assert says_of(owed(free)) is Says.NOTHING and leave_by(free, ()) is None
    assert says_of(owed(free, before=1300)) is Says.DUE, "an old debt alone is asked too"
    assert says_of(owed(due, inside=False)) is Says.LEFT_OWING
    assert says_of(owed(free, inside=False)) is Says.LEFT
    assert says_of(owed(None)) is Says.NOBODY_SAW
    assert says_of(owed(due, may_owe=False)) is Says.OVER


@given(some.text("京川AIOD0123458警", min_size=0, max_size=10))
def test_whatever_is_typed_that_is_no_plate_has_words(text):
    if kind_of(text) is None:
        assert problem_of(text).startswith(("driver.plate_", "plates.no_plate"))
