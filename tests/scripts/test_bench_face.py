"""The bench of faces counts what it says it counts, on scores whose answer is known, and never calls a gap met."""

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.embed import unit
from edge.verify.face.gallery import Gallery
from edge.verify.face.match import Probe, search
from edge.verify.face.template import template_of
from edge.verify.face.weights import MODEL
from models.access.verification import FaceStatus
from scripts import bench_cli, bench_face, bench_face_accuracy, bench_face_pairs
from scripts.bench_face_accuracy import ANY_SCORE, Photo, Searches


def people(seed: int = 1) -> list[Photo]:
    """Ten people of five photos, fifty of one, twenty of two: each near to a direction of their own."""
    rng = np.random.default_rng(seed)
    photos = []
    for count, many in ((10, 5), (50, 1), (20, 2)):
        for n in range(count):
            middle = rng.normal(size=128)
            for k in range(many):
                vector = unit(middle + 0.3 * rng.normal(size=128))
                photos.append(Photo(f"{many}-{n}", Path(f"{k}.jpg"), vector, vector))
    return photos


@pytest.mark.req("ACC-08")
def test_easy_people_are_all_found_and_counted() -> None:
    found = bench_face_accuracy.search_all(people(), MODEL, 30, 3, draws=2)
    assert (len(found.mated_score), len(found.other_score)) == (2 * 10 * 2, 2 * (30 + 40))
    assert (found.people, found.not_enrolled, found.sets_refused, found.unfit) == (10, 0, 0, 0)
    least = bench_face_accuracy.least_threshold(found.other_score, 0.01)
    assert bench_face_accuracy.fnir(found, least) == 0
    assert bench_face_accuracy.fpir(found, least) <= 0.01
    assert bench_face_accuracy.interval(found, 0.01) == (0, 0)


@pytest.mark.req("ACC-08")
def test_nobody_is_searched_for_with_the_photo_that_enrolled_them() -> None:
    found = bench_face_accuracy.search_all(people(), MODEL, 30, 1, draws=1)
    assert max(found.mated_score) < 0.999
    assert len(found.mated_score) == 10 * 2


@pytest.mark.req("ACC-08")
def test_a_wrong_name_counts_as_a_miss() -> None:
    found = Searches(mated_score=[0.9, 0.9, 0.2, ANY_SCORE], mated_right=[True, False, True, True])
    assert bench_face_accuracy.fnir(found, 0.5) == 0.75


@pytest.mark.req("ACC-08")
@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=200), st.floats(0, 1))
def test_the_threshold_lets_no_larger_share_through_and_is_the_least_that_does(
    scores: list[float], share: float
) -> None:
    least = bench_face_accuracy.least_threshold(scores, share)
    reached = np.array(scores) >= least
    assert reached.mean() <= share or least > max(scores)
    lower = np.array(scores) >= np.nextafter(least, -np.inf)
    assert lower.mean() > share or least == np.nextafter(min(scores), np.inf)


@pytest.mark.req("ACC-08")
@given(st.integers(0, 2**32 - 1), st.floats(-0.5, 0.9))
def test_deciding_without_a_threshold_and_cutting_later_is_the_product_s_decision(seed: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    gallery = Gallery(
        MODEL, ((UUID(int=n), template_of([unit(rng.normal(size=4).repeat(32))], MODEL)) for n in range(5))
    )
    probe = Probe(unit(rng.normal(size=4).repeat(32)), MODEL)
    open_to_all, decided = search(probe, gallery, ANY_SCORE), search(probe, gallery, threshold)
    assert open_to_all.score is not None
    cut = open_to_all.status is FaceStatus.MATCHED and open_to_all.score >= threshold
    assert cut == (decided.status is FaceStatus.MATCHED)


@pytest.mark.req("ACC-08")
def test_pairs_are_of_different_photos_and_counted_once_each_way() -> None:
    vectors = np.eye(4, dtype=np.float32)
    found = bench_face_pairs.pairs_of(vectors, vectors, ["one", "one", "two", "three"])
    assert (len(found.mated), len(found.others)) == (2, 10)
    assert found.mated.max() == 0  # a photo against itself would be 1


@pytest.mark.req("ACC-08")
def test_without_labelled_photos_the_bench_is_not_met(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MENTING_DATA", raising=False)
    monkeypatch.setattr(bench_face.speed, "measure", lambda *given: [])
    rows = bench_face.measure(tmp_path, True, lambda done, of: None)
    assert len(rows) == 3 + 5 + 6, "who is sent back, searches, one to one, and each way of holding a photograph"
    assert all(row["measured"] == "not run: set MENTING_DATA" and row["met"] is False for row in rows)
    monkeypatch.setitem(bench_cli.MEASURES, "face", lambda quick, step: rows)
    monkeypatch.setattr("sys.argv", ["bench", "face", "--json", str(tmp_path / "rows.json")])
    assert bench_cli.main() == 1
    assert (tmp_path / "rows.json").stat().st_size > 0


@pytest.mark.req("ACC-08")
def test_curves_are_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    curve = bench_face_accuracy.det(rng.normal(0.7, 0.1, 500), rng.normal(0.2, 0.1, 5000))
    accepts, rejects = zip(*curve, strict=True)
    assert list(accepts) == sorted(accepts)
    assert list(rejects) == sorted(rejects, reverse=True)
    row = {"figure": "a", "measured": "", "goal": "–", "peer": "", "ratio": 0.5, "met": True, "det": curve}
    bench_cli.plot(tmp_path / "det.png", "face", [row])
    assert (tmp_path / "det.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.req("ACC-08")
def test_a_photo_of_nobody_counts_as_unfit() -> None:
    photos = [Photo(p.person, p.path, p.reference, None if p.path.name == "4.jpg" else p.probe) for p in people()]
    found = bench_face_accuracy.search_all(photos, MODEL, 30, 3, draws=3)
    assert len(found.mated_score) + found.unfit == 3 * 10 * 2
    assert found.unfit > 0


@pytest.mark.req("ACC-08")
def test_refusing_unlike_sets_leaves_the_odd_photo_to_search_with() -> None:
    photos, rng = people(), np.random.default_rng(7)
    odd = unit(rng.normal(size=128))
    photos = [Photo(p.person, p.path, odd, odd) if p.path.name == "4.jpg" and p.person == "5-0" else p for p in photos]
    as_they_come = bench_face_accuracy.search_all(photos, MODEL, 30, 3, draws=20)
    refusing = bench_face_accuracy.search_all(photos, MODEL, 30, 3, draws=20, refusing=True)
    assert as_they_come.sets_refused == 0
    assert refusing.sets_refused > 0
    missed = [sum(not right for right in found.mated_right) for found in (as_they_come, refusing)]
    assert 0 < missed[0] < missed[1] <= 20
