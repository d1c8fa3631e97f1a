"""The command that shows the product: everybody comes once to a fresh site with simulated hardware."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scripts.prepare.weights import prepare_weights
from scripts.setup import CACHE, ROOT


@pytest.mark.req("GEN-08", "VIS-07", "ACC-04")
@pytest.mark.timeout(700)
def test_everybody_comes_once_and_every_expectation_holds_at_both_ends() -> None:
    prepare_weights(CACHE)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.demo", "--check"],
        cwd=ROOT, capture_output=True, text=True, timeout=650, check=False, env={**os.environ, "COLUMNS": "160"},
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert "0 not as expected; 0 other faults" in done.stdout
