"""`scripts/chaos`: node and central are killed with SIGKILL in turn, at seeded moments, while people come and go."""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from models.command_line import until_interrupted
from scripts.child import child, hear_interrupts
from scripts.options import chaos

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    options = chaos().parse_args()
    hear_interrupts()
    return until_interrupted(lambda: _kill(options))


def _kill(options: argparse.Namespace) -> int:
    began = time.monotonic()
    told = []
    with child(
        [sys.executable, "-m", "pytest", "-q", "-s", "tests/scenarios/test_kills.py"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        how=signal.SIGINT,  # by which pytest ends what its tests have started
        env={
            **os.environ,
            "MENTING_FULL": "1" if options.full else "0",
            "MENTING_SEED": str(options.seed),
            "PYTHONUNBUFFERED": "1",
        },
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            told.append(line.decode(errors="replace").rstrip())
            print(f"  {told[-1]}", flush=True)
    summary = next((line for line in reversed(told) if re.match(r"\.?\d+ arrivals, ", line)), "")
    good = run.returncode == 0
    print(f"种子 · seed {options.seed}: {summary.lstrip('.')}")
    print(
        "无丢失，无重复 · nothing lost, nothing doubled" if good else "有不符的，见上 · NOT in order: see above",
        f"({time.monotonic() - began:.0f} s)",
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
