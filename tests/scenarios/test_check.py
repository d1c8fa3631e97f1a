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
    """Where the check itself says that the machine had no time for cameras, it is played once more, as it asks."""
    prepare_weights(CACHE)
    done = played()
    if done.returncode == 1 and "this machine was too busy" in done.stdout:
        print(done.stdout)
        done = played()
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert "0 not as expected; 0 other faults" in done.stdout


def played() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "scripts.demo", "--check"],
        cwd=ROOT, capture_output=True, text=True, timeout=340, check=False, env={**os.environ, "COLUMNS": "160"},
    )  # fmt: skip
