"""What is unfit is said, the first thing wrong first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.detect import Face
from edge.verify.face.quality import AT_ENROLMENT, AT_THE_GATE, Unfit, choose, judge, sharpness

FRONTAL = np.array([[38, 52], [74, 52], [56, 74], [41, 92], [71, 92]], np.float32)


def face(side: float = 100.0, landmarks: np.ndarray = FRONTAL) -> Face:
    return Face(box=(10.0, 10.0, side, side * 1.2), landmarks=landmarks, score=0.9)


def turned(degrees: float) -> np.ndarray:
    turn = np.exp(1j * np.radians(degrees))
    points = (FRONTAL[:, 0] + 1j * FRONTAL[:, 1]) * turn
    return np.stack([points.real, points.imag], axis=1).astype(np.float32)


def moved_nose(across: float, down: float) -> np.ndarray:
    landmarks = FRONTAL.copy()
    landmarks[2] += np.array([across, down], np.float32)
    return landmarks


@pytest.mark.req("ACC-09")
def test_nobody_and_somebody() -> None:
    assert choose(()) is Unfit.NO_FACE
    alone = face()
    assert choose((alone,)) is alone


@pytest.mark.req("ACC-09")
@given(st.floats(61, 400), st.floats(0.01, 1.0))
def test_a_second_face_counts_by_its_size(side: float, share: float) -> None:
    one, other = face(side), face(side * share)
    if abs(share - AT_THE_GATE.rival_share) > 1e-6:
        expected = Unfit.SEVERAL_FACES if share > AT_THE_GATE.rival_share else one
        assert choose((one, other)) is expected


@pytest.mark.req("ACC-09")
@given(st.floats(1, 300))
def test_a_small_face_is_too_small_and_enrolment_wants_more(side: float) -> None:
    for limits in (AT_THE_GATE, AT_ENROLMENT):
        assert (choose((face(side),), limits) is Unfit.TOO_SMALL) == (side < limits.side_px_min)
    assert AT_ENROLMENT.side_px_min > AT_THE_GATE.side_px_min


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize(
    "landmarks",
    [moved_nose(17, 0), moved_nose(-17, 0), moved_nose(0, 9), moved_nose(0, -9), turned(50), turned(180), FRONTAL * 0],
    ids=["left", "right", "down", "up", "tilted", "upside down", "one point"],
)
def test_a_face_turned_away(landmarks: np.ndarray) -> None:
    assert choose((face(landmarks=landmarks),)) is Unfit.TURNED_AWAY


@pytest.mark.req("ACC-09")
@given(st.floats(-20, 20))
def test_a_tilted_head_is_fit(degrees: float) -> None:
    assert isinstance(choose((face(landmarks=turned(degrees)),)), Face)


@pytest.mark.req("ACC-09")
@given(st.floats(0.6, 1.4), st.integers(0, 2**32 - 1))
def test_sharpness_does_not_follow_the_light(gain: float, seed: int) -> None:
    crop = np.random.default_rng(seed).integers(20, 170, (14, 14, 3)).astype(np.uint8)
    crop = np.kron(crop, np.ones((8, 8, 1), np.uint8))
    assert sharpness((crop * gain).astype(np.uint8)) == pytest.approx(sharpness(crop), rel=0.1)


@pytest.mark.req("ACC-09")
@pytest.mark.parametrize(
    ("level", "expected"),
    [(0, Unfit.TOO_DARK), (10, Unfit.TOO_DARK), (128, Unfit.TOO_BLURRED), (250, Unfit.TOO_BRIGHT)],
)
def test_an_even_surface_is_never_fit(level: int, expected: Unfit) -> None:
    assert judge(np.full((112, 112, 3), level, np.uint8)) is expected
