"""Waiting for what must become true, never for a time alone."""

import time
from collections.abc import Callable


class NotInTime(RuntimeError):
    """What was waited for did not come about; the text says what, in both languages."""


def until(
    true: Callable[[], object], seconds: float, else_say: str, ended: Callable[[], str | None], *, every_s: float = 0.02
) -> None:
    """Raises NotInTime when it is not true in time, or when a part of the site has `ended` by itself."""
    deadline = time.monotonic() + seconds
    while not true():
        if (words := ended()) is not None:
            raise NotInTime(words)
        if time.monotonic() > deadline:
            raise NotInTime(else_say)
        time.sleep(every_s)
