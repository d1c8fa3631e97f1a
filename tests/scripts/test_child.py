"""Who is interrupted ends its children in order before it ends itself: no database is left running by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.child import ENDS_WITHIN_S
from scripts.setup import ROOT

CHILD = """
import pathlib, signal, sys, time
def stop(number, frame):
    time.sleep(0.3)  # as long as a database takes to close its files
    pathlib.Path(sys.argv[1]).write_text("ended in order")
    sys.exit(0)
signal.signal(int(sys.argv[2]), stop)
print("up", flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
CHECKS = """
import sys
from scripts import check_all
check_all.steps = lambda quick, only: [("types", [sys.executable, "-c", *only])]
check_all.TOOL_ENDS_WITHIN_S = 0.2
sys.exit(check_all.main())
"""
PARENT = """
import pathlib, signal, sys
from models.command_line import until_interrupted
from scripts.child import child, hear_interrupts
how = signal.Signals(int(sys.argv[3]))
def wait():
    with child([sys.executable, "-c", sys.argv[1], sys.argv[2], str(how.value)], cwd=pathlib.Path("."), how=how) as one:
        return one.wait()
hear_interrupts()
sys.exit(until_interrupted(wait))
"""


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_child_is_told_and_waited_for(tmp_path: Path, told: signal.Signals, how: signal.Signals) -> None:
    word = tmp_path / "word"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", PARENT, CHILD, str(word), str(how.value)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        parent.send_signal(told)  # to it alone, not to its group as a terminal does
        _, complained = parent.communicate()
    assert word.read_text() == "ended in order"
    assert (parent.returncode, complained) == (130, "\n已中断 · interrupted\n")


def test_a_tool_that_does_not_hear_is_killed_soon_and_it_is_said_at_once_that_it_stops() -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", CHECKS, "--", DEAF], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as checks:  # fmt: skip
        assert checks.stdout is not None and checks.stderr is not None
        assert [checks.stdout.readline() for _ in range(2)] == ["── types\n", "up\n"]
        checks.send_signal(signal.SIGINT)
        assert [checks.stderr.readline() for _ in range(2)] == ["\n", "停止中 stopping …\n"]
        checks.send_signal(signal.SIGINT)  # again: nothing is left running by it
        _, complained = checks.communicate(timeout=ENDS_WITHIN_S - 5.0)  # were it given the time of a database
    assert (checks.returncode, complained) == (130, "\n已中断 · interrupted\n")
