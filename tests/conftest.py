"""What every test may use. Kept small: a fixture lives beside the tests that need it."""

import gc
import os

import hypothesis
import pytest

hypothesis.settings.register_profile("menting", deadline=None)  # no test judges by the clock of a busy machine
hypothesis.settings.load_profile("menting")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each program that a test starts is compiled anew
gc.disable()  # until all is imported: going through what stays was two fifths of the work of collecting the tests

LONG = ("tests/scenarios/", "tests/browser/", "tests/scripts/test_bench_soak.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first: then no core waits at the end for one that began late."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What is imported by now stays to the end."""
    gc.freeze()
    gc.enable()
