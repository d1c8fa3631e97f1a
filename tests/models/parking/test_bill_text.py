"""A bill as words of a decision: read again line for line, whatever is in it."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.bill import Bill, Line, Rule
from models.parking.bill_text import LINES_MAX, bill_text, left_out, read_bill
from models.parking.pricing import price
from tests.models.parking.tariffs import NUMBER, T1, stay

exact = st.integers(-10_000, 10_000) | st.fractions(max_denominator=1440).filter(lambda one: one.denominator > 1)
minute = st.integers(0, 43_200)
notes = st.text(max_size=80)
lines = st.lists(
    st.builds(Line, st.sampled_from(Rule), minute, minute, st.integers(0, 999), exact, exact, notes), max_size=5
)


def bill(made: list[Line]) -> Bill:
    return Bill(NUMBER, 1, 0, tuple(made), 0, {}, False)


@pytest.mark.req("PARK-02")
@given(lines)
def test_every_line_is_read_again_and_its_note_as_one_line(made: list[Line]) -> None:
    again = read_bill(bill_text([bill(made)]))
    assert [one._replace(note="") for one in again] == [one._replace(note="") for one in made]
    for one, was in zip(again, made, strict=True):
        assert one.note == " ".join(re.sub(r"[^ -~\w]|;", " ", was.note).split())[:60] or not was.note.isascii()
    assert bill_text([bill(made)]).isprintable(), "a journal takes no control characters"


def test_a_real_bill_says_what_it_is_made_of() -> None:
    made = price(stay("06-01 10:00", "12:20"), T1)
    assert bill_text([made]).startswith("first_block 0 60 1 500 500; ")
    assert sum(one.amount for one in read_bill(bill_text([made]))) == made.fee


def test_a_month_is_cut_and_says_so() -> None:
    many = bill([Line(Rule.BLOCKS, 0, 60, 1, 200, Fraction(200))] * (LINES_MAX + 3))
    assert len(read_bill(bill_text([many]))) == LINES_MAX and left_out([many]) == 3 and left_out([bill([])]) == 0


@given(st.text(max_size=200))
def test_what_is_no_bill_is_read_as_none(text: str) -> None:
    assert all(isinstance(one, Line) for one in read_bill(text))
    assert read_bill("blocks 0 60 1 1/0 5; new_rule 0 60 1 1 1; blocks") == ()
