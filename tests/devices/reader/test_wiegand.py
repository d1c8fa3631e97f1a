"""Wiegand bits: what is sent is what is read, and one wrong bit is no card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reader.wiegand import FORMATS, KEYS, Card, Format, decode, encode, key_of, mirrored


def cards(form: Format) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, (1 << form.facility_bits) - 1), st.integers(0, (1 << form.number_bits) - 1))


def test_the_measured_card_reads_as_in_the_handbook() -> None:
    value = int("10111101110110010011011101", 2)
    assert encode(123, 45678, FORMATS[26]) == value
    assert decode(value, FORMATS[26]) == Card("wiegand26", 123, 45678)


def test_34_bits_have_the_same_shape_with_16_and_16() -> None:
    """Written out: P, facility, number, Q; P makes bits 0 to 16 even, Q makes bits 17 to 33 odd."""
    facility, number = f"{123:016b}", f"{45678:016b}"
    assert facility.count("1") == 6 and number.count("1") == 9
    written = "0" + facility + number + "0"
    assert encode(123, 45678, FORMATS[34]) == int(written, 2)
    assert decode(int(written, 2), FORMATS[34]) == Card("wiegand34", 123, 45678)
    assert decode(int("1" + written[1:-1] + "1", 2), FORMATS[34]) is None, "two wrong parities are no right one"


@pytest.mark.parametrize("form", FORMATS.values())
@given(data=st.data())
def test_what_is_sent_is_what_is_read(form: Format, data: st.DataObject) -> None:
    facility, number = data.draw(cards(form))
    value = encode(facility, number, form)
    assert decode(value, form) == Card(form.name, facility, number)
    assert decode(mirrored(mirrored(value, form.bits), form.bits), form) == Card(form.name, facility, number)


@pytest.mark.req("INT-06")
@pytest.mark.parametrize("form", FORMATS.values())
@given(data=st.data())
def test_one_wrong_bit_is_no_card(form: Format, data: st.DataObject) -> None:
    value = encode(*data.draw(cards(form)), form)
    assert decode(value ^ 1 << data.draw(st.integers(0, form.bits - 1)), form) is None
    assert decode(value | 1 << form.bits, form) is None


def test_what_a_format_has_no_room_for_is_never_cut() -> None:
    for facility, number in ((256, 1), (1, 65536), (-1, 1), (1, -1)):
        with pytest.raises(ValueError, match="wiegand26 has no"):
            encode(facility, number, FORMATS[26])


def test_a_key_comes_in_four_bits_or_in_eight_that_agree() -> None:
    for at, key in enumerate(KEYS):
        assert key_of(at, 4) == key
        assert key_of((at ^ 0xF) << 4 | at, 8) == key
        assert key_of(at << 4 | at, 8) is None
    assert key_of(12, 4) is key_of(1, 5) is key_of(16, 4) is None
