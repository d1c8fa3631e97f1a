"""Beside a pass a photograph is its owner's face as much as the face is: where a lane can tell, it has to be alive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from edge.verify.face.liveness.nir import LIMIT_S, BesideInInfrared
from models.access.verification import FaceResult, FaceStatus, Liveness
from tests.edge.lane.taking_turns import COMPARED, Camera, Shown

pytestmark = pytest.mark.req("ACC-10")
Told = list[FaceResult]


@pytest.fixture(params=["nir", "model"])
def camera(request: pytest.FixtureRequest) -> Camera:
    return Camera(str(request.param))


@pytest.fixture
def told(camera: Camera) -> Callable[[Sequence[Shown]], Told]:
    """What is told of these looks, ten a second; the comparison is the camera's own."""
    beside = camera.approach.beside_pass()
    assert beside is not None

    def tell(shown: Sequence[Shown]) -> Told:
        beside.begin()
        looked = []
        for one in shown:
            frame = camera.take(one, 0.1)
            looked.append(beside.look(frame, COMPARED[one]))
        return [result for result in looked if result is not None]

    return tell


def test_a_living_match_is_told_once_it_is_proved(told: Callable[[Sequence[Shown]], Told]) -> None:
    (only,) = told([Shown.ANNA] * 3)
    assert (only.status, only.liveness) == (FaceStatus.MATCHED, Liveness.LIVE)
    assert not told([Shown.ANNA] * 2), "and not before"


def test_a_photograph_is_told_as_one(told: Callable[[Sequence[Shown]], Told]) -> None:
    assert [one.liveness for one in told([Shown.PHOTO] * 3)] == [Liveness.SPOOF]


@pytest.mark.parametrize("other", [Shown.BEN, Shown.BEN_COVERED, Shown.TWIN, Shown.NOBODY, Shown.BOTH])
def test_whatever_is_no_match_is_told_at_once_and_proves_nothing(
    told: Callable[[Sequence[Shown]], Told], other: Shown
) -> None:
    shown = [Shown.PHOTO, other, other, other, Shown.PHOTO, Shown.PHOTO, other]
    assert [one.status for one in told(shown)] == [COMPARED[other].status] * 4


def test_who_lives_in_one_recognition_does_not_in_the_next(told: Callable[[Sequence[Shown]], Told]) -> None:
    assert not told([Shown.ANNA] * 2)
    assert not told([Shown.ANNA] * 2)


def test_what_cannot_be_measured_is_told_as_that_when_its_time_is_over() -> None:
    camera = Camera("nir")
    blind = BesideInInfrared(lambda at: None, camera.find, lambda *faces: 1.0)
    camera.begin = blind.begin  # type: ignore[method-assign]  # the infrared camera is dead
    beside = camera.approach.beside_pass()
    assert beside is not None
    told = [beside.look(camera.take(Shown.ANNA, 0.1), COMPARED[Shown.ANNA]) for _ in range(int(LIMIT_S * 10) + 3)]
    assert [one.liveness for one in told if one is not None] == [Liveness.NOT_MEASURED]


def test_a_lane_that_asks_for_turned_heads_compares_alone() -> None:
    camera = Camera("challenge")
    camera.passive = False
    assert camera.approach.beside_pass() is None
