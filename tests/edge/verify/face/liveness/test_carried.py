"""Points are carried by what can be seen there: to where it went, and to nowhere when it is gone."""

from __future__ import annotations

from itertools import permutations

import cv2
import numpy as np
import pytest

from edge.verify.face.examine import FaceReader
from edge.verify.face.liveness.carried import carry
from edge.verify.face.liveness.challenge import Points
from scripts.prepare.demo_faces import DemoFaces

pytestmark = pytest.mark.req("ACC-10")
POINTS: Points = np.array([[130, 140], [190, 140], [160, 175], [137, 203], [183, 203]], float)


@pytest.fixture(scope="module")
def texture() -> np.ndarray:
    """Blots with a few pixels' detail, as skin and print have it."""
    drawn = np.random.default_rng(4).integers(0, 255, (360, 480)).astype(np.uint8)
    return cv2.GaussianBlur(drawn, (0, 0), 2.5)


def moved(texture: np.ndarray, warp: list[list[float]]) -> np.ndarray:
    return cv2.warpAffine(texture, np.array(warp), (480, 360))


@pytest.mark.parametrize(
    "warp", [[[1, 0, 7.5], [0, 1, -4.0]], [[0.93, 0, 9.0], [0, 1, 0]], [[0.99, -0.05, 3.0], [0.05, 0.99, -4.0]]]
)
def test_points_go_where_the_picture_goes(texture: np.ndarray, warp: list[list[float]]) -> None:
    there = carry(texture, moved(texture, warp), POINTS)
    wanted = POINTS @ np.array(warp)[:, :2].T + np.array(warp)[:, 2]
    assert there is not None and np.abs(there - wanted).max() < 1.0


def test_nothing_goes_over_from_one_persons_face_to_anothers(reader: FaceReader, three_people: DemoFaces) -> None:
    """Eyes, nose and mouth laid upon each other, as of somebody who lowers a photograph from their own face."""
    laid = []
    for identity in three_people.people:
        picture = three_people.pictures(identity)[0]
        face = reader.examine(picture).face
        assert face is not None
        warp, _ = cv2.estimateAffinePartial2D(face.landmarks, POINTS.astype(np.float32))
        grey = cv2.cvtColor(cv2.warpAffine(picture, warp, (480, 360)), cv2.COLOR_BGR2GRAY)
        laid.append((grey, cv2.transform(face.landmarks.reshape(-1, 1, 2), warp).reshape(-1, 2).astype(float)))
    for (before, points), (now, _) in permutations(laid, 2):
        assert carry(before, now, points) is None
        assert carry(before, moved(before, [[1, 0, 3.0], [0, 1, -2.0]]), points) is not None, "what stays is followed"


def test_a_point_that_is_covered_is_lost_and_not_guessed(texture: np.ndarray) -> None:
    covered = texture.copy()
    covered[150:200, 130:190] = 0
    assert carry(texture, covered, POINTS) is None
    assert carry(texture, np.zeros_like(texture), POINTS) is None
