"""No control character in a text, found and replaced in JSON as it is written."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.values.text import (
    LAYOUT,
    Lines,
    Printable,
    control_in_json,
    has_control,
    without_control,
    without_control_in_json,
)

pytestmark = pytest.mark.req("SEC-08")

TEXTS = st.text(st.sampled_from('a\\"/nu0\x00\n\x1b\x7f\x9f门é\u2028') | st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)


@given(st.characters(codec="utf-8"))
def test_control_is_what_unicode_calls_so(character):
    assert has_control(f"a{character}") is (unicodedata.category(character) == "Cc")


@given(VALUES, st.booleans())
def test_one_is_found_where_there_is_one_however_it_is_written(value, ascii_only):
    told = json.dumps(value, ensure_ascii=ascii_only)
    assert (control_in_json(told) is not None) is any(has_control(one) for one in texts_of(value))


@given(VALUES, st.booleans())
def test_what_is_replaced_is_only_that(value, ascii_only):
    clean = without_control_in_json(json.dumps(value, ensure_ascii=ascii_only))
    assert control_in_json(clean) is None
    before, after = [*texts_of(value)], [*texts_of(json.loads(clean))]
    if len(before) == len(after):  # two keys may have become one
        assert after == ["".join("\ufffd" if has_control(c) else c for c in one) for one in before]


def test_the_place_is_told():
    assert control_in_json('{"a": {"b": ["x", "\\u0000"]}}') == "a.b.1"
    assert control_in_json('{"a\\n": 1}') == "" and control_in_json('{"a": "C:\\\\new\\\\u0000"}') is None


def taken(form: object, text: str) -> bool:
    try:
        return TypeAdapter(form).validate_python(text) == text
    except ValidationError:
        return False


@given(st.text())
def test_a_line_has_none_and_several_lines_have_their_breaks_alone(text):
    assert taken(Printable, text) is not has_control(text)
    assert taken(Lines, text) is not has_control("".join(sign for sign in text if sign not in LAYOUT))
    assert not has_control(without_control(text)) and taken(Lines, without_control(text, but=LAYOUT))
