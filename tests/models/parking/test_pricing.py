"""The parameters one by one, and what holds for every tariff."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.parking.bill import Rule
from models.parking.payments import Payment, settle, shares
from models.parking.pricing import Earlier, price
from models.parking.tariff import (
    Band,
    Bands,
    Beyond,
    Block,
    Blocks,
    Boundary,
    Calendar,
    Cap,
    CapWindow,
    ClassDiscount,
    Coupon,
    DayRates,
    EventWindow,
    FreeMinutes,
    FreeMode,
    Granted,
    Late,
    NoCharge,
    PartUsed,
    PerMinute,
    PerUse,
    Rounding,
    Stacking,
    Stage,
    Staged,
    Stay,
    minutes_of,
)
from tests.models.parking.tariffs import FIRST_5_THEN_2, T1, T6, T7, at, stay, tariff

HOUR_2 = Block(minutes=60, fen=2_00)
NO_FREE = FreeMinutes(minutes=0)


def fee(entry, leave, of, **facts):
    return price(stay(entry, leave), of, **facts).fee


# ── single parameters ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("P06")
@pytest.mark.req("P07")
@given(st.integers(0, 1440), st.integers(1, 600))
def test_exactly_the_free_minutes_are_free_and_what_a_longer_stay_pays_depends_on_the_mode(free, more):
    def paid(minutes, mode):
        of = tariff(PerMinute(fen=7), free=FreeMinutes(minutes=free, mode=mode))
        entry = at("06-01 08:00")
        return price(Stay(entry=entry, exit=entry + timedelta(minutes=minutes)), of).fee

    assert paid(free, FreeMode.THRESHOLD) == paid(free, FreeMode.DEDUCTED) == 0
    assert paid(free + more, FreeMode.THRESHOLD) == 7 * (free + more)
    assert paid(free + more, FreeMode.DEDUCTED) == 7 * more


@pytest.mark.req("P06")
def test_a_tariff_that_says_nothing_has_fifteen_free_minutes_and_more_than_a_day_is_refused():
    of = tariff(PerMinute(fen=7), free=FreeMinutes())
    assert (fee("06-01 08:00", "08:15", of), fee("06-01 08:00", "08:16", of)) == (0, 16 * 7)
    with pytest.raises(ValidationError):
        FreeMinutes(minutes=1441)


@pytest.mark.req("P10")
@given(st.integers(1, 1440), st.integers(0, 100_00), st.integers(1, 200))
def test_the_first_block_has_its_own_length_and_price(length, fen, more):
    of = tariff(Blocks(first=Block(minutes=length, fen=fen), next=HOUR_2), free=NO_FREE, cap=None)
    entry = at("06-01 00:00")
    within = Stay(entry=entry, exit=entry + timedelta(minutes=length))
    assert price(within, of).fee == fen
    if length + more <= 1440:
        beyond = Stay(entry=entry, exit=entry + timedelta(minutes=length + more))
        assert price(beyond, of).fee == fen + -(-more // 60) * 2_00
    assert fee("06-01 00:00", "01:00", tariff(Blocks(next=HOUR_2), free=NO_FREE, cap=None)) == 2_00


@pytest.mark.req("P03")
def test_weekends_and_holidays_have_their_own_rates_and_a_worked_sunday_has_not():
    of = tariff(
        PerUse(fen=10_00), other_days=(DayRates(days=frozenset({6, 7}), rates=NoCharge()),
                                       DayRates(days=frozenset({8}), rates=PerUse(fen=3_00)))
    )  # fmt: skip
    sunday, monday = "06-07", "06-08"
    assert fee(f"{monday} 09:00", "12:00", of) == 10_00
    assert fee(f"{sunday} 09:00", "12:00", of) == 0
    on = at(f"{sunday} 00:00").date()
    assert fee(f"{sunday} 09:00", "12:00", of, calendar=Calendar(workdays=frozenset({on}))) == 10_00
    assert fee(f"{sunday} 09:00", "12:00", of, calendar=Calendar(holidays=frozenset({on}))) == 3_00


@pytest.mark.req("P03")
def test_a_day_may_begin_at_another_hour():
    of = tariff(PerUse(fen=10_00, once="day"), free=NO_FREE)
    assert fee("06-01 23:00", "06-02 02:00", of) == 20_00
    assert fee("06-01 23:00", "06-02 02:00", of.model_copy(update={"day_start": 5 * 60})) == 10_00


@pytest.mark.req("P04")
def test_seconds_are_dropped_or_a_begun_minute_counts():
    entry, leave = at("06-01 10:00:30"), at("06-01 10:16:29")
    assert (minutes_of(entry, leave), minutes_of(entry, leave, round_up=True)) == (15, 16)
    assert fee("06-01 10:00:30", "10:16:29", T1) == 0
    assert fee("06-01 10:00:30", "10:16:29", T1.model_copy(update={"round_up": True})) == 5_00


@pytest.mark.req("P04")
def test_a_minute_belongs_to_the_band_that_holds_its_start():
    of = tariff(
        Bands(
            bands=(
                Band(start=0, end=720, block=Block(minutes=1, fen=1)),
                Band(start=720, end=0, block=Block(minutes=1, fen=100)),
            )
        ),
        free=NO_FREE,
    )
    assert fee("06-01 11:58:30", "12:00:30", of) == 1 + 1, "the minute from 11:59:30 began before noon"


@pytest.mark.req("P05")
@pytest.mark.req("P11")
def test_blocks_after_many_minutes_have_another_price():
    of = tariff(Blocks(next=HOUR_2, beyond=Beyond(after=180, block=Block(minutes=30, fen=50))), free=NO_FREE)
    assert fee("06-01 08:00", "13:00", of) == 3 * 2_00 + 4 * 50


@pytest.mark.req("P09")
def test_driving_through_to_another_lane_is_free_for_some_minutes():
    of = tariff(FIRST_5_THEN_2, free=NO_FREE, drive_through=10)
    through = {"another_lane": True}
    assert price(stay("06-01 10:00", "10:10", **through), of).fee == 0
    assert price(stay("06-01 10:00", "10:11", **through), of).fee == 5_00
    assert price(stay("06-01 10:00", "10:10"), of).fee == 5_00


@pytest.mark.req("P13")
def test_a_band_has_free_minutes_of_its_own_and_a_gap_is_refused():
    night = Band(start=21 * 60, end=7 * 60, block=Block(minutes=60, fen=1_00), free=120)
    day = Band(start=7 * 60, end=21 * 60, block=Block(minutes=60, fen=4_00))
    assert fee("06-01 20:00", "06-02 00:00", tariff(Bands(bands=(day, night)), free=NO_FREE)) == 4_00 + 1_00
    for bad in ((day,), (day, night.model_copy(update={"start": 20 * 60})), (day, day, night)):
        with pytest.raises(ValidationError, match="fill the day"):
            Bands(bands=bad)


@pytest.mark.req("P12")
def test_stages_begin_anew_each_day_and_must_be_in_order():
    of = T6.model_copy(update={"cap": None, "free": NO_FREE})
    assert fee("06-01 09:00", "06-02 11:00", of) == 6_00 + 24_00 + 6_00
    for bad in ((Stage(block=HOUR_2), Stage(block=HOUR_2)), (Stage(until=60, block=HOUR_2),)):
        with pytest.raises(ValidationError, match="stage"):
            Staged(stages=bad)


@pytest.mark.req("P14")
@pytest.mark.parametrize(
    ("rule", "leave", "expected"),
    [
        (PartUsed.WHOLE, "10:20", 2_00), (PartUsed.HALF, "10:30", 1_00), (PartUsed.HALF, "10:31", 2_00),
        (PartUsed.PRO_RATA, "10:20", 67), (PartUsed.PRO_RATA, "10:30", 1_00),
    ],
)  # fmt: skip
def test_a_part_used_block(rule, leave, expected):
    assert fee("06-01 10:00", leave, tariff(Blocks(next=HOUR_2), free=NO_FREE, part_used=rule)) == expected


@pytest.mark.req("P15")
def test_a_block_at_a_boundary_is_cut_belongs_to_its_start_or_costs_the_dearer_side():
    bands = Bands(
        bands=(
            Band(start=8 * 60, end=20 * 60, block=Block(minutes=60, fen=2_00)),
            Band(start=20 * 60, end=8 * 60, block=Block(minutes=60, fen=5_00)),
        )
    )
    expected = {Boundary.SPLIT: 2_00 + 5_00, Boundary.START: 2_00, Boundary.DEARER: 5_00}
    for rule, cost in expected.items():
        assert fee("06-01 19:30", "20:30", tariff(bands, free=NO_FREE, boundary=rule)) == cost, rule


@pytest.mark.req("P16")
def test_the_first_block_is_granted_per_window_stay_or_day():
    def of(granted):
        return tariff(FIRST_5_THEN_2.model_copy(update={"first_granted": granted}), free=NO_FREE)

    fees = {granted: fee("06-01 22:00", "06-03 00:00", of(granted)) for granted in Granted}
    assert fees == {
        Granted.WINDOW: 26 * 2_00 + 2 * 3_00,
        Granted.STAY: 26 * 2_00 + 3_00,
        Granted.DAY: 26 * 2_00 + 2 * 3_00,
    }


@pytest.mark.req("P17")
@pytest.mark.req("P18")
def test_caps_per_stay_per_day_and_rolling():
    fees = {
        window: fee("06-01 12:00", "06-03 12:00", tariff(PerMinute(fen=10), cap=Cap(fen=20_00), cap_window=window))
        for window in CapWindow
    }
    assert fees == {CapWindow.STAY: 20_00, CapWindow.ROLLING: 40_00, CapWindow.DAY: 60_00}


@pytest.mark.req("P28")
def test_the_lowest_and_the_highest_charge_of_a_stay():
    of = T1.model_copy(update={"minimum": 6_00, "maximum": 12_00})
    assert [fee("06-01 09:00", leave, of) for leave in ("09:10", "09:30", "13:10")] == [0, 6_00, 12_00]


@pytest.mark.req("P27")
@pytest.mark.req("P29")
def test_first_minutes_of_a_class_come_before_the_free_minutes():
    of = T1.model_copy(update={"classes": (ClassDiscount(vehicle_class="disabled", free_first=60),)})
    assert price(stay("06-01 09:00", "10:15", vehicle_class="disabled"), of).fee == 0
    assert price(stay("06-01 09:00", "10:16", vehicle_class="disabled"), of).fee == 5_00
    assert price(stay("06-01 09:00", "10:16"), of).fee == 7_00


@pytest.mark.req("P29")
def test_a_coupon_for_everything_ends_the_calculation():
    free = Coupon(coupon_id=uuid4(), percent_off=100)
    bill = price(stay("06-01 09:00", "13:10"), T1.model_copy(update={"minimum": 5_00}), coupons=[free])
    assert bill.fee == 0 and bill.lines[-1].rule is Rule.PERCENT_COUPON


@pytest.mark.req("P31")
def test_coupons_stack_as_the_tariff_says():
    coupons = [
        Coupon(coupon_id=uuid4(), fen=3_00),
        Coupon(coupon_id=uuid4(), fen=4_00),
        Coupon(coupon_id=uuid4(), percent_off=50),
    ]
    fees = {
        rule: fee("06-01 09:00", "13:10", T1.model_copy(update={"stacking": rule}), coupons=coupons)
        for rule in Stacking
    }
    assert fees == {Stacking.ONE_OF_EACH: 2_50, Stacking.BEST: 6_50, Stacking.UNLIMITED: 0}
    with pytest.raises(ValidationError, match="one of them only"):
        Coupon(coupon_id=uuid4(), fen=1, minutes=1)


@pytest.mark.req("P32")
@pytest.mark.parametrize(
    ("to", "down", "expected"), [(1, False, 2_35), (10, False, 2_40), (50, True, 2_00), (100, False, 2_00)]
)
def test_only_the_final_fee_is_rounded(to, down, expected):
    bill = price(stay("06-01 09:00", "09:47"), T7.model_copy(update={"rounding": Rounding(to=to, down=down)}))
    assert bill.fee == expected == sum(line.amount for line in bill.lines)


@pytest.mark.req("P35")
def test_an_event_has_its_own_price_once_and_a_free_one_none():
    def of(fen):
        window = EventWindow(start=at("06-01 18:00"), end=at("06-02 02:00"), fen=fen, reason="元宵")
        return tariff(PerMinute(fen=10), free=NO_FREE, events=(window,))

    assert fee("06-01 17:00", "06-02 03:00", of(8_00)) == 60 * 10 + 8_00 + 60 * 10
    assert fee("06-01 17:00", "06-02 03:00", of(0)) == 120 * 10
    assert fee("06-01 09:00", "10:00", of(8_00)) == 60 * 10
    lines = price(stay("06-01 17:00", "06-02 03:00"), of(8_00)).lines
    assert [line.note for line in lines if line.rule is Rule.EVENT] == ["元宵"]


@pytest.mark.req("P36")
@given(st.integers(0, 10**7), st.integers(0, 100), st.integers(0, 100))
def test_tax_and_shares_add_up_to_the_fee(amount, tax_percent, owners_percent):
    parts = shares(amount, tax_percent, owners_percent)
    assert sum(parts) == amount and min(parts) >= 0
    assert abs(parts[0] * (100 + tax_percent) - amount * tax_percent) <= (100 + tax_percent)


@pytest.mark.req("P08")
def test_a_gap_between_free_stays():
    of = T1.model_copy(update={"free": FreeMinutes(gap=60)})
    before = (Earlier(at("06-01 09:00"), at("06-01 09:10"), True, {}),)
    assert fee("06-01 10:09", "10:20", of, earlier=before) == 5_00
    assert fee("06-01 10:10", "10:20", of, earlier=before) == 0


@pytest.mark.req("P19")
def test_a_shared_window_of_24_hours_goes_on_with_the_next_stay():
    of = tariff(FIRST_5_THEN_2, cap=Cap(fen=20_00, shared=True))
    one = stay("06-01 09:00", "17:00")
    first = price(one, of)
    known = (Earlier(one.entry, one.exit, first.free, first.used),)
    assert first.fee == 19_00
    assert price(stay("06-01 20:00", "22:00"), of, earlier=known).fee == 1_00
    assert price(stay("06-02 09:00", "11:00"), of, earlier=known).fee == 7_00


@pytest.mark.req("P25")
def test_a_second_payment_while_nothing_is_due_is_given_back_and_opens_no_minutes():
    due = settle(stay("06-01 10:00", "12:20"), T1, [Payment(at("06-01 12:00"), 7_00), Payment(at("06-01 12:10"), 7_00)])
    assert (due.total, due.due, due.over) == (9_00, 0, 5_00)


def test_a_stay_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValidationError, match="cannot end before it began"):
        Stay(entry=at("06-01 10:00"), exit=at("06-01 09:59"))


# ── for every tariff ────────────────────────────────────────────────────────────────────────────────────────────────

blocks = st.builds(Block, minutes=st.sampled_from([1, 15, 30, 45, 60, 720]), fen=st.integers(0, 30_00))
plain_rates = st.one_of(
    st.builds(
        Blocks,
        first=st.none() | blocks,
        first_granted=st.sampled_from(Granted),
        next=blocks,
        beyond=st.none() | st.builds(Beyond, after=st.integers(1, 3000), block=blocks),
    ),
    st.builds(PerUse, fen=st.integers(0, 30_00), once=st.sampled_from(["stay", "24h", "day"])),
    st.builds(PerMinute, fen=st.integers(0, 50)),
    st.just(NoCharge()),
    st.builds(
        lambda until, one, two, cap: Staged(stages=(Stage(until=until, block=one, cap=cap), Stage(block=two))),
        st.integers(1, 1439), blocks, blocks, st.none() | st.integers(0, 50_00),
    ),
)  # fmt: skip
banded = st.builds(
    lambda start, end, one, two, cap: Bands(
        bands=(Band(start=start, end=end, block=one, cap=cap), Band(start=end, end=start, block=two, free=10))
    ),
    st.integers(0, 700), st.integers(701, 1439), blocks, blocks, st.none() | st.integers(0, 50_00),
)  # fmt: skip


def tariffs(rates):
    return st.builds(
        tariff,
        rates,
        free=st.builds(FreeMinutes, minutes=st.sampled_from([0, 15, 120]), mode=st.sampled_from(FreeMode)),
        cap=st.none() | st.builds(Cap, fen=st.integers(0, 60_00)),
        cap_window=st.sampled_from(CapWindow),
        boundary=st.sampled_from([Boundary.SPLIT, Boundary.START]),
        part_used=st.sampled_from(PartUsed),
        minimum=st.integers(0, 3_00),
        maximum=st.none() | st.integers(3_00, 500_00),
        rounding=st.builds(Rounding, to=st.sampled_from([1, 10, 50, 100]), down=st.booleans()),
        late=st.sampled_from(Late),
        day_start=st.sampled_from([0, 300]),
    )


coupons = st.lists(
    st.one_of(
        st.builds(Coupon, coupon_id=st.uuids(), minutes=st.integers(1, 300)),
        st.builds(Coupon, coupon_id=st.uuids(), percent_off=st.integers(1, 100)),
        st.builds(Coupon, coupon_id=st.uuids(), fen=st.integers(1, 30_00)),
    ),
    max_size=3,
)
seconds = st.integers(0, 5 * 86_400)


def after(start, more):
    return Stay(
        entry=at("06-01 00:00") + timedelta(seconds=start), exit=at("06-01 00:00") + timedelta(seconds=start + more)
    )


@pytest.mark.req("PARK-02")
@pytest.mark.req("PARK-28")
@given(tariffs(st.one_of(plain_rates, banded)), seconds, seconds, coupons)
def test_the_lines_add_up_and_the_fee_is_never_below_zero_or_above_a_cap(of, start, length, given_coupons):
    bill = price(after(start, length), of, coupons=given_coupons)
    assert sum(line.amount for line in bill.lines) == bill.fee >= 0
    assert bill.fee <= of.maximum if of.maximum is not None else True
    if of.cap is not None:
        assert all(0 <= amount <= of.cap.fen for amount in bill.used.values())
    for line in bill.lines:
        assert 0 <= line.start <= line.end <= bill.minutes


@pytest.mark.req("PARK-28")
@given(tariffs(plain_rates), seconds, seconds, st.integers(0, 90_000))
def test_without_bands_a_longer_stay_is_never_cheaper(of, start, length, more):
    assert price(after(start, length), of).fee <= price(after(start, length + more), of).fee


@given(tariffs(plain_rates), seconds, st.integers(0, 2 * 86_400), st.integers(0, 3600))
def test_paying_on_the_way_is_never_cheaper_and_never_owed_twice(of, start, length, more):
    whole = after(start, length + more)
    early = price(after(start, length), of).fee
    due = settle(whole, of, [Payment(after(start, length).exit, early)])
    assert due.due >= 0 and due.over == 0
    if of.late is Late.CONTINUOUS and due.leave is None:
        assert due.total == max(early, price(whole, of).fee)


@pytest.mark.req("P19")
@given(
    st.sampled_from(CapWindow).filter(lambda window: window is not CapWindow.STAY),
    st.lists(st.tuples(st.integers(0, 40_000), st.integers(60, 90_000)), max_size=6),
)
def test_however_a_plate_comes_and_goes_a_shared_cap_holds(window, pieces):
    of = tariff(FIRST_5_THEN_2, cap=Cap(fen=20_00, shared=True), cap_window=window, boundary=Boundary.START)
    begun, known = at("06-01 00:00"), []
    for away, inside in pieces:
        entry = begun + timedelta(seconds=away)
        one = Stay(entry=entry, exit=entry + timedelta(seconds=inside))
        bill = price(one, of, earlier=known)
        known.append(Earlier(one.entry, one.exit, bill.free, bill.used))
        begun = one.exit
    totals = {}
    for each in known:
        for since, amount in each.used.items():
            totals[since] = totals.get(since, 0) + amount
    assert all(amount <= 20_00 for amount in totals.values())
    if window is CapWindow.ROLLING:
        begins = sorted(totals)
        assert all(later - earlier >= 86_400_000_000 for earlier, later in pairwise(begins)), "windows do not overlap"
