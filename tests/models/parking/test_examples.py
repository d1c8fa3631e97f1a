"""The worked examples PARK-E01 to PARK-E31, each with the lines that explain it adding up to its fee."""

from uuid import uuid4

import pytest

from models.access.schedule import Span
from models.parking.bill import Bill, Rule
from models.parking.cover import Permit, cover_of
from models.parking.payments import Payment, may_leave_owing, settle
from models.parking.pricing import Earlier, price, price_by_versions
from models.parking.tariff import (
    Block,
    Blocks,
    ClassDiscount,
    Coupon,
    FreeMinutes,
    FreeMode,
    Late,
    SecondCar,
    Stay,
    Tariff,
)
from tests.models.parking.tariffs import T1, T1S, T2, T3, T4A, T4B, T5, T6, T7, T8, at, stay

MINUTES_120 = Coupon(coupon_id=uuid4(), minutes=120)
MONEY_5 = Coupon(coupon_id=uuid4(), fen=5_00)
MONEY_10 = Coupon(coupon_id=uuid4(), fen=10_00)
OFF_20 = Coupon(coupon_id=uuid4(), percent_off=20)


def sound(bill: Bill) -> Bill:
    """PARK-02: the lines add up to the fee, to the fen."""
    assert sum(line.amount for line in bill.lines) == bill.fee
    return bill


def fee(entry: str, leave: str, of: Tariff, **facts: object) -> int:
    return sound(price(stay(entry, leave), of, **facts)).fee


def changed(of: Tariff, **parameters: object) -> Tariff:
    return of.model_copy(update=parameters)


PLAIN_EXAMPLES = [
    pytest.param(number, *rest, id=f"{number}-{index}")
    for index, (number, *rest) in enumerate(
        [
            ("PARK-E01", "06-01 10:00:00", "10:15:59", T1, 0),
            ("PARK-E02", "06-01 10:00", "10:16", T1, 5_00),
            ("PARK-E03", "06-01 10:00", "11:15", T1, 7_00),
            ("PARK-E03", "06-01 10:00", "11:15", T2, 5_00),
            ("PARK-E04", "06-01 20:00", "06-02 09:00", T1, 20_00),
            ("PARK-E04", "06-01 20:00", "06-02 09:00", T3, 29_00),
            ("PARK-E05", "06-01 18:00", "06-03 10:00", T1, 40_00),
            ("PARK-E05", "06-01 18:00", "06-03 10:00", T3, 55_00),
            ("PARK-E06", "06-01 10:00:00", "06-02 10:00:59", T1, 20_00),
            ("PARK-E07", "06-01 10:00", "06-02 10:01", T1, 25_00),
            ("PARK-E07", "06-01 10:00", "06-02 10:01", T1S, 22_00),
            ("PARK-E08", "06-01 18:40", "06-02 08:10", T4A, 21_00),
            ("PARK-E08", "06-01 18:40", "06-02 08:10", T4B, 19_00),
            ("PARK-E09", "07-01 00:05", "09:05", T3, 20_00),
            ("PARK-E10", "06-01 09:00", "06-02 09:30", T5, 20_00),
            ("PARK-E10", "06-01 09:00", "09:30", T5, 0),
            ("PARK-E11", "06-01 09:00", "14:20", T6, 21_00),
            ("PARK-E11", "06-01 09:00", "19:00", T6, 30_00),
            ("PARK-E12", "06-01 09:00", "09:47", T7, 2_40),
            ("PARK-E30", "2028-02-28 23:00", "2028-03-01 01:00", T1, 27_00),
            ("PARK-E30", "2028-02-28 23:00", "2028-03-01 01:00", T3, 27_00),
        ]
    )
]


@pytest.mark.req(
    "PARK-E01",
    "PARK-E02",
    "PARK-E03",
    "PARK-E04",
    "PARK-E05",
    "PARK-E06",
    "PARK-E07",
    "PARK-E08",
    "PARK-E09",
    "PARK-E10",
    "PARK-E11",
    "PARK-E12",
    "PARK-E30",
)
@pytest.mark.parametrize(("number", "entry", "leave", "of", "expected"), PLAIN_EXAMPLES)
def test_a_stay_costs_what_the_example_says(number, entry, leave, of, expected):
    assert fee(entry, leave, of) == expected, number


def test_the_local_day_counts_and_not_that_of_utc():
    night = stay("07-01 00:05", "09:05")
    assert night.entry.isoformat() == "2026-06-30T16:05:00+00:00"
    capped = [line for line in price(night, T3).lines if line.rule is Rule.CAP]
    assert [line.amount for line in capped] == [-1_00], "21.00 in one local day; two days of UTC would cost just that"


