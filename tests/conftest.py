"""What every test may use. Kept small: a fixture lives beside the tests that need it."""

import gc
import os
from collections.abc import Generator

import hypothesis
import pytest

hypothesis.settings.register_profile("menting", deadline=None)  # no test judges by the clock of a busy machine
hypothesis.settings.load_profile("menting")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each program that a test starts is compiled anew

LONG = ("tests/scenarios/", "tests/browser/", "tests/scripts/test_bench_soak.py")


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
    """What takes longest first: then no core waits at the end for one that began late."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
