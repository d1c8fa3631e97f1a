"""`scripts/test`: the one gate in front of every change: format, lint, types, import contracts, tests."""

import os
import signal
import sys
import time
from pathlib import Path

from models.command_line import until_interrupted
from scripts.child import child, hear_interrupts
from scripts.options import test

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
    asked = test().parse_args()
    hear_interrupts()
    return until_interrupted(lambda: _check(asked.quick, asked.pytest))


def _check(quick: bool, only: list[str]) -> int:
    failed = []
    for name, command in steps(quick, only):
        print(f"── {name}", flush=True)
        began = time.monotonic()
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with child(command, cwd=ROOT, env=environment, how=signal.SIGINT) as step:  # pytest then ends its fixtures
            step.wait()
        if step.returncode:
            failed.append(name)
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
    if failed:
        print(f"有不符的 · not in order: {', '.join(failed)}")
        return 1
    print("全部没有问题 · everything is in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
