"""Boards as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.door.codec import Write, WriteWords
from devices.door.profiles import PROFILES

TIMED = [profile for profile in PROFILES.values() if profile.timed_on is not None]


@given(st.sampled_from(TIMED), st.integers(1, 8), st.integers(1, 3_276_700))
def test_a_timed_pulse_is_never_shorter_than_asked_and_less_than_a_step_longer(
    profile: object, channel: int, ms: int
) -> None:
    recipe = profile.timed_on
    request = recipe.request(channel, ms)
    steps = request.value if isinstance(request, Write) else request.words[1]
    assert 0 <= steps * recipe.step_ms - ms < recipe.step_ms


@pytest.mark.parametrize("ms", [0, -5, 3_276_701])
@pytest.mark.parametrize("profile", TIMED, ids=lambda profile: profile.name)
def test_a_pulse_the_board_cannot_time_is_refused(profile: object, ms: int) -> None:
    with pytest.raises(ValueError, match="a pulse is"):
        profile.timed_on.request(1, ms)


def test_each_recipe_says_what_its_source_says() -> None:
    assert PROFILES["waveshare-8"].timed_on.request(1, 700) == Write(0x0200, 7)
    assert PROFILES["lctech-8"].timed_on.request(1, 700) == WriteWords(3, (2, 7))
    assert PROFILES["lctech-8"].timed_on.request(8, 100) == WriteWords(38, (2, 1))


def test_profiles_are_found_by_their_own_name_and_cannot_be_changed() -> None:
    assert all(name == profile.name for name, profile in PROFILES.items())
    with pytest.raises(TypeError):
        PROFILES["plain-8"] = PROFILES["waveshare-8"]
