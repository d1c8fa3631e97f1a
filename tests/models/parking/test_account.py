"""What a car owes at the lane: by the version of its entry, less what was paid, and what a permit covers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.account import Account, Charging, account_of, class_of, due_of, version_at
from models.parking.coupons import HeldCoupon
from models.parking.cover import Permit
from models.parking.pricing import PLAIN
from models.parking.tariff import Coupon, NoEntry, Tariff
from models.wire.stays import PaidAt, ToldStay
from tests.models.making import LANE_ID, uuid
from tests.models.parking.tariffs import T1, T7, at

CHARGING = Charging((T1,))
JULY = T7.model_copy(update={"version": 2, "starts_at": at("07-01 00:00")})


def inside(entry: str = "06-01 10:00", *paid: tuple[str, int], version: int | None = 1, **more: object) -> ToldStay:
    payments = tuple(PaidAt(at=at(when), fen=fen) for when, fen in paid)
    return ToldStay(
        stay_id=uuid(1), plate="川A12345", entered_at=at(entry), entry_lane_id=uuid(0x99), tariff_version=version,
        payments=payments, **more,
    )  # fmt: skip


def account(stay: ToldStay | None, now: str, owed: int = 0, permits: tuple[Permit, ...] = (), charging=CHARGING):
    return account_of(stay, owed, charging, permits, LANE_ID, at(now), False)


@pytest.mark.req("PARK-13")
@pytest.mark.parametrize(
    ("now", "due", "leave"), [("06-01 12:00", 0, 15), ("06-01 12:15", 0, 0), ("06-01 12:20", 2_00, None)]
)
def test_who_has_paid_has_minutes_to_leave_and_pays_no_more_within_them(now: str, due: int, leave: int | None) -> None:
    told = account(inside("06-01 10:00", ("06-01 12:00", 7_00)), now)
    assert (told.due.due, told.due.leave, told.inside) == (due, leave, at("06-01 10:00"))


@pytest.mark.req("PARK-03")
@pytest.mark.req("PARK-E28")
def test_the_version_of_the_entry_prices_whatever_is_in_force_now() -> None:
    both = Charging((T1, JULY))
    assert account(inside("06-30 23:00"), "07-01 01:00", charging=both).due.total == 7_00
    assert account(inside("06-30 23:00"), "07-01 01:00", charging=both).tariff == T1
    assert version_at(both.versions, at("07-01 00:00")) == JULY and version_at([JULY], at("06-30 23:59")) is None


def test_what_is_not_known_is_never_priced() -> None:
    assert account_of(inside(), 0, Charging(), (), LANE_ID, at("06-01 12:00"), False) is None
    assert account(None, "06-01 12:00", 5_00) == Account(T1, None, None, 5_00, False)
    assert account(inside(version=None), "06-01 12:00") == Account(None, at("06-01 10:00"))
    assert account(inside(version=9), "06-01 12:00").inside is None, "a guard is asked"


@pytest.mark.req("PARK-E18")
def test_a_permit_covers_up_to_its_end_by_whichever_list_names_it() -> None:
    permit = Permit(valid_from=at("06-01 00:00"), valid_until=at("07-01 00:00"))
    no_grace = Charging((T1.model_copy(update={"permit_grace_days": 0}),))
    by_list = account(inside("06-30 20:00"), "07-01 06:30", permits=(permit,), charging=no_grace)
    by_stay = account(inside("06-30 20:00", permits=(permit,)), "07-01 06:30", charging=no_grace)
    both = account(inside("06-30 20:00", permits=(permit,)), "07-01 06:30", permits=(permit,), charging=no_grace)
    assert by_list.due.total == by_stay.due.total == both.due.total == 17_00


def test_a_green_plate_is_a_class_of_its_own() -> None:
    assert (class_of("川AD12345"), class_of("川A12345")) == ("new_energy", "small")


@pytest.mark.req("PARK-28")
@given(
    minutes=st.integers(0, 3 * 1440),
    paid=st.lists(st.tuples(st.integers(-60, 4 * 1440), st.integers(0, 30_00)), max_size=4),
    before=st.integers(-10, 10),
)
def test_a_payment_never_makes_a_stay_dearer_and_the_books_balance(minutes: int, paid: list, before: int) -> None:
    """Whatever a clock says of a payment: before the entry, or later than now."""
    entry = at("06-01 10:00")
    now = entry + timedelta(minutes=minutes)
    payments = tuple(PaidAt(at=entry + timedelta(minutes=when), fen=fen) for when, fen in paid)
    plain = due_of(inside(), T1, PLAIN, (), LANE_ID, now)
    told = due_of(inside().model_copy(update={"payments": payments}), T1, PLAIN, (), LANE_ID, now)
    assert told.paid == sum(fen for _, fen in paid) and told.total <= plain.total
    assert told.due - told.over == told.total - told.paid and min(told.due, told.over) == 0
    early = due_of(inside(), T1, PLAIN, (), LANE_ID, entry - timedelta(minutes=before + 11))
    assert early.total == 0, "a gate whose clock is behind prices nothing"


@pytest.mark.req("P33")
def test_a_debt_older_than_the_tariffs_days_asks_staff_however_small():
    charging, lane = Charging((T1,)), LANE_ID
    now = at("06-01 10:00")
    for days, overdue in ((29, False), (31, True)):
        found = account_of(None, 1, charging, (), lane, now, False, now - timedelta(days=days))
        assert found.overdue is overdue and found.owed == 1
    longer = Charging((T1.model_copy(update={"owe_days": 60}),))
    assert not account_of(None, 1, longer, (), lane, now, False, now - timedelta(days=31)).overdue
    assert not account_of(None, 0, charging, (), lane, now, False, now - timedelta(days=31)).overdue


@pytest.mark.req("P26")
def test_what_is_asked_of_a_car_that_nobody_saw_come_in():
    now = at("06-01 10:00")
    ways = {NoEntry.GUARD: 0, NoEntry.LOOKUP: 0, NoEntry.FIRST_BLOCK: 5_00, NoEntry.FLAT: 10_00}
    for way, fen in ways.items():
        tariff = T1.model_copy(update={"no_entry": way, "no_entry_fen": 10_00})
        assert account_of(None, 0, Charging((tariff,)), (), LANE_ID, now, False).no_entry == fen
    old = T1.model_copy(update={"no_entry_fen": 10_00})
    assert old.without_entry is NoEntry.FLAT and T1.without_entry is NoEntry.GUARD
    with pytest.raises(ValueError, match="needs the sum"):
        Tariff.model_validate(T1.model_dump() | {"no_entry": "flat"})


@pytest.mark.req("PARK-05", "PARK-16")
def test_a_gate_alone_takes_off_the_coupons_it_was_told_of_until_they_lapse():
    coupon = HeldCoupon(
        coupon=Coupon(coupon_id=uuid(2), issuer="便民超市", fen=3_00), since=at("06-01 10:30"), until=at("06-01 13:00")
    )
    told = inside(coupons=(coupon,))
    assert account(told, "06-01 12:00").due.due == 7_00 - 3_00
    assert account(told, "06-01 13:00").due.due == 9_00, "it has lapsed"
    assert account(inside(), "06-01 12:00").due.due == 7_00, "it was told of none"
