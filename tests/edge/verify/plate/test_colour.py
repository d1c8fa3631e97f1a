"""Pixels and form say the colour together; where they contradict, nothing is named and nothing is sure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.plates import BLUE, GREEN, YELLOW, board
from edge.verify.plate.colour import colour_of, hue_of
from models.values.plate import PlateColour

DARK, LIGHT = (20, 20, 20), (240, 240, 240)


@pytest.mark.req("LANE-01")
@pytest.mark.parametrize(
    ("ground", "ink", "seen"),
    [
        (BLUE, LIGHT, PlateColour.BLUE),
        (YELLOW, DARK, PlateColour.YELLOW),
        (GREEN, DARK, PlateColour.GREEN),
        (LIGHT, DARK, PlateColour.UNKNOWN),
        (DARK, LIGHT, PlateColour.UNKNOWN),
        ((20, 90, 20), LIGHT, PlateColour.UNKNOWN),  # light characters: a blue plate under a green lamp
    ],
)
def test_a_hue_is_named_where_there_is_one(
    ground: tuple[int, int, int], ink: tuple[int, int, int], seen: PlateColour
) -> None:
    assert hue_of(board("A12345", ground, ink)) is seen


@pytest.mark.req("LANE-01")
@pytest.mark.parametrize(
    ("text", "seen", "colour", "agrees"),
    [
        ("京A12345", "blue", "blue", True), ("京A12345", "yellow", "yellow", True),
        ("京A12345", "unknown", "unknown", True), ("京A12345", "green", "unknown", False),
        ("京AD12345", "green", "green", True), ("京AD12345", "unknown", "green", True),
        ("京AD12345", "blue", "unknown", False), ("京AD12345", "yellow", "unknown", False),
        ("京A12345D", "green", "yellow_green", True), ("京A12345D", "yellow", "yellow_green", True),
        ("京A1234警", "unknown", "white", True), ("京A1234警", "blue", "unknown", False),
        ("京A1234学", "yellow", "yellow", True), ("京A1234挂", "unknown", "yellow", True),
        ("粤Z1234港", "unknown", "black", True), ("沪A1234领", "green", "unknown", False),
    ],
)  # fmt: skip
def test_the_form_and_the_pixels_name_the_colour_together(text: str, seen: str, colour: str, agrees: bool) -> None:
    assert colour_of(text, PlateColour(seen)) == (PlateColour(colour), agrees)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 300))
def test_any_picture_has_a_hue_or_none(seed: int, height: int, width: int) -> None:
    crop = np.random.default_rng(seed).integers(0, 256, (height + 5, width + 20, 3), np.uint8)
    assert hue_of(crop) in PlateColour
