"""Coupons of a plate: which count for a stay, in what order they are spent, and what comes after a payment."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.bill import Rule
from models.parking.coupons import CouponState, HeldCoupon, earned, first_held, settle_held, state_of, used_up
from models.parking.payments import Payment, settle
from models.parking.tariff import Coupon, Stacking
from tests.models.parking.tariffs import T1, at, stay

MINUTE = timedelta(minutes=1)
START = at("06-01 09:00")
WHOLE = stay("06-01 09:00", "13:10")  # 13.00 by T1
FREE = {"percent_off": 100}


def held(number, since="06-01 10:00", until="06-03 00:00", **gives):
    coupon = Coupon(coupon_id=UUID(int=number), issuer="便民超市", **gives)
    return HeldCoupon(coupon=coupon, since=at(since), until=at(until) if until else None)


def due(*coupons, paid=(), one=WHOLE, tariff=T1):
    return settle_held(one, tariff, [Payment(at(when), fen) for when, fen in paid], held=coupons)


def spent(*coupons, paid=(), one=WHOLE, tariff=T1):
    payments = [Payment(at(when), fen) for when, fen in paid]
    return {number.int for number in used_up(one, tariff, payments, coupons)}


@pytest.mark.req("PARK-16", "P30", "P31")
@pytest.mark.parametrize(
    ("gives", "total"),
    [({"minutes": 120}, 9_00), ({"fen": 5_00}, 8_00), ({"percent_off": 20}, 10_40), (FREE, 0), ({"fen": 99_00}, 0)],
)
def test_each_kind_takes_off_what_the_examples_say(gives, total):
    assert due(held(1, **gives)).total == total and spent(held(1, **gives)) == {1}


@pytest.mark.req("PARK-16")
def test_a_coupon_that_came_after_the_exit_or_has_lapsed_counts_for_nothing():
    for since, until in (("06-01 13:11", "06-03 00:00"), ("06-01 08:00", "06-01 13:00")):
        assert due(held(1, since, until, **FREE)).total == 13_00 and spent(held(1, since, until, **FREE)) == set()


@pytest.mark.req("PARK-16")
def test_what_counted_as_it_was_paid_counts_on_after_it_has_lapsed():
    one = held(1, until="06-01 12:00", fen=5_00)
    said = due(one, paid=[("06-01 11:00", 2_00)], one=stay("06-01 09:00", "13:10"))
    assert (said.total, said.due) == (8_00, 6_00)


@pytest.mark.req("P31")
def test_a_coupon_after_a_payment_takes_off_what_is_due_and_brings_nothing_back():
    paid = [("06-01 11:00", 7_00)]
    late = held(2, since="06-01 11:30", **FREE)
    said = due(late, paid=paid)
    assert (said.total, said.due, said.over) == (7_00, 0, 0)
    assert sum(line.amount for bill in said.bills for line in bill.lines) == said.total
    assert said.bills[-1].lines[-1].rule is Rule.COUPON_REST
    assert due(held(2, since="06-01 11:30", fen=1_00), paid=paid).due == 5_00
    assert spent(late, paid=paid) == {2}
    inside_the_minutes = stay("06-01 09:00", "11:10")
    assert due(late, paid=paid, one=inside_the_minutes).total == 7_00
    assert spent(held(2, since="06-01 11:05", **FREE), paid=paid, one=inside_the_minutes) == set()


@pytest.mark.req("PARK-16", "P31")
def test_a_stay_uses_no_more_than_it_needs_and_what_lapses_first_before_the_rest():
    soon, later = held(2, until="06-02 00:00", **FREE), held(1, until="06-09 00:00", **FREE)
    assert spent(later, soon) == {2}
    assert spent(held(1, minutes=60), one=stay("06-01 10:00", "10:10")) == set(), "it was free anyway"
    assert spent(held(1, fen=2_00), held(2, fen=5_00)) == {2}, "one of each kind: the larger"
    best = T1.model_copy(update={"stacking": Stacking.BEST})
    assert spent(held(1, fen=2_00), held(2, minutes=120), tariff=best) == {2}
    every = T1.model_copy(update={"stacking": Stacking.UNLIMITED})
    assert spent(held(1, fen=2_00), held(2, fen=5_00), tariff=every) == {1, 2}
    assert spent(held(9, until=None, fen=1_00), held(2, **FREE)) == {2, 9}, "what is used stays used"


GIVES = st.one_of(
    st.builds(lambda n: {"minutes": n}, st.integers(1, 600)), st.builds(lambda n: {"fen": n}, st.integers(1, 20_00)),
    st.builds(lambda n: {"percent_off": n}, st.integers(1, 100)),
)  # fmt: skip
COUPONS = st.lists(st.tuples(GIVES, st.integers(-60, 600), st.integers(1, 900)), max_size=4)


@pytest.mark.req("PARK-16", "P31")
@given(COUPONS, st.integers(0, 600), st.lists(st.tuples(st.integers(0, 600), st.integers(1, 20_00)), max_size=2),
       st.sampled_from(Stacking))  # fmt: skip
def test_coupons_never_make_it_dearer_nor_bring_money_back_and_those_used_alone_do_as_much(given_, minutes, paid, how):
    tariff = T1.model_copy(update={"stacking": how})
    one = WHOLE.model_copy(update={"exit": START + minutes * MINUTE})
    payments = sorted(Payment(min(START + when * MINUTE, one.exit), fen) for when, fen in paid)
    coupons = [
        HeldCoupon(coupon=Coupon(coupon_id=UUID(int=n), **gives), since=START + since * MINUTE,
                   until=START + (since + lasts) * MINUTE)
        for n, (gives, since, lasts) in enumerate(given_)
    ]  # fmt: skip
    plain, said = settle(one, tariff, payments), settle_held(one, tariff, payments, held=coupons)
    assert said.total <= plain.total and said.due <= plain.due
    assert said.total == sum(bill.fee for bill in said.bills)
    assert all(sum(line.amount for line in bill.lines) == bill.fee for bill in said.bills)
    first = min((each.at for each in payments), default=None)
    if first is not None and all(each.since > first for each in coupons):
        assert said.over <= plain.over, "no change is given"
    used = used_up(one, tariff, payments, coupons)
    alone = [each for each in coupons if each.coupon.coupon_id in used]
    assert settle_held(one, tariff, payments, held=alone).total <= said.total


@pytest.mark.req("PARK-16")
@given(st.booleans(), st.integers(-5, 5))
def test_a_coupon_is_in_one_state_at_every_instant(used, minutes):
    state = state_of(used, START, START + minutes * MINUTE)
    assert (state is CouponState.USED) == used
    assert (state is CouponState.EXPIRED) == (not used and minutes >= 0)


@given(st.integers(0, 10**7), st.integers(1, 500), st.integers(0, 600))
def test_a_quotas_price_is_earned_bit_by_bit_and_wholly_in_the_end(price, count, over):
    assert 0 <= earned(price, count, over) <= earned(price, count, over + 1) <= price
    assert earned(price, count, count) == price


def test_a_stay_has_no_more_coupons_than_it_can_be_told_of():
    many = [held(n, fen=1) for n in range(1, 40)] + [held(99, until=None, fen=1)]
    assert len(first_held(many)) == 20 and first_held(many)[0].coupon.coupon_id.int == 99
