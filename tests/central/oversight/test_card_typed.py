"""What somebody types from a card is what a reader says of the same card, or is refused with an example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.errors import Invalid
from central.oversight.console.card_typed import PRINTED, card_typed
from devices.reader.lines import Profile, meaning
from devices.reader.wiegand import FORMATS
from models.access.cards import Card


@pytest.mark.parametrize(
    ("printed", "text", "card"),
    [
        ("wiegand26", "012,34567", Card(format="wiegand26", facility=12, number=34567)),
        ("wiegand26", "12，34567", Card(format="wiegand26", facility=12, number=34567)),
        ("wiegand26", "１２,３４５６９", Card(format="wiegand26", facility=12, number=34569)),
        ("wiegand26", "１２－３４５６９", Card(format="wiegand26", facility=12, number=34569)),
        ("decimal", "０００８４３９１２３", Card(format="decimal10", number=8439123)),
        ("uid", "０４Ａ２ｂ３　Ｃ４", Card(format="uid32", number=0x04A2B3C4)),
        ("wiegand34", "12345 34567", Card(format="wiegand34", facility=12345, number=34567)),
        ("decimal", "0008439123", Card(format="decimal10", number=8439123)),
        ("uid", "04:a2:b3:c4", Card(format="uid32", number=0x04A2B3C4)),
    ],
)
def test_a_card_is_read_from_what_is_printed_on_it(printed, text, card):
    assert card_typed(printed, text) == card


@pytest.mark.parametrize(
    ("printed", "text", "profile"),
    [
        ("wiegand26", "12,34567", Profile("comma")),
        ("wiegand34", "12345,34567", Profile("comma", FORMATS[34])),
        ("decimal", "0008439123", Profile("decimal")),
        ("uid", "04A2B3C4", Profile("uid")),
    ],
)
def test_a_reader_says_the_same_of_the_card(printed, text, profile):
    read = meaning(text, profile)
    assert card_typed(printed, text) == Card(format=read.format, facility=read.facility, number=read.number)


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("wiegand26", "256,1"), ("wiegand26", "1,65536"), ("wiegand26", "34567"), ("wiegand34", "65536,1"),
        ("decimal", "123"), ("decimal", "12a45"), ("uid", "04A2B3"), ("uid", "04A2B3CX"), ("magic", "1"), ("uid", ""),
    ],
)  # fmt: skip
def test_what_no_reader_says_is_refused_beside_its_field(printed, text):
    with pytest.raises(Invalid) as refused:
        card_typed(printed, text)
    assert list(refused.value.fields) == ["number"]


@given(st.sampled_from(PRINTED), st.text(max_size=30))
def test_whatever_is_typed_is_a_card_or_refused(printed, text):
    try:
        assert isinstance(card_typed(printed, text), Card)
    except Invalid as refused:
        assert refused.fields
