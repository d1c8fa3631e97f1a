"""Money is integer fen (GEN-03). Intermediate results stay exact; one rounding, half up, at the end of a bill line."""

from fractions import Fraction
from typing import Annotated

from pydantic import Field

Fen = Annotated[int, Field(strict=True)]


def line_fen(exact: Fraction | int) -> int:
    """The amount of one bill line: the exact result in fen, rounded once, half up (half towards plus infinity)."""
    return int((Fraction(exact) + Fraction(1, 2)) // 1)


def sum_fen(lines: tuple[int, ...]) -> int:
    """A sum of bill lines is the sum of the rounded lines, never a rounding of an exact sum."""
    return sum(lines)
