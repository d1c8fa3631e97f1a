"""What every test may use. Kept small: a fixture lives beside the tests that need it."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

hypothesis.settings.register_profile("menting", deadline=None)  # no test judges by the clock of a busy machine
hypothesis.settings.load_profile("menting")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each program that a test starts is compiled anew

STORIES = "tests/scenarios/"
LONG = (STORIES, "tests/browser/", "tests/scripts/test_bench_soak.py")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: to look it through for garbage again and again was two fifths of collecting,
    and each of the tests that follow would pay for it once more."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first: then no core waits at the end for one that began late. The stories before all, whose
    doors and arms move as slowly as real ones: others have the cores meanwhile."""
    items.sort(key=lambda item: next((at for at, long in enumerate(LONG) if item.nodeid.startswith(long)), len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """A file stays together, and so do all stories: two sites of real processes at once would take from each other the
    time that their cameras need, and be played again."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class OneStoryAtATime(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return OneStoryAtATime(config, log)


def together(nodeid: str) -> str:
    """What one worker does from its beginning to its end: the stories, or a file."""
    return STORIES if nodeid.startswith(STORIES) else nodeid.split("::", 1)[0]