def ended(entry: str, leave: str, earlier: tuple[Earlier, ...] = ()) -> tuple[int, Earlier]:
    one = stay(entry, leave)
    bill = sound(price(one, T8, earlier=earlier))
    return bill.fee, Earlier(one.entry, one.exit, bill.free, bill.used)


@pytest.mark.req("PARK-E13")
@pytest.mark.req("P19")
def test_stays_of_one_day_share_a_cap():
    first, known = ended("06-01 08:00", "13:00")
    assert (first, ended("06-01 14:00", "20:00", (known,))[0]) == (13_00, 7_00)
    assert ended("06-02 08:00", "13:00", (known,))[0] == 13_00, "the next day has its own"


@pytest.mark.req("PARK-E14")
@pytest.mark.req("P08")
def test_the_second_short_stay_of_a_day_is_charged():
    first, known = ended("06-01 10:00", "10:12")
    assert (first, ended("06-01 10:20", "10:30", (known,))[0]) == (0, 5_00)
    assert ended("06-02 10:20", "10:30", (known,))[0] == 0


@pytest.mark.req("PARK-E15")
@pytest.mark.req("P24")
def test_whoever_leaves_within_the_minutes_after_paying_owes_nothing():
    due = settle(stay("06-01 10:00", "12:14"), T1, [Payment(at("06-01 12:00"), 7_00)])
    assert (due.total, due.due, due.leave) == (7_00, 0, 1)
    assert settle(stay("06-01 10:00", "12:15"), T1, [Payment(at("06-01 12:00"), 7_00)]).due == 0
    assert settle(stay("06-01 10:00", "12:16"), T1, [Payment(at("06-01 12:00"), 7_00)]).due == 2_00


@pytest.mark.req("PARK-E16")
@pytest.mark.req("P25")
def test_too_late_after_paying_is_priced_from_the_entry_less_what_was_paid():
    due = settle(stay("06-01 10:00", "12:20"), T1, [Payment(at("06-01 12:00"), 7_00)])
    assert (due.total, due.due, due.leave) == (9_00, 2_00, None)


@pytest.mark.req("PARK-E17")
@pytest.mark.req("P25")
def test_too_late_after_paying_begins_anew_where_the_tariff_says_so():
    due = settle(stay("06-01 10:00", "12:20"), changed(T1, late=Late.RESTART), [Payment(at("06-01 12:00"), 7_00)])
    assert [sound(bill).fee for bill in due.bills] == [7_00, 5_00]
    assert due.due == 5_00


JUNE = Permit(valid_from=at("06-01 00:00"), valid_until=at("06-30 24:00"))


def covered(entry: str, leave: str, of: Tariff, permit: Permit = JUNE, **facts: object) -> tuple[int, int | None]:
    plain = stay(entry, leave)
    cover = cover_of(permit, plain.entry, plain.exit, of, **facts)
    priced = Stay(entry=plain.entry, exit=plain.exit, cover=cover.cover, temporary=cover.temporary)
    return sound(price(priced, of)).fee, cover.warn


@pytest.mark.req("PARK-E18")
@pytest.mark.req("P20")
@pytest.mark.req("P21")
def test_a_permit_that_ends_inside_is_charged_from_its_end_or_from_the_end_of_its_grace():
    strict = changed(T1, permit_grace_days=0)
    assert covered("06-30 20:00", "07-01 06:30", strict) == (17_00, None)
    assert covered("06-30 20:00", "07-01 06:30", T1) == (0, 0), "paid for by the grace, and warned"
    assert covered("06-30 23:50", "07-01 00:10", strict)[0] == 5_00, "free minutes are not granted again"


@pytest.mark.req("PARK-E19")
@pytest.mark.req("PARK-07")
def test_after_its_grace_a_permit_is_none():
    assert covered("07-06 09:00", "11:00", T1) == (7_00, None)
    assert covered("07-06 09:00", "09:10", T1) == (0, None), "as any other car"


@pytest.mark.parametrize(
    ("entry", "leave", "coupons", "expected"),
    [
        pytest.param("09:00", "13:10", [], 13_00, marks=pytest.mark.req("PARK-E20")),
        pytest.param("09:00", "13:10", [MINUTES_120], 9_00, marks=pytest.mark.req("PARK-E20")),
        pytest.param("09:00", "13:10", [MONEY_5], 8_00, marks=pytest.mark.req("PARK-E21")),
        pytest.param("09:00", "10:00", [MONEY_10], 0, marks=pytest.mark.req("PARK-E21")),
        pytest.param("09:00", "13:10", [MONEY_5, MINUTES_120], 4_00, marks=pytest.mark.req("PARK-E22")),
        pytest.param("09:00", "13:10", [MONEY_5, OFF_20], 5_40, marks=pytest.mark.req("PARK-E23")),
        pytest.param("09:00", "10:10", [Coupon(coupon_id=uuid4(), minutes=60)], 0, marks=pytest.mark.req("PARK-E24")),
    ],
)
def test_coupons_take_their_turn(entry, leave, coupons, expected):
    assert fee(f"06-01 {entry}", leave, T1, coupons=coupons) == expected


