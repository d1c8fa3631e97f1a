"""A whole node with simulated hardware, and waiting with a deadline."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.site import read_site
from edge.site_problem import SiteError
from scripts.rig import Rig

DEADLINE_S = 20.0
BOTH = re.compile(r"[\u4e00-\u9fff].* / .*[A-Za-z]{2,}")

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


@pytest.fixture
def problems(tmp_path: Path) -> object:
    """The mistakes of a site file, each with its line and in both languages."""

    def of(text: str) -> list[str]:
        path = tmp_path / "site.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SiteError) as refused:
            read_site(path)
        assert str(refused.value).splitlines() == list(refused.value.problems), "one line for each mistake"
        for line in refused.value.problems:
            told = re.fullmatch(r".*site\.toml:[1-9]\d*: (.*)", line)
            assert told is not None, f"no line is named: {line}"
            assert BOTH.search(told[1]), f"not in both languages: {line}"
        return [line.removeprefix(f"{tmp_path}/") for line in refused.value.problems]

    return of
