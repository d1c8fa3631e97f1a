"""What the reader may choose from, and what the values call a plate, are the same plates."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.plate.grammar import FORMS, SYMBOLS, seen_as
from models.values.plate import PROVINCES, PlateKind, kind_of

LEFT_OUT = {PlateKind.EMBASSY, PlateKind.ARMED_POLICE, PlateKind.ARMY, PlateKind.AIRPORT, PlateKind.RESCUE}

texts = st.sampled_from(FORMS).flatmap(lambda form: st.tuples(*map(st.sampled_from, form))).map("".join)


@pytest.mark.req("LANE-01")
@given(texts)
def test_every_text_of_the_grammar_is_a_plate(text: str) -> None:
    assert kind_of(text) is not None


@pytest.mark.req("LANE-01")
@given(st.from_regex(rf"\A[{PROVINCES}][A-Z][A-Z0-9]{{4}}[A-Z0-9警学挂领港澳][A-Z0-9]?\Z"))
def test_every_plate_of_these_kinds_is_in_the_grammar(text: str) -> None:
    kind = kind_of(text)
    in_grammar = any(len(form) == len(text) and all(map(str.__contains__, form, text)) for form in FORMS)
    assert in_grammar == (kind is not None and kind not in LEFT_OUT)


def test_nothing_is_in_it_twice_and_a_small_letter_is_its_capital() -> None:
    assert len(set(SYMBOLS)) == len(SYMBOLS) and set("".join(map("".join, FORMS))) == set(SYMBOLS)
    assert (seen_as("B"), seen_as("0"), seen_as("O"), seen_as("1"), seen_as("警")) == ("Bb", "0Oo", "0Oo", "1Il", "警")
    ours = [set(seen_as(symbol)) for symbol in SYMBOLS if symbol != "O"]
    assert not any(one & other for one, other in product(ours, ours) if one is not other)
