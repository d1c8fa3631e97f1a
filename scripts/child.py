"""Children of ours that are waited for. When the wait is cut short, a child is told, and waited for until it has ended.

`subprocess.run` kills it instead, and `with Popen` leaves it: a database that it had begun then runs on by itself.
"""

import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

ENDS_WITHIN_S = 45.0
"""Central gives its own work a few seconds and its PostgreSQL half a minute. Only what outlasts both is killed."""
PR_SET_PDEATHSIG = 1


def hear_interrupts() -> None:
    """SIGTERM ends this process as Ctrl-C does. A shell starts what runs in the background with Ctrl-C ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def hear_no_more() -> None:
    """A second Ctrl-C must not leave a database running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    hear_no_more()
    raise KeyboardInterrupt


def end_with_parent() -> None:
    """Ask the kernel to end this child in order when its parent is gone, however that came about (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end(
    process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, *, all_of_it: bool = False,
    within_s: float = ENDS_WITHIN_S,
) -> None:  # fmt: skip
    """Tell a child to end, and wait until it has; `within_s` later it is killed. `all_of_it`: its own children hear it
    too, as at a terminal."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how) if all_of_it else process.send_signal(how)
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def child(
    command: Sequence[str | Path], *, cwd: Path, how: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None, stdin: int | None = None, stdout: int | None = None,
    stderr: int | None = None, within_s: float = ENDS_WITHIN_S,
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """A running child that has ended when this block is left: by itself, or, when the block was cut short, in order, by
    the signal `how`, or is killed `within_s` later."""
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr,
        start_new_session=True,  # Ctrl-C reaches this process alone: the child is told once, and by us
        preexec_fn=end_with_parent,
    ) as process:  # fmt: skip
        try:
            yield process
        except BaseException:
            end(process, how, all_of_it=True, within_s=within_s)
            raise
