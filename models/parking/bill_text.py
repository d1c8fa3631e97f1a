"""A bill's lines as words of a decision, and back: what the lane asked for can be explained wherever it is read.

    first_block 0 60 1 500 500; class_percent 0 130 1 450 -450 new_energy   rule, start, end, times, unit, amount, note

Minutes after the entry, fen; an amount that is no whole number stays exact (2/3), for the sum of lines is the fee. All
of it is one line: a journal takes no control characters.
"""

from collections.abc import Iterable
from fractions import Fraction

from models.parking.bill import Bill, Line, Rule

LINES_MAX = 60
"""Of one decision. A month by bands has more; then their sum, and how many are left out, is told."""
NOTE_MAX = 60
BETWEEN = "; "


def bill_text(bills: Iterable[Bill]) -> str:
    """At most LINES_MAX lines."""
    lines = [line for bill in bills for line in bill.lines]
    return BETWEEN.join(_said(line) for line in lines[:LINES_MAX])


def left_out(bills: Iterable[Bill]) -> int:
    """How many lines `bill_text` does not say."""
    return max(0, sum(len(bill.lines) for bill in bills) - LINES_MAX)


def read_bill(text: str) -> tuple[Line, ...]:
    """The lines again; one that cannot be read is left out, for it may come from a newer node."""
    return tuple(line for said in text.split(BETWEEN) if (line := _read(said)) is not None)


def _said(line: Line) -> str:
    note = " ".join("".join(one if one.isprintable() and one != ";" else " " for one in line.note).split())[:NOTE_MAX]
    figures = (line.start, line.end, line.times, Fraction(line.unit), Fraction(line.amount))
    return " ".join([line.rule.value, *map(str, figures), *([note] if note else [])])


def _read(said: str) -> Line | None:
    parts = said.split(" ", 6)
    try:
        rule, start, end, times = Rule(parts[0]), int(parts[1]), int(parts[2]), int(parts[3])
        unit, amount = (Fraction(one) for one in parts[4:6])
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return Line(rule, start, end, times, _plain(unit), _plain(amount), parts[6] if len(parts) > 6 else "")


def _plain(exact: Fraction) -> int | Fraction:
    return exact.numerator if exact.denominator == 1 else exact
