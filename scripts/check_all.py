"""`scripts/test`: the one gate in front of every change: format, lint, types, import contracts, tests."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from models.command_line import until_interrupted
from scripts.child import ENDS_WITHIN_S, child, hear_interrupts
from scripts.options import test

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TOOL_ENDS_WITHIN_S = 2.0
"""Of what only reads files. mypy does not hear Ctrl-C while it works, and has nothing to put in order."""
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
        within_s = ENDS_WITHIN_S if name == "tests" else TOOL_ENDS_WITHIN_S
        # by SIGINT, at which pytest ends its fixtures
        with child(command, cwd=ROOT, env=environment, how=signal.SIGINT, within_s=within_s) as step:
            _wait(step)
        if step.returncode:
            failed.append(name)
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
    if failed:
        print(f"有不符的 · not in order: {', '.join(failed)}")
        return 1
    print("全部没有问题 · everything is in order")
    return 0


def _wait(step: subprocess.Popen[bytes]) -> None:
    try:
        step.wait()
    except KeyboardInterrupt:
        print("\n停止中 stopping …", file=sys.stderr, flush=True)  # at once: what runs may take a while to end
        raise


if __name__ == "__main__":
    sys.exit(main())
