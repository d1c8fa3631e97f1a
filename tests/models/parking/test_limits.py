"""What the public board says at most, at least and once, holds of what is asked: after rounding, over several bills of
one stay, and over several stays of one plate, at the gate and at central alike."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.account import due_of
from models.parking.bill import Rule
from models.parking.coupons import settle_held
from models.parking.earlier import earlier_of, ended_of
from models.parking.inside import DroveOut, Told, ended_before
from models.parking.payments import Payment, settle
from models.parking.pricing import PLAIN, price
from models.parking.tariff import Cap, CapWindow, ClassDiscount, Coupon, FreeMinutes, Late, Rounding, Stacking, Stay
from models.wire.stays import EndedStay, PaidAt, StaysTold, ToldStay
from tests.models.parking.tariffs import FIRST_5_THEN_2, T1, at, stay, tariff
from tests.models.parking.test_pricing import after, banded, coupons, plain_rates, seconds, tariffs

RESTART = T1.model_copy(update={"late": Late.RESTART})
PLATE, LANE, NODE = "川A12345", uuid4(), uuid4()


def exact(of, to=100, down=False, **more):
    return of.model_copy(update={"rounding": Rounding(to=to, down=down), **more})


@pytest.mark.req("PARK-28", "P32")
@pytest.mark.parametrize(
    ("of", "fee"),
    [
        (exact(T1, maximum=12_50), 12_00),
        (exact(T1, cap=Cap(fen=12_50)), 12_00),
        (exact(T1, down=True, cap=None, minimum=23_50), 24_00),
        (exact(T1, maximum=12_50, minimum=12_50), 12_50),
        (exact(T1, cap=Cap(fen=3_00), minimum=5_00), 3_00),
    ],
)
def test_rounding_and_the_lowest_charge_lead_over_no_limit(of, fee):
    bill = price(stay("06-01 01:00", "09:00"), of)
    assert bill.fee == fee == sum(line.amount for line in bill.lines)


@pytest.mark.req("PARK-28", "PARK-02")
@given(tariffs(st.one_of(plain_rates, banded)), seconds, seconds, coupons)
def test_a_fee_lies_within_what_the_tariff_says(of, start, length, given_coupons):
    bill = price(after(start, length), of, coupons=given_coupons)
    assert sum(line.amount for line in bill.lines) == bill.fee >= 0
    if of.maximum is not None:
        assert bill.fee <= of.maximum
    if of.cap is not None:
        assert bill.fee <= of.cap.fen * len(bill.used)
        assert all(amount <= of.cap.fen for amount in bill.used.values()) and sum(bill.used.values()) >= bill.fee
    elif bill.fee:
        assert bill.fee >= min(of.minimum, of.maximum or of.minimum)


@pytest.mark.req("PARK-16", "P31")
def test_a_coupon_counts_once_over_all_bills_of_a_stay():
    whole = stay("06-01 09:00", "19:00")
    pays = [at("06-01 11:00"), at("06-01 13:00"), at("06-01 15:00"), at("06-01 17:00")]

    def total(*given_coupons, of=RESTART):
        paid: list[Payment] = []
        for one in [*pays, whole.exit]:
            due = settle(whole.model_copy(update={"exit": one}), of, paid, coupons=given_coupons)
            paid.append(Payment(one, due.due))
        return sum(one.fen for one in paid)

    full = total()
    assert total(Coupon(coupon_id=uuid4(), fen=5_00)) == full - 5_00
    minutes = Coupon(coupon_id=uuid4(), minutes=60)
    due = settle(whole, RESTART, [Payment(one, 5_00) for one in pays], coupons=[minutes])
    assert sum(line.rule is Rule.MINUTES_COUPON for bill in due.bills for line in bill.lines) == 1
    two = [Coupon(coupon_id=uuid4(), fen=2_00), Coupon(coupon_id=uuid4(), fen=3_00)]
    for stacking, off in ((Stacking.ONE_OF_EACH, 3_00), (Stacking.BEST, 3_00), (Stacking.UNLIMITED, 5_00)):
        assert total(*two, of=RESTART.model_copy(update={"stacking": stacking})) == full - off


@pytest.mark.req("PARK-16", "PARK-28")
@given(tariffs(plain_rates), coupons, st.lists(st.integers(1, 900), max_size=5), st.sampled_from(Stacking))
def test_however_often_a_stay_is_paid_each_coupon_takes_off_once_and_the_highest_charge_holds(
    of, given_coupons, gaps, stacking
):
    of = of.model_copy(update={"late": Late.RESTART, "stacking": stacking})
    begun, now, paid = at("06-01 00:00"), at("06-01 00:00"), list[Payment]()
    due = None
    for gap in gaps:
        now += timedelta(minutes=gap)
        due = settle(Stay(entry=begun, exit=now), of, paid, coupons=given_coupons)
        paid.append(Payment(now, due.due))
    if due is not None:
        spent = [one for bill in due.bills for one in bill.coupons]
        assert len(spent) == len(set(spent))
        assert sum(line.amount for bill in due.bills for line in bill.lines) == due.total
        if of.maximum is not None:
            assert due.total <= of.maximum


shared = st.builds(
    lambda window, after_coupons, fen, unit, down, least, uses, gap, round_up, late: tariff(
        FIRST_5_THEN_2, cap=Cap(fen=fen, shared=True, after_coupons=after_coupons), cap_window=window,
        rounding=Rounding(to=unit, down=down), minimum=least, round_up=round_up, late=late,
        free=FreeMinutes(minutes=15, uses_a_day=uses, gap=gap),
        classes=(ClassDiscount(vehicle_class="large", percent_off=33),),
    ),
    st.sampled_from([CapWindow.ROLLING, CapWindow.DAY]), st.booleans(), st.integers(5_00, 30_00),
    st.sampled_from([1, 50, 100]), st.booleans(), st.integers(0, 6_00), st.none() | st.integers(1, 2),
    st.sampled_from([0, 90]), st.booleans(), st.sampled_from(Late),
)  # fmt: skip
histories = st.lists(
    st.tuples(st.integers(1, 40_000), st.integers(0, 60_000), st.booleans(), st.booleans(), st.booleans()), max_size=7
)


@pytest.mark.req("PARK-05", "PARK-26", "P08", "P19")
@given(shared, st.sampled_from(["small", "large"]), histories)
def test_gate_and_central_ask_the_same_of_a_plate_and_its_stays_together_stay_below_the_cap(of, kind, pieces):
    """Each stay: how long away, how long inside, paid in the middle, told by central or known to the gate alone, and
    whether central tells all anew."""
    told, own, kept = Told(number=1), list[DroveOut](), list[EndedStay]()
    now, fees, free = at("06-01 00:00"), dict[int, int](), list[EndedStay]()
    asked = 0
    for number, (away, inside, midway, alone, whole) in enumerate(pieces, 2):
        entry = now + timedelta(seconds=away)
        now = entry + timedelta(seconds=inside)
        middle, stay_id = entry + timedelta(seconds=inside // 2), uuid4()
        central = earlier_of(kept, entry)
        half = settle_held(Stay(entry=entry, exit=middle, vehicle_class=kind), of, earlier=central).due
        paid = [Payment(middle, half)] if midway and half else []
        due = settle_held(Stay(entry=entry, exit=now, vehicle_class=kind), of, paid, earlier=central)
        known = ToldStay(
            stay_id=stay_id, plate=PLATE, entered_at=entry, vehicle_class=kind,
            payments=tuple(PaidAt(at=one.at, fen=one.fen) for one in paid),
            earlier=ended_before(told, own, PLATE, entry),
        )  # fmt: skip
        assert due_of(known, of, PLAIN, (), None, now) == due
        assert due.due >= 0 and sum(line.amount for bill in due.bills for line in bill.lines) == due.total
        ended = ended_of(stay_id, PLATE, entry, now, due)
        kept.append(ended)
        asked += due.total
        if alone:
            own.append(DroveOut(number, PLATE, now, 0, ended))
        else:
            own = []
            said = tuple(kept) if whole else tuple(one for one in kept if one.stay_id not in told.ended)
            news = StaysTold(node_id=NODE, after=0 if whole else 1, number=number, heard_seq=number, ended=said)
            told = told.after(StaysTold.model_validate_json(news.model_dump_json()))
        if ended.free:
            free.append(ended)
    for one in kept:
        for each in one.used:
            fees[each.since_us] = fees.get(each.since_us, 0) + each.fen / each.of
    assert of.cap is not None
    assert all(fen <= of.cap.fen + 1e-6 for fen in fees.values())
    assert asked <= of.cap.fen * len(fees)
    for first, second in pairwise(free):
        assert second.entered_at - first.left_at >= timedelta(minutes=of.free.gap)
