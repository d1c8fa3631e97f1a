"""Two backends, one contract: templates never mix, and the one that must not search cannot."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFile

from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.verify.face import dlib_embedder
from edge.verify.face.backend import BACKENDS, DLIB, DLIB_MODEL, SFACE, SFACE_MODEL, model_of, why_no_search
from edge.verify.face.checker import FaceChecker
from edge.verify.face.embed import unit
from edge.verify.face.enrol import make_template
from edge.verify.face.errors import OneToOneOnly, WeightsChanged, WeightsMissing
from edge.verify.face.examine import FaceReader
from edge.verify.face.gallery import Gallery
from edge.verify.face.template import Template
from models.access.verification import FaceStatus
from scripts.prepare import frames
from scripts.prepare.demo_faces import DemoFaces
from tests.edge.verify.face.following import RESIDENT, last


@pytest.fixture
def templates(tmp_path: Path) -> Iterator[Templates]:
    opened = Templates.open(tmp_path / "templates.db", KeyRing.open(tmp_path / "keys"))
    yield opened
    opened.close()


@pytest.mark.req("SEC-18")
def test_each_backend_is_one_model() -> None:
    assert {model_of(backend) for backend in BACKENDS} == {SFACE_MODEL, DLIB_MODEL}
    assert dlib_embedder.PINNED["dlib_face_recognition_resnet_model_v1.dat"].startswith(DLIB_MODEL)
    with pytest.raises(KeyError):
        model_of("another")


@pytest.mark.req("ACC-08")
def test_a_gallery_of_dlib_is_refused_with_the_measured_reason() -> None:
    assert why_no_search(SFACE_MODEL) is None
    with pytest.raises(OneToOneOnly, match=r"50 %.*sface") as refused:
        Gallery(DLIB_MODEL)
    assert "一对一" in str(refused.value)


@pytest.mark.req("SEC-18")
def test_files_that_are_missing_or_changed_are_refused_before_the_package_is_imported(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="--face dlib"):
        dlib_embedder.check_files(tmp_path)
    (tmp_path / next(iter(dlib_embedder.PINNED))).write_bytes(b"another network")
    with pytest.raises(WeightsChanged, match="resnet"):
        dlib_embedder.check_files(tmp_path)


@pytest.mark.req("SEC-18")
def test_without_the_package_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch, weights_folder: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsMissing, match="--face dlib"):
        FaceReader.open(weights_folder, DLIB)


@pytest.mark.req("SEC-18")
def test_changed_weights_stop_dlib_s_detector_too(weights_folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(weights_folder, tmp_path / "weights"))
    for path in copy.glob("*.onnx"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsChanged):
        FaceReader.open(copy, DLIB)


@pytest.mark.req("ACC-08")
def test_dlib_verifies_one_to_one_and_searches_nobody(
    dlib_reader: FaceReader, templates: Templates, astronaut: np.ndarray
) -> None:
    made = make_template([astronaut], dlib_reader)
    assert isinstance(made, Template)
    assert made.model == DLIB_MODEL
    templates.put(RESIDENT, made.to_bytes(), made.model)
    checker = FaceChecker(dlib_reader, templates)
    frame = frames.compose(astronaut, None, 1)
    assert last(checker, frame).status is FaceStatus.MATCHED
    assert last(checker, frames.no_face(1)).status is FaceStatus.NO_FACE
    with pytest.raises(OneToOneOnly):
        checker.search(frame)


@pytest.mark.req("ACC-08")
def test_dlib_tells_people_apart(dlib_reader: FaceReader, three_people: DemoFaces) -> None:
    def vector(picture: np.ndarray) -> np.ndarray:
        probe = dlib_reader.examine(frames.compose(picture, None, 2)).probe
        assert probe is not None
        return probe.vector

    one, again, _ = (vector(picture) for picture in three_people.pictures("office_holder_1"))
    other = vector(three_people.pictures("office_holder_2")[0])
    assert float(one @ again) > float(one @ other)


@pytest.mark.req("ACC-08")
def test_our_box_gives_what_the_package_s_own_detector_gives(dlib_reader: FaceReader, astronaut: np.ndarray) -> None:
    import face_recognition

    frame = frames.compose(astronaut, None, 3)
    rgb = np.ascontiguousarray(frame[:, :, ::-1])
    theirs = face_recognition.face_encodings(rgb, face_recognition.face_locations(rgb))[0]
    ours = dlib_reader.examine(frame).probe
    assert ours is not None
    assert float(ours.vector @ unit(theirs)) > 0.97


@pytest.mark.req("SEC-18")
@pytest.mark.parametrize("backend", [SFACE, DLIB])
def test_a_template_of_the_other_model_is_no_reference(
    dlib_reader: FaceReader, reader: FaceReader, templates: Templates, astronaut: np.ndarray, backend: str
) -> None:
    maker, asked = (reader, dlib_reader) if backend == SFACE else (dlib_reader, reader)
    made = make_template([astronaut], maker)
    assert isinstance(made, Template)
    templates.put(RESIDENT, made.to_bytes(), made.model)
    frame = frames.compose(astronaut, None, 1)
    assert last(FaceChecker(maker, templates), frame).status is FaceStatus.MATCHED
    assert last(FaceChecker(asked, templates), frame).status is FaceStatus.NO_REFERENCE


@pytest.mark.req("ACC-12")
def test_the_package_does_not_make_pillow_accept_cut_off_photos(dlib_reader: FaceReader) -> None:
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
