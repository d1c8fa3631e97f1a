"""Comparisons as values: matched, below the threshold, ambiguous, nothing to compare with."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.embed import unit
from edge.verify.face.errors import ModelMismatch
from edge.verify.face.gallery import Gallery
from edge.verify.face.match import MARGIN, Probe, match_one, search
from edge.verify.face.quality import Unfit
from edge.verify.face.result import result_of, result_of_unfit
from edge.verify.face.template import Template, template_of
from models.access.verification import FaceStatus, Liveness

MODEL = "0123456789abcdef"
COSINES = st.floats(-0.99, 0.99).map(lambda c: round(c, 3))
PROBE = Probe(unit(np.eye(128)[0]), MODEL)


def at(cosine: float, axis: int = 1) -> Template:
    """A template whose cosine with PROBE is as given."""
    vector = np.zeros(128)
    vector[0], vector[axis] = cosine, np.sqrt(1 - cosine**2)
    return template_of([unit(vector)], MODEL)


@pytest.mark.req("ACC-04")
@given(COSINES, COSINES)
def test_one_to_one_is_the_threshold_and_nothing_else(cosine: float, threshold: float) -> None:
    match = match_one(PROBE, at(cosine), threshold)
    if abs(cosine - threshold) > 1e-5:
        assert (match.status is FaceStatus.MATCHED) == (cosine > threshold)
    assert match.score == pytest.approx(cosine, abs=1e-5)
    assert (match.threshold, match.one_to_many, match.cardholder_id) == (threshold, False, None)


@pytest.mark.req("ACC-14")
@given(COSINES, COSINES, st.floats(0.0, 0.9), st.floats(0.0, 0.3))
def test_a_search_needs_the_threshold_and_the_margin(one: float, other: float, threshold: float, margin: float) -> None:
    people = {UUID(int=1): one, UUID(int=2): other}
    gallery = Gallery(MODEL, [(person, at(cosine, axis=person.int)) for person, cosine in people.items()])
    match = search(PROBE, gallery, threshold, margin)
    best, second = max(one, other), min(one, other)
    if abs(best - threshold) < 1e-5 or abs(best - second - margin) < 1e-5:
        return  # float32 may fall on either side
    if best < threshold:
        expected = FaceStatus.BELOW_THRESHOLD
    elif best - second < margin:
        expected = FaceStatus.AMBIGUOUS
    else:
        expected = FaceStatus.MATCHED
    assert match.status is expected
    assert (match.cardholder_id is None) == (expected is not FaceStatus.MATCHED)
    if match.cardholder_id is not None:
        assert people[match.cardholder_id] == best


@pytest.mark.req("ACC-14")
def test_twins_are_ambiguous_by_default_and_the_margin_is_the_requirement_s() -> None:
    assert MARGIN == 0.05
    twins = Gallery(MODEL, [(UUID(int=1), at(0.90, 1)), (UUID(int=2), at(0.86, 2))])
    match = search(PROBE, twins, 0.5)
    assert match.status is FaceStatus.AMBIGUOUS
    assert match.cardholder_id is None
    assert match.runner_up == pytest.approx(0.86, abs=1e-5)


@pytest.mark.req("ACC-14")
def test_a_runner_up_below_the_threshold_still_makes_it_ambiguous() -> None:
    near = Gallery(MODEL, [(UUID(int=1), at(0.52, 1)), (UUID(int=2), at(0.48, 2))])
    assert search(PROBE, near, 0.5).status is FaceStatus.AMBIGUOUS


@pytest.mark.req("ACC-04")
def test_nothing_to_compare_with_is_said() -> None:
    assert match_one(PROBE, None, 0.5).status is FaceStatus.NO_REFERENCE
    assert search(PROBE, Gallery(MODEL), 0.5).status is FaceStatus.NO_REFERENCE


@pytest.mark.req("ACC-04")
def test_vectors_that_are_no_numbers_never_match() -> None:
    broken = Probe(np.full(128, np.nan, np.float32), MODEL)
    assert match_one(broken, at(0.9), 0.5).status is FaceStatus.BELOW_THRESHOLD
    assert search(broken, Gallery(MODEL, [(UUID(int=1), at(0.9))]), 0.5).status is not FaceStatus.MATCHED


@pytest.mark.req("PRIV-09")
def test_models_are_never_mixed() -> None:
    other = Probe(PROBE.vector, "another")
    with pytest.raises(ModelMismatch):
        match_one(other, at(0.9), 0.5)
    with pytest.raises(ModelMismatch):
        search(other, Gallery(MODEL), 0.5)


@pytest.mark.req("ACC-04")
@pytest.mark.parametrize("unfit", Unfit)
def test_every_unfit_face_is_told_as_no_comparison(unfit: Unfit) -> None:
    told = result_of_unfit(unfit, MODEL, frames=3)
    assert told.status in (FaceStatus.LOW_QUALITY, FaceStatus.NO_FACE, FaceStatus.SEVERAL_FACES)
    assert (told.quality, told.score, told.cardholder_id, told.frames) == (unfit.value, None, None, 3)


@pytest.mark.req("ACC-04")
def test_a_comparison_is_told_with_score_threshold_and_model() -> None:
    told = result_of(match_one(PROBE, at(0.4), 0.5), MODEL, frames=2)
    assert (told.status, told.threshold, told.frames, told.model) == (FaceStatus.BELOW_THRESHOLD, 0.5, 2, MODEL)
    assert told.score == pytest.approx(0.4, abs=1e-5)
    assert told.liveness is Liveness.NOT_MEASURED
