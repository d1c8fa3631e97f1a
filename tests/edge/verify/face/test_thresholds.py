"""Thresholds are the measured ones, belong to one model, and end where the measuring ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.errors import UnknownModel
from edge.verify.face.thresholds import search_threshold, verify_threshold
from edge.verify.face.weights import MODEL


@pytest.mark.req("ACC-08")
def test_one_to_one_is_fmr_1e_4_with_margins() -> None:
    assert verify_threshold(MODEL, photos=1, calibrated=True) == 0.417
    assert verify_threshold(MODEL, photos=1) == 0.467
    assert verify_threshold(MODEL, photos=3) == 0.482


@pytest.mark.req("ACC-08")
@pytest.mark.parametrize(
    ("people", "least"), [(1, 0.485), (1_000, 0.485), (1_001, 0.495), (4_000, 0.513), (10_000, 0.53), (20_000, 0.55)]
)
def test_a_search_uses_the_measured_size_at_or_above(people: int, least: float) -> None:
    assert search_threshold(MODEL, people, photos=1, calibrated=True) == least
    assert search_threshold(MODEL, people, photos=3) == pytest.approx(least + 0.065)


@pytest.mark.req("ACC-08")
@given(st.integers(0, 19_999), st.integers(1, 10), st.booleans())
def test_more_people_never_need_less(people: int, photos: int, calibrated: bool) -> None:
    here = search_threshold(MODEL, people, photos, calibrated)
    assert here <= search_threshold(MODEL, people + 1, photos, calibrated)
    assert here > verify_threshold(MODEL, photos, calibrated)


@pytest.mark.req("SEC-18")
def test_a_model_nobody_measured_has_no_threshold() -> None:
    with pytest.raises(UnknownModel):
        verify_threshold("0123456789abcdef", photos=1)
    with pytest.raises(UnknownModel):
        search_threshold("0123456789abcdef", 10, photos=1)


@pytest.mark.req("ACC-08")
def test_more_people_than_were_measured_are_not_searched() -> None:
    with pytest.raises(UnknownModel, match="20001"):
        search_threshold(MODEL, 20_001, photos=3)
