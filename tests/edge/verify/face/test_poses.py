"""Straight, one side, the other side: judged one by one, whichever way a camera mirrors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.poses import STRAIGHT_MAX, TURNED_MIN, WrongPose, wrong_poses

yaws = st.floats(-0.4, 0.4)
maybe = st.none() | yaws


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        ((0.0, 0.2, -0.2), {}),
        ((0.0, -0.2, 0.2), {}),
        ((0.25, 0.2, -0.2), {1: WrongPose.NOT_STRAIGHT}),
        ((0.0, 0.0, -0.2), {2: WrongPose.NOT_TURNED}),
        ((0.0, 0.2, 0.3), {3: WrongPose.SAME_SIDE}),
        ((0.0, 0.0, 0.0), {2: WrongPose.NOT_TURNED, 3: WrongPose.NOT_TURNED}),
        ((None, 0.2, None), {}),
        ((0.0, 0.2, -0.2, 0.4), {}),
    ],
)
def test_each_photo_is_judged_by_what_it_was_asked_for(
    seen: tuple[float | None, ...], wrong: dict[int, WrongPose]
) -> None:
    assert wrong_poses(seen) == wrong


@given(st.lists(maybe, max_size=5))
def test_a_mirrored_camera_changes_nothing(seen: list[float | None]) -> None:
    assert wrong_poses(seen) == wrong_poses([-yaw if yaw is not None else None for yaw in seen])


@given(yaws, yaws, yaws)
def test_what_passes_shows_the_head_from_three_sides(straight: float, one: float, other: float) -> None:
    if not wrong_poses([straight, one, other]):
        assert abs(straight) < STRAIGHT_MAX and min(abs(one), abs(other)) >= TURNED_MIN and one * other < 0


@given(st.lists(maybe, max_size=5), st.integers(0, 4), yaws)
def test_taking_again_only_what_was_wrong_is_enough(seen: list[float | None], at: int, yaw: float) -> None:
    """A photo that stood keeps standing; only the third may turn out to be of the side that the second is now of."""
    before = wrong_poses(seen)
    if at + 1 in before and at < len(seen):
        after = wrong_poses([*seen[:at], yaw, *seen[at + 1 :]])
        assert {number for number in after if number != at + 1} - before.keys() <= {3}
