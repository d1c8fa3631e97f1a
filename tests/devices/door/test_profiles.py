"""Boards as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.door.profiles import PROFILES, WAVESHARE_8


@given(st.integers(1, 3_276_700))
def test_a_timed_pulse_is_never_shorter_than_asked_and_less_than_a_step_longer(ms: int) -> None:
    recipe = WAVESHARE_8.timed_on
    assert recipe is not None
    assert 0 <= recipe.steps(ms) * recipe.step_ms - ms < recipe.step_ms


@pytest.mark.parametrize("ms", [0, -5, 3_276_701])
def test_a_pulse_the_board_cannot_time_is_refused(ms: int) -> None:
    recipe = WAVESHARE_8.timed_on
    assert recipe is not None
    with pytest.raises(ValueError, match="a pulse is"):
        recipe.steps(ms)


def test_profiles_are_found_by_their_own_name_and_cannot_be_changed() -> None:
    assert all(name == profile.name for name, profile in PROFILES.items())
    with pytest.raises(TypeError):
        PROFILES["plain-8"] = WAVESHARE_8  # type: ignore[index]
