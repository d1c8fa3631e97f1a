"""Power cuts: node and central are killed with SIGKILL in turn, at seeded moments, while people come and go.

scripts/chaos                3 kills of each
scripts/chaos --full         20 of each
scripts/chaos --seed 7       other moments
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="20 kills of each instead of 3")
    parser.add_argument("--seed", type=int, default=20261123, metavar="N", help="which moments (default %(default)s)")
    options = parser.parse_args()
    began = time.monotonic()
    told = []
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-s", "tests/scenarios/test_kills.py"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "MENTING_FULL": "1" if options.full else "0",
            "MENTING_SEED": str(options.seed),
            "PYTHONUNBUFFERED": "1",
        },
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            told.append(line.rstrip())
            print(f"  {told[-1]}", flush=True)
    summary = next((line for line in reversed(told) if re.match(r"\.?\d+ arrivals, ", line)), "")
    good = run.returncode == 0
    print(f"seed {options.seed}: {summary.lstrip('.')}")
    print("nothing lost, nothing doubled" if good else "NOT in order: see above", f"({time.monotonic() - began:.0f} s)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
