"""Thresholds are the measured ones, belong to one model, and end where the measuring ended."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.backend import DLIB_MODEL
from edge.verify.face.errors import OneToOneOnly, UnknownModel
from edge.verify.face.site_thresholds import FILE, Measure, SiteThresholds, read_site_thresholds
from edge.verify.face.thresholds import search_threshold, verify_threshold
from edge.verify.face.weights import MODEL


@pytest.mark.req("ACC-08")
def test_one_to_one_is_fmr_1e_4_with_margins() -> None:
    assert verify_threshold(MODEL, photos=1, calibrated=True) == 0.422
    assert verify_threshold(MODEL, photos=1) == 0.472
    assert verify_threshold(MODEL, photos=3) == 0.487


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
    here = search_threshold(MODEL, people, photos, calibrated=calibrated)
    assert here <= search_threshold(MODEL, people + 1, photos, calibrated=calibrated)
    assert here > verify_threshold(MODEL, photos, calibrated=calibrated)


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


@pytest.mark.req("ACC-08")
@given(st.integers(1, 20_000), st.integers(1, 10), st.integers(2, 8))
def test_a_mean_of_frames_needs_more(people: int, photos: int, frames: int) -> None:
    assert verify_threshold(MODEL, photos, frames) == pytest.approx(verify_threshold(MODEL, photos) + 0.015)
    assert search_threshold(MODEL, people, photos, frames) > search_threshold(MODEL, people, photos)


@pytest.mark.req("SEC-18")
def test_dlib_has_a_threshold_of_its_own_and_none_to_search_with() -> None:
    assert verify_threshold(DLIB_MODEL, photos=1) > verify_threshold(MODEL, photos=1)
    with pytest.raises(OneToOneOnly, match="50 %"):
        search_threshold(DLIB_MODEL, 10, photos=1)


def of_a_site(verify: float = 0.44, search: float | None = 0.5, **changed: object) -> SiteThresholds:
    measured = Measure(least=verify, goal=1e-4, trials=44_850, reached=0, rate_max=7e-5)
    found = None if search is None else Measure(least=search, goal=0.01, trials=300, reached=0, rate_max=0.01)
    given = SiteThresholds(
        model=MODEL, made_at=datetime(2026, 11, 23, tzinfo=UTC), people=300, photos=3, verify=measured, search=found
    )
    return given.model_copy(update=changed)


@pytest.mark.req("ACC-08")
def test_a_site_s_own_measurement_takes_the_place_of_the_margin() -> None:
    site = of_a_site()
    assert verify_threshold(MODEL, 3, site=site) == 0.44
    assert search_threshold(MODEL, 300, 3, site=site) == 0.5
    assert search_threshold(MODEL, 300, 3, frames=4, site=site) == 0.515


@pytest.mark.req("ACC-08")
def test_a_site_may_be_stricter_than_any_default() -> None:
    assert verify_threshold(MODEL, 3, site=of_a_site(verify=0.61)) == 0.61
    assert search_threshold(MODEL, 300, 3, site=of_a_site(search=0.7)) == 0.7


@pytest.mark.req("ACC-08")
@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(1, 360))
def test_no_site_goes_below_what_was_measured_before(verify: float, search: float, people: int) -> None:
    site = of_a_site(verify, search)
    assert verify_threshold(MODEL, 3, site=site) >= verify_threshold(MODEL, 3, calibrated=True)
    assert search_threshold(MODEL, people, 3, site=site) >= search_threshold(MODEL, people, 3, calibrated=True)


@pytest.mark.req("ACC-08")
def test_a_measurement_of_something_else_does_not_count() -> None:
    for site in (of_a_site(model="another"), of_a_site(photos=1)):
        assert verify_threshold(MODEL, 3, site=site) == verify_threshold(MODEL, 3)
        assert search_threshold(MODEL, 300, 3, site=site) == search_threshold(MODEL, 300, 3)
    assert search_threshold(MODEL, 360, 3, site=of_a_site()) == 0.5
    assert search_threshold(MODEL, 361, 3, site=of_a_site()) == search_threshold(MODEL, 361, 3)
    assert search_threshold(MODEL, 300, 3, site=of_a_site(search=None)) == search_threshold(MODEL, 300, 3)


@pytest.mark.req("ACC-08")
def test_the_file_gives_what_was_written_and_a_broken_one_gives_nothing(tmp_path: Path) -> None:
    assert read_site_thresholds(tmp_path) is None
    (tmp_path / FILE).write_text(of_a_site().model_dump_json())
    assert read_site_thresholds(tmp_path) == of_a_site()
    for broken in (b"", b"{}", b"\xff", of_a_site().model_dump_json().replace("0.44", "-1").encode()):
        (tmp_path / FILE).write_bytes(broken)
        assert read_site_thresholds(tmp_path) is None
