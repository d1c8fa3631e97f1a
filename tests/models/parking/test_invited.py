"""Who comes as a visitor, and what that is worth (P34)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.account import due_of
from models.parking.invited import Invited, invited_at
from models.parking.pricing import PLAIN, price
from models.parking.tariff import FreeMinutes, FreeMode
from models.values.ids import new_id
from models.wire.stays import ToldStay
from tests.models.parking.tariffs import at
from tests.models.parking.test_pricing import after, banded, coupons, plain_rates, seconds, tariffs

PLATE = "川A12345"


@pytest.mark.req("P34")
def test_the_time_of_the_pass_holds_the_entry_from_its_beginning_until_before_its_end():
    since, until = at("06-01 09:00"), at("06-01 12:00")
    invited = (Invited(plate=PLATE, since=since, until=until),)
    micro = timedelta(microseconds=1)
    asked = [since - micro, since, until - micro, until]
    assert [invited_at(invited, PLATE, one) for one in asked] == [False, True, True, False]
    assert not invited_at(invited, "川A12346", since)


@pytest.mark.req("P34", "PARK-02", "PARK-05", "PARK-28")
@given(
    tariffs(st.one_of(plain_rates, banded)), seconds, seconds, coupons, st.integers(0, 1440), st.sampled_from(FreeMode)
)
def test_a_visitors_bill_adds_up_is_the_gates_too_and_who_was_not_invited_pays_as_before(
    of, start, length, given_coupons, minutes, mode
):
    of = of.model_copy(update={"visitor_free": FreeMinutes(minutes=minutes, mode=mode)})
    there = after(start, length)
    visitor = price(there.model_copy(update={"invited": True}), of, coupons=given_coupons)
    assert sum(line.amount for line in visitor.lines) == visitor.fee >= 0
    plain = of.model_copy(update={"visitor_free": None})
    assert price(there, of, coupons=given_coupons) == price(there, plain, coupons=given_coupons)
    same = of.model_copy(update={"free": of.visitor_free})
    assert visitor.fee == price(there, same, coupons=given_coupons).fee, "a visitor's are minutes as any others"
    told = ToldStay(
        stay_id=new_id(), plate=PLATE, entered_at=there.entry, vehicle_class=there.vehicle_class, invited=True
    )
    here = price(there.model_copy(update={"invited": True}), of)
    assert due_of(told, of, PLAIN, (), None, there.exit).total == here.fee
