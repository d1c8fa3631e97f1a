"""One rounding, half up, at the end of a bill line; sums are sums of rounded lines."""

from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.values.money import Fen, line_fen, sum_fen

FEN: TypeAdapter[int] = TypeAdapter(Fen)


@pytest.mark.req("GEN-03")
@pytest.mark.parametrize(
    ("exact", "fen"),
    [
        (Fraction(1, 2), 1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),  # not banker's rounding
        (Fraction(49, 100), 0),
        (Fraction(-1, 2), 0),  # half towards plus infinity: a credit of half a fen is no credit
        (Fraction(-3, 2), -1),
        (Fraction(-51, 100), -1),
        (Fraction(10**30 * 2 + 1, 2), 10**30 + 1),  # beyond what a float could tell
        (7, 7),
        (-7, -7),
        (0, 0),
    ],
)
def test_a_line_is_rounded_half_up(exact: Fraction | int, fen: int) -> None:
    assert line_fen(exact) == fen


@pytest.mark.req("GEN-03")
@given(st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**6))
def test_a_line_is_never_more_than_half_a_fen_away_and_the_half_goes_up(exact: Fraction) -> None:
    off = line_fen(exact) - exact
    assert Fraction(-1, 2) < off <= Fraction(1, 2)


@pytest.mark.req("GEN-03")
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_it_agrees_with_decimal_arithmetic(exact: Decimal) -> None:
    assert line_fen(Fraction(exact)) == int((exact + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


@pytest.mark.req("GEN-03")
def test_a_sum_is_the_sum_of_rounded_lines_and_not_a_rounded_sum() -> None:
    thirds = (Fraction(100, 3),) * 3
    assert sum_fen(tuple(line_fen(t) for t in thirds)) == 99
    assert line_fen(sum(thirds, Fraction(0))) == 100
    assert sum_fen(()) == 0


@pytest.mark.req("GEN-03")
@pytest.mark.parametrize("value", [1.0, "1", True, None, 1.5])
def test_money_is_an_integer_and_nothing_that_looks_like_one(value: object) -> None:
    with pytest.raises(ValidationError):
        FEN.validate_python(value)
