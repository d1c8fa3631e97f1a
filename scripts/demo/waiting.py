"""Waiting for what must become true, never for a time alone."""

import time
from collections.abc import Callable


def until(
    true: Callable[[], object], seconds: float, else_say: str, ended: Callable[[], str | None], *, every_s: float = 0.02
) -> None:
    """Raises RuntimeError when it is not true in time, or when a part of the site has `ended` by itself."""
    deadline = time.monotonic() + seconds
    while not true():
        if (words := ended()) is not None:
            raise RuntimeError(words)
        if time.monotonic() > deadline:
            raise RuntimeError(else_say)
        time.sleep(every_s)