@pytest.mark.req("P30")
def test_a_stay_shortened_by_a_coupon_is_free_only_where_the_tariff_lets_it_be():
    sixty = [Coupon(coupon_id=uuid4(), minutes=60)]
    assert fee("06-01 09:00", "10:10", changed(T1, coupon_reaches_free=False), coupons=sixty) == 5_00


@pytest.mark.req("PARK-E25")
@pytest.mark.req("P27")
def test_a_class_pays_its_share_after_the_cap_and_before_the_coupon():
    green = changed(T1, classes=(ClassDiscount(vehicle_class="new_energy", percent_off=50),))
    one = stay("06-01 09:00", "13:10", vehicle_class="new_energy")
    assert sound(price(one, green)).fee == 6_50
    assert sound(price(one, green, coupons=[MONEY_5])).fee == 1_50
    assert sound(price(stay("06-01 09:00", "06-02 08:00", vehicle_class="new_energy"), green)).fee == 10_00


@pytest.mark.req("PARK-E26")
@pytest.mark.req("P22")
def test_the_second_car_of_a_bay_is_charged_until_the_bay_is_free():
    taken = [(at("06-01 07:00"), at("06-01 11:00"))]
    assert covered("06-01 09:00", "13:00", T1, bay_taken=taken)[0] == 7_00
    assert covered("06-01 09:00", "13:00", changed(T1, second_car=SecondCar.WHOLE_STAY), bay_taken=taken)[0] == 11_00
    assert covered("06-01 10:55", "13:00", T1, bay_taken=taken)[0] == 5_00, "no free minutes while temporary"


@pytest.mark.req("PARK-E27")
@pytest.mark.req("P23")
def test_a_permit_of_some_hours_is_charged_outside_of_them():
    daily = Permit(
        valid_from=at("06-01 00:00"),
        valid_until=at("06-30 24:00"),
        hours=(Span(days=frozenset(range(1, 9)), start_minute=8 * 60, end_minute=20 * 60),),
    )
    assert covered("06-01 19:00", "22:30", T1, daily)[0] == 9_00
    two_evenings = covered("06-01 19:00", "06-02 21:00", changed(T1, cap=None), daily)[0]
    assert two_evenings == 5_00 + 11 * 2_00 + 5_00, "12 h of night; the window of 24 h began at 20:00 and ended there"


@pytest.mark.req("PARK-E28")
@pytest.mark.req("P02")
def test_the_version_of_the_entry_holds_unless_the_tariff_says_otherwise():
    july = changed(
        T1,
        version=2,
        starts_at=at("07-01 00:00"),
        rates=Blocks(first=Block(minutes=60, fen=6_00), next=Block(minutes=60, fen=2_00)),
    )
    night = stay("06-30 23:00", "07-01 01:00")
    fees = {rule: sound(price_by_versions(night, [T1, july], rule)).fee for rule in ("entry", "exit", "split")}
    assert fees == {"entry": 7_00, "exit": 8_00, "split": 7_00}, "the second hour is no first one"
    with pytest.raises(ValueError, match="entry, exit or split"):
        price_by_versions(night, [T1, july], "dearest")


@pytest.mark.req("PARK-E29")
@pytest.mark.req("P34")
def test_a_visitor_has_minutes_of_their_own():
    for mode, expected in ((FreeMode.THRESHOLD, 9_00), (FreeMode.DEDUCTED, 5_00)):
        of = changed(T1, visitor_free=FreeMinutes(minutes=120, mode=mode))
        assert sound(price(stay("06-01 09:00", "11:30", invited=True), of)).fee == expected
        assert sound(price(stay("06-01 09:00", "11:30"), of)).fee == 9_00, "who was not invited has the lot's"


@pytest.mark.req("PARK-E31")
@pytest.mark.req("P33")
def test_a_car_leaves_owing_up_to_the_limit():
    this = fee("06-01 09:00", "11:00", T1)
    assert (this + 13_00, may_leave_owing(13_00, this, T1.owe_limit)) == (20_00, True)
    assert may_leave_owing(43_00, 7_00, T1.owe_limit)
    assert not may_leave_owing(43_01, 7_00, T1.owe_limit)
