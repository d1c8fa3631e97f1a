"""What every test may use. Kept small: a fixture lives beside the tests that need it."""

import pytest

LONG = ("tests/scenarios/", "tests/browser/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first: then no core waits at the end for one that began late."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
