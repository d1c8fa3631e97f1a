"""What a charging bay costs that a car keeps from others: a line of its own, beside the stay's fee (PARK-23)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.parking.account import due_of
from models.parking.bill import Rule
from models.parking.bill_text import bill_text, read_bill
from models.parking.charging_bay import BaySpell, Misused, Occupation, occupied
from models.parking.payments import Payment, settle
from models.parking.pricing import PLAIN, price
from models.parking.tariff import Coupon, Late, Rounding, Stay
from models.values.ids import new_id
from models.wire.stays import ToldStay
from tests.models.parking.tariffs import T1, at, stay
from tests.models.parking.test_pricing import after, banded, coupons, plain_rates, seconds, tariffs

FEE = Occupation(after=30, minutes=60, fen=10_00, cap=25_00)
BEGUN = at("06-01 00:00")
BESIDE = (Rule.OCCUPATION, Rule.OCCUPATION_CAP)


def spell(since, until, bay="B1-C1", what=Misused.FUEL_CAR):
    return BaySpell(bay=bay, what=what, since=at(since), until=at(until))


def beside(bill):
    return sum(line.amount for line in bill.lines if line.rule in BESIDE)


def costing(of, fee=FEE):
    return of.model_copy(update={"occupation": fee})


@pytest.mark.req("PARK-23", "PARK-02")
@pytest.mark.parametrize(
    ("until", "fee"),
    [("10:30", 0), ("10:31", 10_00), ("11:30", 10_00), ("11:31", 20_00), ("12:31", 25_00), ("16:00", 25_00)],
)
def test_it_costs_for_each_block_begun_beyond_the_first_minutes_up_to_its_own_cap(until, fee):
    kept = stay("06-01 09:00", "18:00", occupied=(spell("06-01 10:00", f"06-01 {until}"),))
    bill = price(kept, costing(T1))
    assert (beside(bill), bill.fee) == (fee, 20_00 + fee), "beside the cap of the stay"
    assert sum(line.amount for line in bill.lines) == bill.fee and bill.of_stay == 20_00
    assert not any(line.rule in BESIDE for line in price(kept, T1).lines), "a tariff that says nothing asks nothing"


@pytest.mark.req("PARK-23")
def test_each_time_has_its_first_minutes_and_the_bill_says_which_bay_and_why():
    spells = (spell("06-01 10:00", "06-01 11:00"), spell("06-01 12:00", "06-01 12:20"),
              spell("06-01 13:00", "06-01 13:45", "B1-C2", Misused.CHARGED))  # fmt: skip
    bill = price(stay("06-01 09:00", "14:00", occupied=spells), costing(T1))
    said = [(line.note, line.start, line.end, line.times) for line in bill.lines if line.rule is Rule.OCCUPATION]
    assert said == [("fuel_car B1-C1", 60, 120, 1), ("charged B1-C2", 240, 285, 1)]
    assert read_bill(bill_text([bill])) == bill.lines


@pytest.mark.req("PARK-23")
def test_no_coupon_free_minute_or_permit_touches_it():
    kept = spell("06-01 09:00", "06-01 10:00")
    whole = ((at("06-01 08:00"), at("06-01 20:00")),)
    for facts, given_coupons in (
        ({"cover": whole}, ()),
        ({}, (Coupon(coupon_id=new_id(), percent_off=100),)),
        ({}, (Coupon(coupon_id=new_id(), minutes=600),)),
    ):
        bill = price(stay("06-01 09:00", "10:00", occupied=(kept,), **facts), costing(T1), coupons=given_coupons)
        assert (bill.fee, beside(bill)) == (10_00, 10_00)


@pytest.mark.req("PARK-23", "P32")
def test_what_it_costs_is_whole_in_the_unit_to_which_fees_are_rounded():
    told = {**costing(T1).model_dump(), "rounding": Rounding(to=100)}
    assert type(T1).model_validate(told).occupation == FEE
    with pytest.raises(ValidationError, match="whole units"):
        type(T1).model_validate({**told, "occupation": FEE.model_copy(update={"cap": 25_50})})


pieces = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 600), st.sampled_from(["C1", "C2"]), st.sampled_from(Misused)),
    max_size=6,
).map(
    lambda given: tuple(
        BaySpell(bay=bay, what=what, since=BEGUN + timedelta(minutes=start),
                 until=BEGUN + timedelta(minutes=start + length))
        for start, length, bay, what in given
    )
)  # fmt: skip
fees = st.builds(
    Occupation, after=st.integers(0, 90), minutes=st.integers(1, 120), fen=st.integers(1, 50).map(lambda n: n * 100),
    cap=st.one_of(st.none(), st.integers(1, 100).map(lambda n: n * 100)),
)  # fmt: skip


@pytest.mark.req("PARK-23", "PARK-28")
@given(fees, pieces, st.integers(0, 3000), st.integers(0, 600))
def test_it_never_falls_with_time_nor_leads_over_its_cap(fee, spells, minutes, more):
    def total(length, since=0):
        return sum(line.amount for line in occupied(fee, spells, BEGUN, length, since))

    whole = total(minutes + more)
    assert 0 <= total(minutes) <= whole
    assert fee.cap is None or whole <= fee.cap
    assert total(minutes) + total(minutes + more, since=minutes) == whole, "two bills of a stay ask it once"


@pytest.mark.req("PARK-23", "PARK-02", "PARK-05", "PARK-28")
@given(tariffs(st.one_of(plain_rates, banded)), fees, pieces, seconds, seconds, coupons)
def test_it_is_beside_the_fee_of_the_stay_and_the_same_at_the_gate(of, fee, spells, start, length, given_coupons):
    there = after(start, length)
    of = of.model_copy(update={"rounding": Rounding(to=100), "occupation": fee})
    kept = there.model_copy(update={"occupied": spells})
    bill = price(kept, of, coupons=given_coupons)
    plain = price(there, of, coupons=given_coupons)
    assert sum(line.amount for line in bill.lines) == bill.fee == plain.fee + beside(bill)
    assert (bill.used, bill.free, bill.coupons, bill.of_stay) == (plain.used, plain.free, plain.coupons, plain.fee)
    told = ToldStay(stay_id=new_id(), plate="川A12345", entered_at=there.entry, vehicle_class=there.vehicle_class,
                    occupied=spells)  # fmt: skip
    assert due_of(told, of, PLAIN, (), None, there.exit).total == price(kept, of).fee


@pytest.mark.req("PARK-23", "P25", "PARK-28")
@given(fees, pieces, st.lists(st.integers(1, 700), min_size=1, max_size=5), st.sampled_from(Late))
def test_however_often_a_stay_is_paid_it_is_asked_once(fee, spells, gaps, late):
    of = costing(T1, fee).model_copy(update={"late": late, "leave_minutes": 0, "maximum": 30_00})
    now, paid = BEGUN, list[Payment]()
    due = None
    for gap in gaps:
        now += timedelta(minutes=gap)
        due = settle(Stay(entry=BEGUN, exit=now, occupied=spells), of, paid)
        paid.append(Payment(now, due.due))
    assert due is not None
    minutes = (now - BEGUN) // timedelta(minutes=1)
    asked = sum(beside(bill) for bill in due.bills)
    assert asked == sum(line.amount for line in occupied(fee, spells, BEGUN, minutes))
    assert due.total - asked <= 30_00, "and the highest charge of the stay holds without it"


@pytest.mark.req("PARK-23", "P24", "PARK-28")
@pytest.mark.parametrize("late", list(Late))
def test_a_word_that_comes_after_a_payment_takes_no_minutes_to_leave_away(late):
    """A sensor speaks some minutes apart: at 11:31 the payer is asked by what it said at 11:28."""
    of = costing(T1).model_copy(update={"late": late, "leave_minutes": 15})

    def owing(clock, told, *paid):
        kept = stay("06-01 10:00", clock, occupied=(spell("06-01 11:00", f"06-01 {told}"),))
        return settle(kept, of, [Payment(at("06-01 11:31"), one) for one in paid])

    asked = owing("11:31", "11:28").due
    assert asked == price(stay("06-01 10:00", "11:31"), T1).fee
    for clock, told, left in (("11:32", "11:28", 14), ("11:35", "11:33", 11), ("11:46", "11:46", 0)):
        due = owing(clock, told, asked)
        assert (due.due, due.over, due.leave) == (0, 0, left), told
    stays = owing("11:47", "11:47", asked)
    assert stays.leave is None and (stays.due == 10_00) == (late is Late.CONTINUOUS), "and from then on it is asked"
    assert owing("12:31", "12:31", asked).due - owing("12:30", "12:30", asked).due == 10_00
    whole = owing("11:31", "11:31").due
    assert whole == asked + 10_00 and owing("11:32", "11:32", whole).leave == 14
    for less in (asked - 1, 1):
        assert owing("11:32", "11:33", less).leave is None, "what never was asked is no payment of all"


@pytest.mark.req("PARK-23", "P24")
def test_who_pays_for_the_bay_alone_may_leave_as_well():
    """A permit pays for the stay; its sensor's word came when the second block had begun."""
    covered = (at("06-01 09:00"), at("06-01 18:00"))

    def owing(clock, told, *paid):
        kept = stay("06-01 10:00", clock, occupied=(spell("06-01 10:00", f"06-01 {told}"),), cover=(covered,))
        return settle(kept, costing(T1), [Payment(at("06-01 11:32"), one) for one in paid])

    asked = owing("11:32", "11:29").due
    assert (asked, owing("11:32", "11:32").due) == (10_00, 20_00)
    assert (owing("11:40", "11:40", asked).due, owing("11:40", "11:40", asked).leave) == (0, T1.leave_minutes - 8)
    assert owing("11:40", "11:40", asked - 1).leave is None
