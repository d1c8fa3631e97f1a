"""PINs behind a unit: not trivial, nobody else's, and the same door under duress."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.access import pins
from models.access.pins import UnitPin, UnitPins, duress_of, find_pin, hash_pin, is_free, is_pin, is_trivial
from models.values.ids import new_id

SALT = "5a" * 16
pin_texts = st.text("0123456789", min_size=6, max_size=12)


def unit(*texts: str) -> UnitPins:
    made = tuple(UnitPin(hash=hash_pin(text, SALT), credential_id=new_id(), cardholder_id=new_id()) for text in texts)
    return UnitPins(unit="31502", salt=SALT, pins=made)


@pytest.mark.req("ACC-27")
@pytest.mark.parametrize(
    "pin", ["000000", "123456", "654321", "890123", "121212", "123123", "123321", "9876543210", "1231231231"[:9]]
)
def test_a_trivial_pin_is_seen(pin: str) -> None:
    assert is_trivial(pin)


@pytest.mark.req("ACC-27")
@pytest.mark.parametrize("pin", ["402817", "135792", "19840317", "900113"])
def test_an_ordinary_one_is_none(pin: str) -> None:
    assert is_pin(pin) and not is_trivial(pin)


@pytest.mark.req("ACC-27")
@pytest.mark.parametrize("text", ["", "12345", "1234567890123", "12a456", "１２３４５６", "12 456"])
def test_what_is_no_pin(text: str) -> None:
    assert not is_pin(text)


@pytest.mark.req("ACC-20", "ACC-27")
@settings(max_examples=12, deadline=None)
@given(pin_texts, pin_texts)
def test_whose_it_is_and_whether_under_duress(monkeypatch_free: None, one: str, other: str) -> None:
    there = unit(one)
    plain, forced = find_pin([there], "31502", one), find_pin([there], "31502", duress_of(one))
    assert plain is not None and not plain.duress
    assert forced is not None and forced.duress and forced.pin == plain.pin
    assert find_pin([there], "31503", one) is None and find_pin([], "31502", one) is None
    if is_free(other, there):
        both = UnitPins(unit="31502", salt=SALT, pins=(*there.pins, *unit(other).pins))
        meanings = {(found.pin.hash, found.duress) for text in (one, duress_of(one), other, duress_of(other))
                    if (found := find_pin([both], "31502", text))}  # fmt: skip
        assert len(meanings) == 4, "no key sequence of a unit means two things"


@pytest.mark.req("ACC-20")
def test_nobody_gets_what_is_anothers_nor_what_is_anothers_under_duress() -> None:
    there = unit("402817")
    assert not is_free("402817", there) and not is_free("402818", there) and not is_free("402816", there)
    assert is_free("402815", there) and is_free("402817", None)
    assert duress_of("402819") == "402810"


def test_what_is_no_pin_is_nobodys() -> None:
    assert find_pin([unit("402817")], "31502", "") is None


@pytest.fixture(scope="module")
def monkeypatch_free():
    """Hashes as cheap as they can be: the property is about meanings, not about cost."""
    before, pins.COST = pins.COST, 2
    yield
    pins.COST = before
