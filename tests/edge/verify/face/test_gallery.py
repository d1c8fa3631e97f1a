"""The gallery does what a dictionary of vectors would do, in any order of additions and removals."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.embed import unit
from edge.verify.face.errors import ModelMismatch
from edge.verify.face.gallery import Gallery
from edge.verify.face.template import Template, template_from_bytes, template_of

MODEL = "0123456789abcdef"
STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 24), st.integers(0, 2**32 - 1)), max_size=80)


def template(seed: int, photos: int = 1, model: str = MODEL) -> Template:
    return template_of([unit(np.random.default_rng(seed).normal(size=128))] * photos, model)


@pytest.mark.req("ACC-08")
@given(STEPS, st.integers(0, 2**32 - 1))
def test_it_is_a_dictionary_of_vectors(steps: list[tuple[bool, int, int]], probe_seed: int) -> None:
    gallery, plain = Gallery(MODEL), dict[UUID, np.ndarray]()
    for adds, who, seed in steps:
        person = UUID(int=who)
        if adds:
            gallery.add(person, template(seed))
            plain[person] = template(seed).vector
        else:
            assert gallery.remove(person) == (plain.pop(person, None) is not None)
        assert len(gallery) == len(plain)
        assert (person in gallery) == (person in plain)
    probe = template(probe_seed).vector
    nearest = gallery.nearest(probe)
    scores = sorted(((float(v @ probe), p) for p, v in plain.items()), reverse=True)
    if not scores:
        assert nearest is None
        return
    assert nearest is not None
    assert nearest.score == pytest.approx(scores[0][0], abs=1e-5)
    assert float(plain[nearest.cardholder_id] @ probe) == pytest.approx(scores[0][0], abs=1e-5)
    assert nearest.runner_up == (None if len(scores) == 1 else pytest.approx(scores[1][0], abs=1e-5))


@pytest.mark.req("PRIV-09")
def test_a_template_of_another_model_is_refused() -> None:
    with pytest.raises(ModelMismatch, match="enrol again"):
        Gallery(MODEL).add(UUID(int=1), template(1, model="another"))


@pytest.mark.req("PRIV-09")
def test_nothing_of_a_removed_template_stays_in_memory() -> None:
    gallery = Gallery(MODEL, [(UUID(int=n), template(n)) for n in range(40)])
    for n in range(40):
        gallery.remove(UUID(int=n))
    assert not gallery._rows.any()


@pytest.mark.req("PRIV-09")
@given(st.integers(0, 2**32 - 1), st.integers(1, 10))
def test_the_stored_form_gives_the_same_template(seed: int, photos: int) -> None:
    made = template(seed, photos)
    again = template_from_bytes(made.to_bytes(), MODEL)
    assert np.array_equal(made.vector, again.vector)
    assert (again.photos, again.model) == (photos, MODEL)


@pytest.mark.req("PRIV-09")
@pytest.mark.parametrize("content", [b"", b"\x01\x01", b"\x02\x01" + bytes(512), b"\x01\x01" + bytes(512), bytes(512)])
def test_other_bytes_are_no_template(content: bytes) -> None:
    with pytest.raises(ValueError, match="template"):
        template_from_bytes(content, MODEL)


@pytest.mark.req("PRIV-07")
def test_a_template_in_a_log_shows_no_numbers() -> None:
    assert repr(template(1, 3)) == f"Template(photos=3, model='{MODEL}')"
