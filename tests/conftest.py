"""What every test may use. Kept small: a fixture lives beside the tests that need it."""

import hypothesis
import pytest

hypothesis.settings.register_profile("menting", deadline=None)  # no test judges by the clock of a busy machine
hypothesis.settings.load_profile("menting")

LONG = ("tests/scenarios/", "tests/browser/", "tests/scripts/test_bench_soak.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first: then no core waits at the end for one that began late."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
