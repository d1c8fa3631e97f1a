"""A tariff in sentences, and a bill line by line: whatever differs is said (PARK-02)."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

import pytest

from central.base.kernel.i18n import LANGUAGES, words_in
from central.gates.parking.tariffs.terms import GIVEN
from central.gates.parking.tariffs.words import (
    board_said,
    exact_money,
    examples_said,
    line_said,
    prices_said,
    tariff_said,
)
from models.parking.bill import Line, Rule
from models.parking.charging_bay import Occupation
from models.parking.pricing import price
from models.parking.scope import Group, Scope
from models.parking.tariff import (
    Boundary,
    Cap,
    CapWindow,
    ClassDiscount,
    Coupon,
    DayRates,
    EventWindow,
    FreeMinutes,
    Late,
    NoCharge,
    NoEntry,
    PartUsed,
    Payer,
    PermitEnd,
    PerUse,
    Rounding,
    SecondCar,
    Split,
    Stacking,
    Tariff,
)
from models.values.ids import new_id
from models.values.plate import PlateColour
from tests.models.parking import tariffs
from tests.models.parking.tariffs import T1, T4A, T7, at, stay

CHANGES = {
    "scope": Scope(classes=frozenset({"large"}), colours=frozenset({PlateColour.YELLOW}), groups=frozenset(Group)),
    "ends": True,
    "rates": PerUse(fen=9_00),
    "other_days": (DayRates(days=frozenset({6, 8}), rates=NoCharge()),),
    "day_start": 240,
    "round_up": True,
    "free": FreeMinutes(minutes=30, uses_a_day=2, gap=60),
    "visitor_free": FreeMinutes(minutes=120),
    "visitor_payer": Payer.HOST,
    "drive_through": 10,
    "part_used": PartUsed.HALF,
    "boundary": Boundary.DEARER,
    "cap": Cap(fen=20_00, after_coupons=True),
    "cap_window": CapWindow.DAY,
    "classes": (ClassDiscount(vehicle_class="new_energy", percent_off=50, free_first=60),),
    "minimum": 1_00,
    "maximum": 99_00,
    "coupon_reaches_free": False,
    "stacking": Stacking.BEST,
    "rounding": Rounding(to=50, down=True),
    "leave_minutes": 20,
    "late": Late.RESTART,
    "permit_grace_days": 5,
    "permit_end": PermitEnd.FROM_ENTRY,
    "second_car": SecondCar.REFUSE,
    "owe_limit": 0,
    "owe_days": 90,
    "no_entry": NoEntry.FIRST_BLOCK,
    "no_entry_fen": 10_00,
    "events": (EventWindow(start=at("2027-02-01 00:00"), end=at("2027-02-02 00:00"), fen=5_00, reason="灯会"),),
    "occupation": Occupation(fen=10_00),
    "split": Split(tax_percent=9, owners_percent=70),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHANGES)
def test_no_parameter_can_be_changed_without_a_word(name, language):
    """Who approves a version has read all of it."""
    t = words_in(language)
    assert tariff_said(t, T1.model_copy(update={name: CHANGES[name]})) != tariff_said(t, T1)


def test_that_covers_every_parameter_there_is():
    assert set(CHANGES) | set(GIVEN) == set(Tariff.model_fields)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in dir(tariffs) if name.startswith("T") and name[1:2].isdigit()])
def test_every_kind_has_its_sentences(name, language):
    said = tariff_said(words_in(language), getattr(tariffs, name))
    assert len(said) == len(set(said))
    assert all("parking." not in one and "{" not in one and one[-1] in "。." for one in said)


@pytest.mark.req("PARK-02")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", Rule)
def test_every_rule_that_makes_a_line_has_its_words(rule, language):
    said = line_said(words_in(language), Line(rule, 0, 60, 1, 5_00, -5_00, "灯会"), at("06-01 10:00"))
    assert "parking." not in said.what + said.sum and said.amount == "-¥5.00"


@pytest.mark.req("PARK-02")
def test_a_line_says_rule_times_and_how_its_amount_came_to_be():
    t, one = words_in("zh_CN"), stay("06-01 18:40", "06-02 08:10")
    said = [line_said(t, line, one.entry) for line in price(one, T4A).lines]
    assert (said[0].what, said[0].sum, said[0].amount) == ("这个时段的价格", "4 × ¥2.00", "¥8.00")
    assert (said[0].start, said[0].end) == (at("06-01 18:40"), at("06-01 20:40"))
    assert ("这个时段最多收", "最多 ¥5.00", "-¥5.00") in [(each.what, each.sum, each.amount) for each in said]
    half = T7.model_copy(update={"rates": T1.rates, "part_used": PartUsed.PRO_RATA})
    bill = price(stay("06-01 10:00", "11:07"), half)
    last = line_said(t, bill.lines[1], at("06-01 10:00"))
    assert last.sum == "1 × ¥2.00，只用了一部分" and last.end - last.start == timedelta(minutes=7)


@pytest.mark.req("PARK-02")
def test_a_line_says_per_what_it_is_charged_and_lines_of_one_kind_are_told_apart():
    t, one = words_in("zh_CN"), stay("06-01 18:40", "06-02 08:10")
    said = [line_said(t, line, one.entry, T4A) for line in price(one, T4A).lines]
    assert len({each.what for each in said if each.what.endswith("的价格")}) > 1
    assert all("分钟" in each.sum for each in said if each.what.endswith("的价格"))
    bill = price(stay("06-01 10:00", "12:07"), T1)
    lines = [line_said(t, line, at("06-01 10:00"), T1) for line in bill.lines]
    assert [(each.what, each.sum) for each in lines] == [
        ("头 60 分钟的价格", "1 × ¥5.00"), ("之后的时间", "1 × ¥2.00，每 60 分钟"),
        ("之后的时间", "1 × ¥2.00，不满 60 分钟也算一次"),
    ]  # fmt: skip


@pytest.mark.req("PARK-16")
def test_every_coupon_on_a_bill_names_who_gave_it():
    given = [Coupon(coupon_id=new_id(), issuer=name, minutes=60) for name in ("超市", "理发店")]
    t, one = words_in("zh_CN"), stay("06-01 10:00", "14:00")
    both = T1.model_copy(update={"stacking": Stacking.UNLIMITED})
    said = [line_said(t, line, one.entry, T1).what for line in price(one, both, coupons=given).lines]
    assert [each for each in said if "优惠券" in each] == ["优惠券减时间（超市）", "优惠券减时间（理发店）"]


def test_a_part_of_a_fen_is_said_as_exactly_as_it_can_be():
    t = words_in("en")
    assert [exact_money(t, one) for one in (235, Fraction(1, 2), Fraction(-1, 3), Fraction(4, 2))] == [
        "¥2.35", "¥0.0050", "≈-¥0.0033", "¥0.02",
    ]  # fmt: skip


@pytest.mark.req("PARK-26")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_public_board_speaks_as_a_driver_would_and_shows_what_the_engine_charges(language):
    t, jargon = (
        words_in(language),
        {"zh_CN": "首段|周期|封顶|计费|入场起计|免费时间内|宽限", "en": "block|window|cap\\b|band"},
    )
    for tariff in (T1, T4A, T7):
        said = " ".join((*prices_said(t, tariff), *board_said(t, tariff)))
        assert re.findall(jargon[language], said) == [], said
    of, said = examples_said(t, T1)
    assert "09:00" in of and [one.split("¥")[1] for one in said] == ["5.00", "7.00", "13.00", "20.00", "20.00"]
