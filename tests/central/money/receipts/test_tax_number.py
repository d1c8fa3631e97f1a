"""Tax numbers: their length, and the check character of the unified code."""

from __future__ import annotations

import pytest

from central.money.receipts.tax_number import CODE, check_of, problem_of, tidied

KNOWN = ("91350100M000100Y43", "91110000600037341L")
"""The example of GB 32100-2015, and a published registration: made by others than this code."""


@pytest.mark.req("PARK-27")
@pytest.mark.parametrize("number", KNOWN)
def test_the_check_character_is_that_of_the_standard(number):
    assert problem_of(number) is None and check_of(number[:-1]) == number[-1]


@pytest.mark.req("PARK-27")
def test_any_single_mistyped_character_is_found():
    for at, sign in enumerate(KNOWN[0]):
        for other in CODE:
            if other != sign:
                assert problem_of(KNOWN[0][:at] + other + KNOWN[0][at + 1 :]) == "receipts.tax_check"


@pytest.mark.req("PARK-27")
@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("310115123456789", None),
        ("31011519800101123401", None),
        ("91350100M000100Y4", "receipts.tax_length"),
        ("9135010OM000100Y43", "receipts.tax_check"),  # the letter O for a nought
        ("91350100M000100Y4。", "receipts.tax_signs"),
        ("", "receipts.tax_signs"),
    ],
)
def test_what_is_no_tax_number_says_what_is_wrong(number, problem):
    assert problem_of(number) == problem


@pytest.mark.req("PARK-27")
def test_a_number_is_taken_as_a_thumb_types_it():
    assert tidied(" 91350100 m000100y-43 ") == KNOWN[0]
