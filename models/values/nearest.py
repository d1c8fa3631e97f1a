"""The word that was probably meant where another was written."""

import difflib
from collections.abc import Iterable

LIKE = 0.6
"""How alike two words must be, from 0 to 1: at difflib's own 0.6 `relase_s` finds `release_s` and `colour` nothing."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is most like `word`, or None when none is near."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=LIKE)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str | None) -> tuple[str, str]:
    """The end of a complaint, in Chinese and English; empty where nothing is near."""
    return ("", "") if word is None else (f"（是不是 {word}？）", f" (did you mean {word}?)")
