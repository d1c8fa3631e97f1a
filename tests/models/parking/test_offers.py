"""A bay offered for hours (PARK-10): when that is, what a guest's stay there costs with figures by hand, and whose the
money is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.account import shared_out
from models.parking.bill import Rule
from models.parking.bookings import Booking, BookingState, Inside, holds_bay, hours_of
from models.parking.cover import Permit
from models.parking.offers import DAYS_MAX, Offer, clash, holds, owners_fen, shared_fen, windows
from models.parking.payments import Payment, settle
from models.parking.pricing import price
from models.parking.tariff import Block, Coupon, Late, PermitEnd, SharedHours, Stay, Tariff
from models.values.time import site_time
from tests.models.making import uuid
from tests.models.parking.tariffs import T1, T1S, T2, T3, T4A, T4B, T5, T6, T7, T8, at

HOUR_2 = Block(minutes=60, fen=2_00)
MINUTE = timedelta(minutes=1)
ALL = (T1, T1S, T2, T3, T4A, T4B, T5, T6, T7, T8)


def hours(since: str, until: str, number: int = 1, block: Block = HOUR_2, bay: str = "A-07") -> SharedHours:
    return SharedHours(booking_id=uuid(number), bay=bay, since=at(since), until=at(until), block=block)


MORNING = hours("06-01 09:00", "06-01 12:00")


def bill_of(entry: str, leave: str, *booked: SharedHours, of: Tariff = T1, **more: object):
    stay = Stay(entry=at(entry), exit=at(leave), shared=booked)
    bill = price(stay, of, **more)
    assert sum(line.amount for line in bill.lines) == bill.fee, "PARK-02"
    return bill


@pytest.mark.req("PARK-10", "PARK-02")
@pytest.mark.parametrize(
    ("entry", "leave", "fee", "why"),
    [
        ("06-01 09:00", "06-01 12:00", 6_00, "three hours begun at 2.00"),
        ("06-01 09:00", "06-01 11:10", 6_00, "the third hour was begun"),
        ("06-01 09:00", "06-01 09:01", 2_00, "no free minutes on another's bay"),
        ("06-01 09:00", "06-01 13:30", 13_00, "and 90 min beyond: 5 + 2, no free minutes (P21)"),
        ("06-01 09:00", "06-01 12:01", 11_00, "one minute beyond is a first block"),
        ("06-01 08:50", "06-01 12:00", 11_00, "10 min before: a first block, no free minutes"),
        ("06-01 08:50", "06-01 13:30", 13_00, "10 + 90 min are one charged time (P23): 5 + 2"),
        ("06-01 09:00", "06-02 09:30", 26_00, "21.5 h beyond: 5 + 21 x 2 = 47, cap 20"),
        ("06-01 08:50", "06-01 08:58", 0, "gone before the hours began: free as any other"),
        ("06-01 12:00", "06-01 12:15", 0, "it came when they were over"),
    ],
)
def test_what_a_guest_pays(entry: str, leave: str, fee: int, why: str) -> None:
    assert bill_of(entry, leave, MORNING).fee == fee, why


@pytest.mark.req("PARK-10", "PARK-02")
def test_the_bill_names_the_bay_and_the_hours_also_over_midnight() -> None:
    night = hours("06-01 22:00", "06-02 06:00")
    bill = bill_of("06-01 22:00", "06-02 06:20", night)
    (line,) = (one for one in bill.lines if one.rule is Rule.SHARED_BAY)
    assert (line.note, line.times, line.unit, line.amount) == ("A-07 22:00–06:00", 8, 2_00, 16_00)
    assert bill.fee == 21_00, "and 20 min at 5.00"
    assert shared_fen([bill], at("06-01 22:00"), [night]) == {night.booking_id: 16_00}


@pytest.mark.req("PARK-10", "P21")
@pytest.mark.parametrize("rule", PermitEnd)
def test_whatever_becomes_of_permits_that_end_a_guest_is_charged_from_the_end_of_the_hours(rule: PermitEnd) -> None:
    """A bay is given back: it is free until the exit for nobody, and its hours stay paid for."""
    of = T1.model_copy(update={"permit_end": rule})
    assert bill_of("06-01 09:00", "06-01 13:30", MORNING, of=of).fee == 13_00


@pytest.mark.req("PARK-10", "P29")
def test_coupons_and_caps_are_of_the_tariff_and_touch_the_owners_hours_nowhere() -> None:
    money, minutes = Coupon(coupon_id=uuid(8), fen=50_00), Coupon(coupon_id=uuid(9), minutes=120)
    assert bill_of("06-01 09:00", "06-01 13:30", MORNING, coupons=[money]).fee == 6_00
    assert bill_of("06-01 09:00", "06-01 13:30", MORNING, coupons=[minutes]).fee == 6_00
    dear = hours("06-01 09:00", "06-01 12:00", block=Block(minutes=30, fen=10_00))
    assert bill_of("06-01 09:00", "06-01 12:00", dear).fee == 60_00, "six half hours, above the lot's cap of 20"
    least = T1.model_copy(update={"minimum": 8_00, "maximum": 9_00})
    assert bill_of("06-01 09:00", "06-01 12:00", MORNING, of=least).fee == 6_00
    assert bill_of("06-01 09:00", "06-01 12:30", MORNING, of=least).fee == 14_00, "5.00 is raised to 8.00"


@pytest.mark.req("PARK-10", "P23")
def test_what_the_guests_own_permit_covers_of_the_hours_costs_nothing() -> None:
    cover = ((at("06-01 11:00"), at("06-01 12:00")),)
    stay = Stay(entry=at("06-01 09:00"), exit=at("06-01 12:00"), shared=(MORNING,), cover=cover, temporary=True)
    assert price(stay, T1).fee == 4_00, "two hours of three"


@pytest.mark.req("PARK-10", "P09")
def test_who_was_on_anothers_bay_has_not_only_driven_through() -> None:
    of = T1.model_copy(update={"drive_through": 30})
    stay = Stay(entry=at("06-01 09:00"), exit=at("06-01 12:20"), shared=(MORNING,), another_lane=True)
    assert price(stay, of).fee == 11_00


@pytest.mark.req("PARK-10", "P25")
@pytest.mark.parametrize("late", Late)
def test_after_a_payment_the_hours_go_on_and_never_begin_anew(late: Late) -> None:
    of = T1.model_copy(update={"late": late})
    paid = [Payment(at("06-01 10:30"), 4_00)]
    stay = Stay(entry=at("06-01 09:00"), exit=at("06-01 11:10"), shared=(MORNING,))
    due = settle(stay, of, paid)
    assert (due.total, due.due) == (6_00, 2_00), "two hours were begun by 10:30, a third after that"
    assert shared_fen(due.bills, stay.entry, stay.shared) == {MORNING.booking_id: 6_00}
    beyond = settle(stay.model_copy(update={"exit": at("06-01 12:30")}), of, paid)
    assert (beyond.total, beyond.due) == (11_00, 7_00), "and half an hour beyond them"


@pytest.mark.req("PARK-10", "P25")
def test_what_was_paid_for_the_hours_is_no_part_of_the_highest_charge_of_the_stay() -> None:
    of = T1.model_copy(update={"late": Late.RESTART, "maximum": 8_00})
    stay = Stay(entry=at("06-01 09:00"), exit=at("06-01 16:00"), shared=(MORNING,))
    due = settle(stay, of, [Payment(at("06-01 11:30"), 6_00)])
    assert (due.total, due.due) == (14_00, 8_00), "6.00 for the hours; four hours beyond are 11.00, at most 8.00"


def guest(start: int = 0, minutes: int = 120, number: int = 1, **more: object) -> Booking:
    since = at("06-01 09:00") + start * MINUTE
    return Booking(
        booking_id=uuid(number), plate="川A12345", since=since, until=since + minutes * MINUTE,
        wait_until=since + 30 * MINUTE, bay="A-07", anybodys=False, **({"shared": HOUR_2} | more),
    )  # fmt: skip


@pytest.mark.req("PARK-10", "PARK-25")
def test_the_hours_are_those_of_the_stay_that_came_for_them_and_of_no_other() -> None:
    def minute(count: int) -> datetime:
        return at("06-01 09:00") + count * MINUTE

    def asked(mine: Inside, *others: Inside, booking: Booking | None = None) -> int:
        return len(hours_of([booking or guest()], [mine, *others], mine))

    assert asked(Inside(minute(5))) == asked(Inside(minute(-15))) == 1
    assert asked(Inside(minute(-300))) == 1, "it stood there before, and stays as they begin"
    assert asked(Inside(minute(-300), minute(-200))) == 0
    assert asked(Inside(minute(31))) == 0, "who is waited for no more parks as anybody does"
    assert asked(Inside(minute(60)), Inside(minute(1), minute(30))) == 0, "one booking is one coming"
    assert asked(Inside(minute(5)), booking=guest(shared=None)) == 0, "an ordinary booking is charged by the tariff"


@pytest.mark.req("PARK-10")
def test_a_guest_holds_the_bay_until_it_has_left_and_its_owner_is_known_by_the_permits_bay() -> None:
    now = at("06-01 12:00")
    assert holds_bay(guest(), BookingState.CAME, now), "an hour beyond its time it still stands there"
    assert not holds_bay(guest(), BookingState.CAME, at("06-02 11:00")), "a day later it has gone, and nobody saw it"
    assert not holds_bay(guest(), BookingState.OVER, now) and not holds_bay(guest(), BookingState.NOT_COME, now)
    assert holds_bay(guest(), BookingState.BOOKED, at("06-01 08:45"))
    assert not holds_bay(guest(), BookingState.BOOKED, at("06-01 08:44"))

    def permit(bay: str = "A-07", until: str = "06-30 00:00") -> Permit:
        return Permit(valid_from=at("05-01 00:00"), valid_until=at(until), bay=bay)

    held = [guest()]
    assert shared_out([permit()], held, T1, now) == guest()
    assert shared_out([permit(until="05-31 00:00")], held, T1, now) == guest(), "in its grace"
    for others in (
        [],
        [permit("B-01")],
        [permit(), permit("B-01")],
        [permit(), permit("")],
        [permit(until="05-20 00:00")],
    ):
        assert shared_out(others, held, T1, now) is None


@pytest.mark.req("PARK-10")
def test_an_offer_is_hours_of_each_of_its_days_and_over_midnight_those_of_the_day_they_begin() -> None:
    days = Offer("A-07", date(2026, 6, 1), date(2026, 6, 3), 8 * 60, 18 * 60)
    assert [(f"{site_time(a):%d %H:%M}", f"{site_time(b):%d %H:%M}") for a, b in windows(days)] == [
        ("01 08:00", "01 18:00"), ("02 08:00", "02 18:00"), ("03 08:00", "03 18:00")
    ]  # fmt: skip
    assert holds(days, at("06-02 08:00"), at("06-02 18:00"))
    assert not holds(days, at("06-02 07:59"), at("06-02 09:00"))
    assert not holds(days, at("06-02 17:00"), at("06-03 09:00"))
    nights = days._replace(start_minute=20 * 60, end_minute=7 * 60)
    assert holds(nights, at("06-03 20:00"), at("06-04 07:00")) and not holds(
        nights, at("06-01 00:00"), at("06-01 06:00")
    )
    whole = days._replace(start_minute=0, end_minute=1440)
    assert windows(whole) == [(at("06-01 00:00"), at("06-04 00:00"))], "whole days are one window"
    assert not clash(days, nights) and clash(days, whole) and clash(nights, whole) and clash(days, days)
    assert not clash(days, whole._replace(bay="B-01"))
    assert clash(nights, days._replace(start_minute=6 * 60, first_day=date(2026, 6, 4), last_day=date(2026, 6, 4)))


OFFERS = st.builds(
    lambda first, days, start, end: Offer("A-07", first, first + timedelta(days=days), start, end),
    st.dates(date(2026, 1, 1), date(2026, 1, 9)), st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440),
)  # fmt: skip


@pytest.mark.req("PARK-10")
@given(OFFERS, OFFERS)
def test_two_offers_clash_where_some_minute_is_in_both_and_none_has_a_minute_twice(one: Offer, other: Offer) -> None:
    def minutes(offer: Offer) -> set[datetime]:
        return {start + n * MINUTE for start, end in windows(offer) for n in range((end - start) // MINUTE)}

    assert clash(one, other) == clash(other, one) == bool(minutes(one) & minutes(other))
    assert all(before[1] < after[0] for before, after in pairwise(windows(one)))
    start, end = windows(one)[0]
    assert holds(one, start, end) and not holds(one, start, end + MINUTE) and not holds(one, start - MINUTE, end)


def test_a_year_of_days_is_reckoned_at_once() -> None:
    year = Offer("A-07", date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=DAYS_MAX - 1), 480, 1080)
    assert len(windows(year)) == DAYS_MAX


@st.composite
def booked_stays(draw: st.DrawFn) -> Stay:
    """A stay with up to three bookings that do not overlap, before, in and after it."""
    entry = at("06-01 09:00") + timedelta(seconds=draw(st.integers(0, 86_400)))
    edge, booked = entry - timedelta(hours=5), list[SharedHours]()
    for number in range(draw(st.integers(0, 3))):
        since = edge + timedelta(seconds=draw(st.integers(900, 30_000)))
        edge = since + timedelta(seconds=draw(st.integers(60, 40_000)))
        block = Block(minutes=draw(st.integers(1, 180)), fen=draw(st.integers(0, 20_00)))
        booked.append(SharedHours(booking_id=uuid(number + 1), bay="A-07", since=since, until=edge, block=block))
    leave = entry + timedelta(seconds=draw(st.integers(0, 3 * 86_400)))
    return Stay(entry=entry, exit=leave, shared=tuple(booked), another_lane=draw(st.booleans()))


@pytest.mark.req("PARK-10", "PARK-02", "PARK-28")
@given(booked_stays(), st.sampled_from(ALL), st.integers(0, 100), st.integers(0, 500_00))
def test_lines_add_up_the_owners_get_no_more_than_was_paid_and_the_tariffs_part_keeps_its_cap(
    stay: Stay, of: Tariff, percent: int, paid: int
) -> None:
    bill = price(stay, of)
    assert sum(line.amount for line in bill.lines) == bill.fee >= 0
    shared = shared_fen([bill], stay.entry, stay.shared)
    of_hours = sum(line.amount for line in bill.lines if line.rule is Rule.SHARED_BAY)
    assert sum(shared.values()) == of_hours <= bill.fee
    if of.cap is not None and not of.cap.shared:
        days = (stay.exit - stay.entry) // timedelta(days=1) + 2
        assert bill.fee - of_hours <= of.cap.fen * days
    credits = [owners_fen(fen, paid, bill.fee, percent) for fen in shared.values()]
    assert all(each >= 0 for each in credits) and sum(credits) <= min(paid, bill.fee)
    assert sum(credits) * 100 <= of_hours * percent


@pytest.mark.req("PARK-10", "PARK-28")
@given(booked_stays(), st.sampled_from((T1, T1S, T5, T7)), st.integers(1, 600))
def test_who_stays_longer_never_pays_less(stay: Stay, of: Tariff, more: int) -> None:
    longer = stay.model_copy(update={"exit": stay.exit + more * MINUTE})
    assert price(longer, of).fee >= price(stay, of).fee


@pytest.mark.req("PARK-10", "P25")
@given(booked_stays(), st.lists(st.integers(0, 3 * 86_400), max_size=3))
def test_in_however_many_parts_it_is_paid_the_hours_cost_the_same(stay: Stay, times: list[int]) -> None:
    """Charging that begins anew after each payment leaves them alone."""
    of = T1.model_copy(update={"late": Late.RESTART, "leave_minutes": 0})
    moments = sorted(stay.entry + timedelta(seconds=one) for one in times)
    moments = [one for one in moments if one < stay.exit]
    paid = list[Payment]()
    for moment in moments:
        due = settle(stay.model_copy(update={"exit": moment}), of, paid).due
        paid += [Payment(moment, due)] if due else []
    asked = settle(stay, of, paid)
    if asked.leave is not None:
        return  # still within the minutes to leave: nothing is priced anew
    whole = price(stay, of)
    assert shared_fen(asked.bills, stay.entry, stay.shared) == shared_fen([whole], stay.entry, stay.shared)


@pytest.mark.req("PARK-10")
@pytest.mark.parametrize(
    ("shared", "paid", "total", "credit"),
    [
        (6_00, 13_00, 13_00, 4_20),  # 70 % of 6.00
        (6_00, 0, 13_00, 0),
        (6_00, 6_50, 13_00, 2_10),  # half of it is paid: half of 4.20
        (6_00, 99_00, 13_00, 4_20),  # what was paid too much is not the owner's
        (1_01, 1_01, 1_01, 70),  # 70.7 fen: the part of a fen stays with the lot
        (0, 0, 0, 0),
    ],
)
def test_the_owners_share_by_hand(shared: int, paid: int, total: int, credit: int) -> None:
    assert owners_fen(shared, paid, total, 70) == credit


def test_an_unknown_booking_is_credited_to_nobody() -> None:
    bill = bill_of("06-01 09:00", "06-01 12:00", MORNING)
    assert shared_fen([bill], at("06-01 09:00"), ()) == {}
    assert UUID(int=0) not in shared_fen([bill], at("06-01 09:00"), [MORNING])
