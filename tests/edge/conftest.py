"""A whole node with simulated hardware, and waiting with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.rig import Rig

DEADLINE_S = 20.0

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes a node with simulated hardware. Without face models: changed or missing ones stop faces, nothing else."""
    made: list[Rig] = []

    def make(**how: Any) -> Rig:
        rig = Rig(tmp_path, tmp_path / "no-weights", **how)
        made.append(rig)
        return rig

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def until() -> Until:
    """Waits for something to become true; a deadline fails the test, however slow the machine is."""

    def wait(true: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not true():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.01)

    return wait
