"""Corners in order, each plate once, and nothing that is no quadrilateral."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.plate.locate import decoded, in_order, overlap

PLATE = np.array([[100, 50], [240, 60], [238, 105], [98, 95]], np.float32)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_corners_come_in_the_plate_s_own_order(order: tuple[int, ...]) -> None:
    found = in_order(PLATE[list(order)])
    assert found is not None and np.allclose(found, PLATE)


@given(st.floats(-50, 50), st.floats(30, 400))
def test_a_plate_that_lies_askew_keeps_its_upper_left(degrees: float, width: float) -> None:
    turn = np.radians(degrees)
    flat = np.array([[-1, -0.3], [1, -0.3], [1, 0.3], [-1, 0.3]]) * width / 2
    turned = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    found = in_order((turned + 500).astype(np.float32)[[2, 0, 3, 1]])
    assert found is not None and np.allclose(found, turned + 500, atol=0.1)


@pytest.mark.parametrize(
    "points",
    [np.zeros((4, 2)), np.full((4, 2), np.nan), np.array([[0, 0], [1, 1], [2, 2], [3, 3]]), np.full((4, 2), np.inf)],
)
def test_what_encloses_nothing_is_no_plate(points: np.ndarray) -> None:
    assert in_order(points.astype(np.float32)) is None


@pytest.mark.req("LANE-04")
def test_neighbouring_anchors_that_see_one_plate_give_it_once_and_the_surest_first() -> None:
    size = (64, 64)
    anchors = 2 * (8 * 8 + 4 * 4 + 2 * 2)
    scores = np.zeros(anchors, np.float32)
    scores[[0, 2, 100]] = 0.7, 0.9, 0.8
    scores[1] = np.nan
    square = np.tile(np.array([-5, -2, 5, -2, 5, 2, -5, 2], np.float32), (anchors, 1))
    loc = np.zeros((anchors, 4), np.float32)
    loc[0, 0] = 10 * 8 / 24  # the first anchor's neighbour sees the same place
    found = decoded(loc, scores, square, size)
    assert [pytest.approx(0.9), pytest.approx(0.8)] == [each.score for each in found]
    assert decoded(loc, np.zeros(anchors, np.float32), square, size) == []


def test_overlap_is_of_the_union_and_of_nothing_is_none() -> None:
    box = np.array([0, 0, 10, 10], np.float32)
    assert overlap(box, box) == 1 and overlap(box, box + 20) == 0 and overlap(box * 0, box * 0) == 0
    assert overlap(box, box + np.array([5, 0, 5, 0], np.float32)) == pytest.approx(1 / 3)
