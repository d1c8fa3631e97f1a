"""A mistyped word finds the one that was meant, and a strange one finds nothing."""

import pytest

from models.values.nearest import nearest

KEYS = ("release_s", "relay", "reader", "camera", "wrong_max", "Face")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("relase_s", "release_s"),
        ("RELAY", "relay"),
        ("camra", "camera"),
        ("face", "Face"),
        ("colour", None),
        ("", None),
    ],
)
def test_the_word_that_was_meant(word: str, meant: str | None) -> None:
    assert nearest(word, KEYS) == meant
