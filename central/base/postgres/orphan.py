"""A PostgreSQL left over from a central that was killed: stopped in order before a new one starts, never two.

postmaster.pid (PostgreSQL documentation, "Database File Layout"): line 1 the process id, line 2 the data folder.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path

from central.base.postgres.errors import DidNotStart

log = logging.getLogger(__name__)


def clear_orphan(data: Path, wait_s: float) -> None:
    """Stop what still runs on `data`, and remove a pid file that names a process which is no PostgreSQL of ours."""
    pid_file = data / "postmaster.pid"
    pid = _read_pid(pid_file)
    if pid is None:
        return
    if not runs_on(pid, data):
        # PostgreSQL itself would refuse to start if an unrelated process of ours had come by that number.
        pid_file.unlink(missing_ok=True)
        log.warning("removed the pid file of a postgres that is gone", extra={"pid": pid})
        return
    log.warning("stopping the postgres of a central that was killed", extra={"pid": pid})
    for kind, patience_s in ((signal.SIGINT, wait_s), (signal.SIGQUIT, 5.0)):
        try:
            os.kill(pid, kind)
        except ProcessLookupError:
            return
        if _gone(pid, data, patience_s):
            return
    raise DidNotStart(f"A PostgreSQL (process {pid}) still runs on {data} and does not stop", data, "")


def runs_on(pid: int, data: Path) -> bool:
    """True when process `pid` is a living postmaster on `data`."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return command[0].rpartition(b"/")[2] == b"postgres" and os.fsencode(data) in command


def _gone(pid: int, data: Path, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while runs_on(pid, data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
