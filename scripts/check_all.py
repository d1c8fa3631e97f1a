"""The one gate in front of every change: format, lint, types, import contracts, tests.

scripts/test                 everything
scripts/test --quick         without the tests that start browsers or whole sites
scripts/test -- -k passes    only pytest, with these arguments
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SLOW = ("tests/browser", "tests/scenarios")


def steps(quick: bool, only: list[str]) -> list[tuple[str, list[str]]]:
    """What runs, in order: a name, and the command."""
    pytest = [sys.executable, "-m", "pytest", "-q"]
    if only:
        return [("tests", [*pytest, *only])]
    # a file stays together; one more at a time than there are cores, since many tests wait for other processes
    pytest += ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile", "--no-loadscope-reorder"]
    ignored = [f"--ignore={folder}" for folder in SLOW] if quick else []
    strict = ["models", "devices", "edge/lane", "edge/decide"]
    return [
        ("format", [str(BIN / "ruff"), "format", "--check", "."]),
        ("lint", [str(BIN / "ruff"), "check", "."]),
        ("types, strict", [str(BIN / "mypy"), "--strict", *strict]),
        ("types", [str(BIN / "mypy"), "models", "devices", "edge", "central", "scripts"]),
        ("import contracts", [str(BIN / "lint-imports")]),
        ("tests", [*pytest, *ignored]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="leave out browser and whole-site tests")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest alone, after --")
    options = parser.parse_args()
    failed = []
    for name, command in steps(options.quick, options.pytest):
        print(f"── {name}", flush=True)
        began = time.monotonic()
        if subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}, check=False).returncode:
            failed.append(name)
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
    if failed:
        print(f"not in order: {', '.join(failed)}")
        return 1
    print("everything is in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
