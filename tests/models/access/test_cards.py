"""Cards: what is another card, however alike the numbers are, has another digest; and a digest shows no number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.cards import Card, card_digest

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
cards = st.builds(
    Card,
    format=st.sampled_from(["wiegand26", "wiegand34", "uid", "decimal"]),
    facility=st.none() | st.integers(0, 1 << 16),
    number=st.integers(0, 1 << 64),
)


@pytest.mark.req("ACC-28")
@given(cards, cards)
def test_one_digest_is_one_card(one: Card, other: Card) -> None:
    assert (card_digest(KEY, one) == card_digest(KEY, other)) == (one == other)
    assert card_digest(KEY, one) != card_digest(OTHER_KEY, one)


@pytest.mark.req("ACC-28")
def test_one_card_read_in_two_formats_is_two() -> None:
    short = Card(format="wiegand26", facility=123, number=45678)
    assert card_digest(KEY, short) != card_digest(KEY, Card(format="wiegand34", facility=123, number=45678))
    assert card_digest(KEY, short) != card_digest(KEY, Card(format="wiegand26", facility=None, number=45678))
    assert "45678" not in card_digest(KEY, short)
