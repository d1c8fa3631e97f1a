"""The gate: what reads runs at once, each says its own in its turn, and whatever is not in order is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.check_all import steps
from scripts.setup import ROOT
from tests.conftest import together

CHECKS = """
import sys
from scripts import check_all
named = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
check_all.steps = lambda quick, only: [(name, [sys.executable, "-c", code]) for name, code in named.items()]
sys.argv[1:] = []
sys.exit(check_all.main())
"""
MEETS = """
import pathlib, sys, time
mine, other, code = pathlib.Path({mine!r}), pathlib.Path({other!r}), {code}
mine.touch()
until = time.monotonic() + 60
while not other.exists() and time.monotonic() < until:
    time.sleep(0.01)
print("met" if other.exists() else "alone")
sys.exit(code)
"""


def checked(**named: str) -> subprocess.CompletedProcess[str]:
    told = [word for pair in named.items() for word in pair]
    return subprocess.run(
        [sys.executable, "-P", "-c", CHECKS, *told], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_reads_runs_at_once_and_the_tests_after_it(tmp_path: Path) -> None:
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    done = checked(
        lint=MEETS.format(mine=one, other=two, code=0),
        types=MEETS.format(mine=two, other=one, code=1),
        tests=f"import pathlib; print(pathlib.Path({two!r}).exists())",
    )
    lines = [line for line in done.stdout.splitlines() if not line.endswith(" s")]
    assert lines[:6] == ["── lint", "met", "── types", "met", "── tests", "True"]
    assert (done.returncode, lines[6:]) == (1, ["有不符的 · not in order: types"])


def test_all_in_order_is_said(tmp_path: Path) -> None:
    done = checked(lint="", types="", tests="print(1)")
    assert done.returncode == 0 and done.stdout.endswith("全部没有问题 · everything is in order\n")


def test_nothing_is_left_out_of_the_gate() -> None:
    assert [name for name, _ in steps(False, [])] == [
        "format", "lint", "types", "import contracts", "tests",
    ]  # fmt: skip
    assert [name for name, _ in steps(False, ["tests/models"])] == ["tests"]


def test_a_file_stays_together_and_so_do_all_stories() -> None:
    assert together("tests/scenarios/test_cars.py::test_a") == together("tests/scenarios/test_check.py::test_b")
    assert together("tests/models/test_a.py::Some::test_b[1::2]") == "tests/models/test_a.py"
