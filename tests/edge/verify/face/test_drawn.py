"""A drawing makes no template; a person's photo is not taken for one. What is not seen is written down here too."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge.verify.face.align import align
from edge.verify.face.detect import Detector
from edge.verify.face.drawn import is_drawn
from edge.verify.face.enrol import Complaint, EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.quality import AT_ENROLMENT, Unfit, choose, judge
from edge.verify.face.weights import LoadedWeights
from edge.verify.words import said
from scripts.prepare.demo_faces import DemoFaces
from tests.edge.verify.face.drawings import compressed, drawn_face, halved, noisy, photographed


@pytest.fixture(scope="module")
def crop_of(weights: LoadedWeights) -> Callable[[np.ndarray], np.ndarray]:
    detector = Detector(weights)

    def aligned(picture: np.ndarray) -> np.ndarray:
        face = choose(detector.find(picture), AT_ENROLMENT)
        assert not isinstance(face, Unfit), f"no test of a drawing that nobody could enrol: {face}"
        return align(picture, face.landmarks)

    return aligned


CropOf = Callable[[np.ndarray], np.ndarray]


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("way", [np.copy, noisy, compressed, halved, photographed])
@pytest.mark.parametrize("style", ["flat", "outlined", "shaded"])
def test_a_drawing_is_known_as_one(crop_of: CropOf, style: str, way: Callable[[np.ndarray], np.ndarray]) -> None:
    crop = crop_of(way(drawn_face(style, 1)))
    assert is_drawn(crop)
    assert judge(crop, AT_ENROLMENT) is not None


@pytest.mark.req("ACC-12")
def test_pencil_is_known_in_a_file_but_not_before_a_camera(crop_of: CropOf) -> None:
    """The second half is a limit, told in drawn.py: whoever mends it mends those words."""
    assert is_drawn(crop_of(halved(drawn_face("pencil", 1))))
    assert not is_drawn(crop_of(photographed(drawn_face("pencil", 1))))


@pytest.mark.req("ACC-12")
def test_a_photo_is_no_drawing_and_a_filtered_photo_is_not_known_as_one(
    crop_of: CropOf, demo_faces: DemoFaces, astronaut: np.ndarray
) -> None:
    for identity in demo_faces.people:
        for photo in demo_faces.pictures(identity):
            assert not is_drawn(crop_of(photo))
    crop = crop_of(astronaut)
    smoothed = cv2.bilateralFilter(cv2.bilateralFilter(crop, 9, 40, 7), 9, 40, 7)
    dim = (crop * 0.4).astype(np.uint8)
    for altered in (smoothed, dim, noisy(crop), compressed(crop, 20), cv2.stylization(astronaut)):
        assert not is_drawn(altered if altered.shape == crop.shape else crop_of(altered))


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("level", [0, 128, 255])
def test_even_surfaces_are_judged_without_an_error(level: int) -> None:
    assert is_drawn(np.full((112, 112, 3), level, np.uint8))


@pytest.mark.req("ACC-12")
def test_a_drawing_makes_no_template_and_hears_why(reader: FaceReader, astronaut: np.ndarray) -> None:
    made = make_template([astronaut, drawn_face("outlined")], reader)
    assert made == EnrolmentRefused((Complaint(Unfit.DRAWN, 2),))
    assert said(made.complaints[0]) == "第 2 张：这像是画出来的脸，请拍真人，并关闭美颜"
    assert said(made.complaints[0], "en").startswith("Photo 2: This looks like a drawn face.")


@pytest.mark.req("ACC-12")
def test_the_gate_does_not_ask(reader: FaceReader) -> None:
    assert reader.examine(drawn_face("outlined")).unfit is None
