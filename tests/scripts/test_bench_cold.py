"""The cold bench tells the whole and its phases, holds itself to its cores, and takes nothing of ours along."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from scripts import bench_cold, bench_revoked


def test_a_miss_is_a_miss_and_phases_add_up_to_the_whole() -> None:
    assert bench_cold._whole(181.0, "")["met"] is False and bench_cold._whole(180.0, "")["met"] is True
    rows = list(bench_cold._phases({"a": 2.0, "b": 5.5}))
    assert [row["measured"] for row in rows] == ["2.0 s", "3.5 s"] and all(row["met"] is None for row in rows)


def test_it_runs_on_two_cores_and_gives_the_others_back() -> None:
    before = os.sched_getaffinity(0)
    with bench_cold._on_cores(1) as cores:
        assert cores == 1 and len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_the_clone_does_not_see_this_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", "here")
    monkeypatch.setenv("MENTING_CACHE", "here")
    ask = "import os; print(sorted({'PYTHONPATH', 'MENTING_CACHE'} & set(os.environ)))"
    assert bench_cold._run([sys.executable, "-c", ask], tmp_path).strip() == "[]"
    with pytest.raises(RuntimeError, match="no good"):
        bench_cold._run([sys.executable, "-c", "raise SystemExit('no good')"], tmp_path)


@pytest.mark.parametrize(("slowest", "met"), [(4.9, True), (5.1, False)])
def test_a_revocation_that_is_late_is_a_miss(slowest: float, met: bool) -> None:
    row = bench_revoked._row("pass cancelled", [slowest, slowest, slowest], bench_revoked.REVOKED_S, "VIS-08")
    assert row["met"] is met and "n = 3" in row["measured"]
