"""`scripts/test`: the one gate in front of every change: format, lint, types, import contracts, tests."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

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
    return [
        ("format", [str(BIN / "ruff"), "format", "--check", "."]),
        ("lint", [str(BIN / "ruff"), "check", "."]),
        ("types", [str(BIN / "mypy"), "models", "devices", "edge", "central", "scripts"]),
        ("import contracts", [str(BIN / "lint-imports")]),
        ("tests", [*pytest, *ignored]),
    ]


def main() -> int:
    asked = test().parse_args()
    hear_interrupts()
    return until_interrupted(lambda: _check(asked.quick, asked.pytest))


def _check(quick: bool, only: list[str]) -> int:
    wanted = steps(quick, only)
    reading = [step for step in wanted if step[0] != "tests"]
    failed = _at_once(reading, TOOL_ENDS_WITHIN_S) + _at_once([s for s in wanted if s not in reading], ENDS_WITHIN_S)
    if failed:
        print(f"有不符的 · not in order: {', '.join(failed)}")
        return 1
    print("全部没有问题 · everything is in order")
    return 0


def _at_once(wanted: Sequence[tuple[str, list[str]]], within_s: float) -> list[str]:
    """All of these beside each other, since each keeps one core busy; the names of those that failed. The first speaks
    as it goes on, what the others say is shown when it is their turn."""
    began = time.monotonic()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    failed = []
    with ExitStack() as running:
        started: list[tuple[str, subprocess.Popen[bytes], IO[bytes] | None]] = []
        for name, command in wanted:
            said: IO[bytes] | None = running.enter_context(tempfile.TemporaryFile()) if started else None
            if said is None:
                print(f"── {name}", flush=True)
            # by SIGINT, at which pytest ends its fixtures
            one = child(
                command, cwd=ROOT, env=environment, how=signal.SIGINT, within_s=within_s,
                stdout=said.fileno() if said else None, stderr=subprocess.STDOUT if said else None,
            )  # fmt: skip
            started.append((name, running.enter_context(one), said))
        for name, process, kept in started:
            if kept is not None:
                print(f"── {name}", flush=True)
            _wait(process)
            if kept is not None:
                kept.seek(0)
                print(kept.read().decode(errors="replace"), end="", flush=True)
            if process.returncode:
                failed.append(name)
            print(f"   {time.monotonic() - began:.0f} s", flush=True)
    return failed


def _wait(step: subprocess.Popen[bytes]) -> None:
    try:
        step.wait()
    except KeyboardInterrupt:
        print("\n停止中 stopping …", file=sys.stderr, flush=True)  # at once: what runs may take a while to end
        raise


if __name__ == "__main__":
    sys.exit(main())
