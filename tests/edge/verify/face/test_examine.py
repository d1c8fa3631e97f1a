"""Real faces in composed gate frames: the fit are matched with the right person, the unfit never reach the matcher."""

from collections.abc import Callable
from uuid import UUID

import cv2
import numpy as np
import pytest

from edge.verify.face.enrol import make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.gallery import Gallery
from edge.verify.face.match import match_one, search
from edge.verify.face.quality import Unfit
from edge.verify.face.template import Template
from edge.verify.face.thresholds import search_threshold, verify_threshold
from models.access.verification import FaceStatus
from scripts.prepare import frames
from scripts.prepare.demo_faces import DemoFaces

SEEDS = range(4)


def enrolled(reader: FaceReader, *photos: np.ndarray) -> Template:
    made = make_template(photos, reader)
    assert isinstance(made, Template), made
    return made


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (lambda face, seed: frames.no_face(seed), Unfit.NO_FACE),
        (lambda face, seed: frames.two_faces(face, face, seed), Unfit.SEVERAL_FACES),
        (frames.tiny_face, Unfit.TOO_SMALL),
        (frames.blurred_face, Unfit.TOO_BLURRED),
        (frames.dark_face, Unfit.TOO_DARK),
    ],
    ids=["nobody", "two", "tiny", "blurred", "dark"],
)
def test_the_unfit_are_never_embedded(
    reader: FaceReader,
    astronaut: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    frame: Callable[[np.ndarray, int], np.ndarray],
    expected: Unfit,
    seed: int,
) -> None:
    embedded: list[object] = []
    monkeypatch.setattr(reader._embedder, "embed", embedded.append)
    examined = reader.examine(frame(astronaut, seed))
    assert examined.unfit is expected
    assert examined.probe is None
    assert embedded == []


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_burnt_out_face_is_not_fit(reader: FaceReader, astronaut: np.ndarray, seed: int) -> None:
    frame = frames.compose(astronaut, None, seed)
    burnt = np.clip(frame.astype(np.float32) * 1.9 + 20, 0, 255).astype(np.uint8)
    assert reader.examine(burnt).unfit in (Unfit.TOO_BRIGHT, Unfit.NO_FACE)


@pytest.mark.req("ACC-08")
@pytest.mark.parametrize("seed", range(8))
def test_the_enrolled_person_is_matched(reader: FaceReader, astronaut: np.ndarray, seed: int) -> None:
    template = enrolled(reader, astronaut)
    examined = reader.examine(frames.compose(astronaut, None, seed))
    assert examined.probe is not None, examined.unfit
    match = match_one(examined.probe, template, verify_threshold(reader.model, template.photos))
    assert match.status is FaceStatus.MATCHED


@pytest.mark.req("ACC-04")
@pytest.mark.parametrize("seed", SEEDS)
def test_other_photos_of_a_person_match_and_other_people_do_not(
    reader: FaceReader, three_people: DemoFaces, seed: int
) -> None:
    first, second, third = three_people.pictures("office_holder_1")
    template = enrolled(reader, first, second)
    threshold = verify_threshold(reader.model, template.photos)
    own = reader.examine(frames.compose(third, None, seed))
    assert own.probe is not None, own.unfit
    assert match_one(own.probe, template, threshold).status is FaceStatus.MATCHED
    for identity in ("office_holder_2", "astronaut"):
        other = reader.examine(frames.compose(three_people.pictures(identity)[0], None, seed))
        assert other.probe is not None, other.unfit
        assert match_one(other.probe, template, threshold).status is FaceStatus.BELOW_THRESHOLD


@pytest.mark.req("ACC-14")
def test_a_search_finds_the_person_and_twins_are_ambiguous(reader: FaceReader, three_people: DemoFaces) -> None:
    first, second, third = three_people.pictures("office_holder_1")
    templates = {
        UUID(int=1): enrolled(reader, first, second),
        UUID(int=2): enrolled(reader, *three_people.pictures("office_holder_2")),
        UUID(int=3): enrolled(reader, *three_people.pictures("astronaut")),
    }
    gallery = Gallery(reader.model, templates.items())
    threshold = search_threshold(reader.model, len(gallery), photos=2)
    probe = reader.examine(frames.compose(third, None, 1)).probe
    assert probe is not None
    found = search(probe, gallery, threshold)
    assert (found.status, found.cardholder_id) == (FaceStatus.MATCHED, UUID(int=1))
    gallery.add(UUID(int=4), templates[UUID(int=1)])
    twins = search(probe, gallery, threshold)
    assert (twins.status, twins.cardholder_id) == (FaceStatus.AMBIGUOUS, None)
    gallery.remove(UUID(int=1))
    gallery.remove(UUID(int=4))
    assert search(probe, gallery, threshold).status is FaceStatus.BELOW_THRESHOLD


@pytest.mark.req("ACC-08")
def test_a_face_that_fills_the_picture_is_found(reader: FaceReader, astronaut: np.ndarray) -> None:
    close = cv2.resize(astronaut[40:190, 55:195], (1120, 1200), interpolation=cv2.INTER_CUBIC)
    assert reader.one_box(close.astype(np.uint8)) is not None


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize(
    "shape", [(0, 0, 3), (0, 9, 3), (1, 1, 3), (3, 4000, 3), (4000, 3, 3), (17, 2000, 3), (720, 1280, 3)]
)
def test_no_shape_of_picture_raises(reader: FaceReader, shape: tuple[int, int, int]) -> None:
    assert reader.examine(np.zeros(shape, np.uint8)).unfit is Unfit.NO_FACE
    assert reader.one_box(np.full(shape, 255, np.uint8)) is None


@pytest.mark.req("ACC-09")
def test_one_box_is_nobody_s_when_there_are_two(reader: FaceReader, astronaut: np.ndarray) -> None:
    assert reader.one_box(frames.two_faces(astronaut, astronaut, 1)) is None
    assert reader.one_box(frames.tiny_face(astronaut, 1)) is not None
