"""Sums in capitals, as a cashier in China writes them."""

from __future__ import annotations

import pytest

from central.money.receipts.capitals import in_capitals


@pytest.mark.req("PARK-27")
@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (5, "伍分"),
        (10, "壹角整"),
        (50, "伍角整"),
        (100, "壹元整"),
        (107, "壹元零柒分"),
        (700, "柒元整"),
        (1000, "壹拾元整"),
        (1010, "壹拾元壹角整"),
        (10750, "壹佰零柒元伍角整"),
        (100052, "壹仟元伍角贰分"),
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (168032, "壹仟陆佰捌拾元叁角贰分"),
        (10700053, "壹拾万柒仟元伍角叁分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (100_000_500, "壹佰万零伍元整"),
        (1_000_000_00, "壹佰万元整"),
        (1_0000_0000_00, "壹亿元整"),
        (1_0000_0001_00, "壹亿零壹元整"),
        (1_0001_0000_00, "壹亿零壹万元整"),
        (-700, "负柒元整"),
    ],
)
def test_a_sum_in_capitals(fen, said):
    assert in_capitals(fen) == f"人民币{said}"


@pytest.mark.req("PARK-27")
def test_no_two_sums_are_written_alike():
    sums = [*range(0, 30_000), *range(9_990_000, 10_020_000), *range(99_999_900, 100_000_200)]
    assert len({in_capitals(fen) for fen in sums}) == len(sums)
