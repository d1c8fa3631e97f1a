"""A gate on the bench."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.lane.bench import Bench


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes a bench whose door is shut, healthy and known, with the usual rules in force unless told otherwise."""
    made: list[Bench] = []

    def make(rules: bool = True, **how: Any) -> Bench:
        bench = Bench(tmp_path, **how)
        made.append(bench)
        if rules:
            bench.rules()
        for code in bench.codes:
            bench.contacts(lane=code)
        return bench

    yield make
    for bench in made:
        bench.close()
        bench.keys.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()
