"""A person interrupts the demo while it makes its sample community."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from scripts.demo.seeded import half_made
from scripts.setup import ROOT

SEEDS = """
import pathlib, sys
from models.command_line import until_interrupted
from scripts.child import hear_interrupts
from scripts.demo.site import DemoSite
site = DemoSite(pathlib.Path(sys.argv[1]), print, {})
def seed():
    try:
        site.start(0)
    finally:
        site.close()
hear_interrupts()
sys.exit(until_interrupted(seed))
"""
STARTS_WITHIN_S = 60.0


def test_no_database_runs_on_when_the_demo_is_interrupted_while_it_seeds(tmp_path: Path) -> None:
    running = tmp_path / "central" / "postgres" / "data" / "postmaster.pid"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", SEEDS, str(tmp_path)], cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as demo:  # fmt: skip
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not running.exists() and demo.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        demo.send_signal(signal.SIGINT)  # to it alone, not to its group as a terminal does
        _, complained = demo.communicate()
    assert complained.decode() == "\n已中断 · interrupted\n"
    assert demo.returncode == 130
    assert running.parent.exists(), "the database had begun"
    assert not running.exists(), "it has closed its files in order"
    assert half_made(tmp_path), "the next start sees that this one came to no end"
