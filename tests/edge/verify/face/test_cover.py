"""What is drawn over a real face is seen; the face itself is not taken for something drawn."""

import cv2
import numpy as np
import pytest

from edge.verify.face.align import align
from edge.verify.face.cover import eyes_covered, mouth_covered
from edge.verify.face.detect import Detector
from edge.verify.face.quality import Unfit, judge
from edge.verify.face.weights import LoadedWeights
from scripts.prepare.demo_faces import DemoFaces


@pytest.fixture(scope="module")
def crop(weights: LoadedWeights, astronaut: np.ndarray) -> np.ndarray:
    return align(astronaut, Detector(weights).find(astronaut)[0].landmarks)


def in_glasses(crop: np.ndarray, opacity: float = 0.95) -> np.ndarray:
    mask = np.zeros(crop.shape[:2], np.float32)
    for x in (38, 74):
        cv2.ellipse(mask, (x, 53), (16, 12), 0, 0, 360, opacity, -1)
    return (crop * (1 - mask[..., None]) + 20 * mask[..., None]).astype(np.uint8)


def in_a_mask(crop: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    mask = np.zeros(crop.shape[:2], np.float32)
    edge = [[16, 66], [36, 62], [56, 60], [76, 62], [96, 66], [92, 96], [76, 112], [36, 112], [20, 96]]
    cv2.fillPoly(mask, [np.array(edge, np.int32)], 1.0)
    return (crop * (1 - mask[..., None]) + np.array(colour) * mask[..., None]).astype(np.uint8)


@pytest.mark.req("ACC-09")
def test_bare_faces_are_bare(weights: LoadedWeights, demo_faces: DemoFaces) -> None:
    detector = Detector(weights)
    for identity in demo_faces.people:
        for picture in demo_faces.pictures(identity):
            bare = align(picture, detector.find(picture)[0].landmarks)
            assert not eyes_covered(bare)
            assert not mouth_covered(bare)


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize("light", [0.5, 1.0, 1.2])
def test_dark_glasses_are_asked_to_come_off(crop: np.ndarray, light: float) -> None:
    lit = np.clip(crop * light, 0, 255).astype(np.uint8)
    assert judge(lit) is None
    assert judge(in_glasses(lit)) is Unfit.EYES_COVERED


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize("colour", [(200, 170, 130), (150, 180, 120), (225, 225, 225), (35, 35, 35)])
def test_a_mask_is_asked_to_come_off(crop: np.ndarray, colour: tuple[int, int, int]) -> None:
    assert judge(in_a_mask(crop, colour)) is Unfit.MOUTH_COVERED


@pytest.mark.req("ACC-09")
def test_without_colours_no_mask_is_claimed(crop: np.ndarray) -> None:
    grey = np.repeat(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
    assert not mouth_covered(grey)
    assert not mouth_covered(in_a_mask(grey, (225, 225, 225)))


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize("level", [0, 128, 255])
def test_even_surfaces_are_judged_without_an_error(level: int) -> None:
    even = np.full((112, 112, 3), level, np.uint8)
    assert eyes_covered(even) == (level == 0)
    assert not mouth_covered(even)
