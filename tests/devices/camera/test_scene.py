"""What a picture shows, on generated scenes: black, covered, moved, and all that is none of these."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.camera.scene import (
    AIM_EVERY_S,
    AIM_WINDOW_S,
    MOVED_SHARE,
    ROWS,
    SETTLED_WINDOWS,
    SURE_S,
    WIDTH,
    Aim,
    Field,
    Look,
    Shown,
    Sight,
    alike,
    look,
)
from devices.sim.scenes import View, covered, seen, view

SEEDS = range(6)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(1000 + seed)


@pytest.mark.req("GUARD-12")
@pytest.mark.parametrize(
    "light",
    [{}, {"people": 8}, {"gain": 0.35}, {"gain": 0.12, "noise": 5.0}, {"gain": 1.7}, {"infrared": True}, {"car": True}],
)
def test_a_view_with_people_or_little_light_is_clear(light: dict[str, float]) -> None:
    for seed in SEEDS:
        assert look(seen(view(seed), rng(seed), **light)).shown is Shown.CLEAR


@pytest.mark.req("SEC-12", "GUARD-12")
@pytest.mark.parametrize("cover", ["cap", "tape", "hand", "spray"])
def test_what_is_over_the_lens_is_seen(cover: str) -> None:
    expected = Shown.BLACK if cover == "cap" else Shown.COVERED
    for seed in SEEDS:
        assert look(covered(view(seed), rng(seed), cover)).shown is expected


@pytest.mark.req("SEC-12")
def test_the_name_and_time_that_a_camera_writes_into_its_picture_show_no_gate() -> None:
    for cover in ("cap", "tape"):
        pixels = covered(view(1), rng(1), cover)
        for text, at in (("2026-11-29 08:15:00", (8, 28)), ("EAST GATE 01", (400, 350))):
            cv2.putText(pixels, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2)
        assert look(pixels).shown is not Shown.CLEAR


def kind(shown: Shown) -> Look:
    bright, edges = {Shown.CLEAR: (200.0, 0.2), Shown.BLACK: (4.0, 0.0), Shown.COVERED: (120.0, 0.0)}[shown]
    return Look(bright, edges, True, np.zeros((2, ROWS, WIDTH), np.float32))


@pytest.mark.req("SEC-12")
@given(st.lists(st.sampled_from(Shown), max_size=12), st.sampled_from([Shown.BLACK, Shown.COVERED]))
def test_a_cover_is_told_within_two_seconds_of_looks_whatever_was_before(before: list[Shown], cover: Shown) -> None:
    sight, now = Sight(), 0.0
    for shown in before:
        sight = sight.saw(kind(shown), now)
        now += 0.25
    since = now
    while sight.verdict is not cover:
        sight = sight.saw(kind(cover), now)
        assert now - since < 2.0
        now += 0.25


@given(st.lists(st.tuples(st.sampled_from([Shown.BLACK, Shown.COVERED]), st.floats(0, 1)), max_size=20))
def test_what_passes_is_no_cover(passing: list[tuple[Shown, float]]) -> None:
    sight, now = Sight(), 0.0
    for shown, share in passing:
        sight = sight.saw(kind(shown), now).saw(kind(shown), now + share * (SURE_S - 0.01))
        assert sight.verdict is Shown.CLEAR
        sight = sight.saw(kind(Shown.CLEAR), now + SURE_S)
        now += 2 * SURE_S


def minute(place: View, seed: int, **how: object) -> Field:
    """A minute of looks in a tenth of the pictures, with people who come and go."""
    source = rng(seed)
    looks = [look(seen(place, source, **{"people": n % 4, **how})) for n in range(4)]
    return np.mean([each.gradients for each in looks], axis=0)


STAYS: list[dict[str, object]] = [{}, {"people": 8}, {"gain": 0.4}, {"shadow": 0.6}, {"car": True}]
TURNED: list[dict[str, object]] = [{"at": (0.525, 0.5)}, {"turn_deg": 10.0}, {"zoom": 1.2}]


@pytest.mark.req("GUARD-12")
def test_people_light_shadows_and_a_parked_car_move_no_camera_and_turning_it_does() -> None:
    for seed in SEEDS[:3]:
        place = view(seed)
        reference = minute(place, seed)
        for how in STAYS:
            assert alike(reference, minute(place, seed + 50, **how)) >= MOVED_SHARE, (seed, how)
        for how in TURNED:
            assert alike(reference, minute(place, seed + 50, **how)) < MOVED_SHARE, (seed, how)


def test_a_blank_wall_looks_the_same_from_everywhere() -> None:
    wall = np.zeros((2, ROWS, WIDTH), np.float32)
    assert alike(wall, minute(view(1), 1)) == 1.0


class Watched:
    """A camera and the looks at it."""

    def __init__(self) -> None:
        self.aim, self.now = Aim(), 0.0

    def minutes(self, gradients: Field, count: int = 1, colour: bool = True) -> bool | None:
        for _ in range(count * round(AIM_WINDOW_S / AIM_EVERY_S + 1)):
            self.aim = self.aim.saw(Look(200.0, 0.2, colour, gradients), self.now)
            self.now += AIM_EVERY_S
        return self.aim.moved


def pattern(seed: int) -> Field:
    return np.random.default_rng(seed).normal(0, 3, (2, ROWS, WIDTH)).astype(np.float32)


@pytest.mark.req("GUARD-12")
def test_a_turned_camera_is_told_until_it_is_turned_back() -> None:
    camera = Watched()
    assert camera.minutes(pattern(1)) is None, "the first minute is the reference"
    assert camera.minutes(pattern(1)) is False
    assert camera.minutes(pattern(2), 2) is True
    assert camera.minutes(pattern(1), 2) is False


def test_a_new_view_that_stays_is_the_new_reference_and_one_that_keeps_changing_is_not() -> None:
    camera = Watched()
    camera.minutes(pattern(1), 2)
    assert camera.minutes(pattern(2), SETTLED_WINDOWS - 1) is True
    assert camera.minutes(pattern(2)) is False
    assert camera.minutes(pattern(1)) is True
    for seed in range(10, 10 + 2 * SETTLED_WINDOWS):
        assert camera.minutes(pattern(seed)) is True


def test_infrared_has_a_reference_of_its_own() -> None:
    camera = Watched()
    camera.minutes(pattern(1), 2)
    assert camera.minutes(pattern(2), 3, colour=False) is False, "night looks otherwise, and is no other place"
    assert camera.minutes(pattern(1), 2) is False, "and the day is remembered"
    assert camera.minutes(pattern(3), 2, colour=False) is True


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0.2, 3))
def test_brightness_and_contrast_make_no_difference(seed: int, gain: float) -> None:
    there = pattern(seed)
    assert alike(there, there * np.float32(gain)) == 1.0
