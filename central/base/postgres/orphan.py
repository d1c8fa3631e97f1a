"""A PostgreSQL left over from a central that was killed: stopped in order before a new one starts, never two.

postmaster.pid (PostgreSQL documentation, "Database File Layout"): line 1 the process id, line 2 the data folder.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from central.base.postgres.errors import DidNotStart

log = logging.getLogger(__name__)


CHILDREN_GRACE_S = 2.0


def clear_orphan(data: Path, wait_s: float) -> None:
    """Stop what still runs on `data`, and remove a pid file that names a process which is no PostgreSQL of ours."""
    _stop_postmaster(data, wait_s)
    end_children(data)


def end_children(data: Path) -> None:
    """Kill the children that outlive a killed postmaster.

    They notice its death only while they wait for their client; one that waits for a lock whose holder has gone waits
    for ever, keeps the shared memory, and so keeps the next postmaster from starting. What they were doing is rolled
    back by recovery in any case.
    """
    deadline = time.monotonic() + CHILDREN_GRACE_S
    while children := children_on(data):
        if time.monotonic() > deadline:
            log.warning("killing the children of a postgres that is gone", extra={"pids": children})
            for pid in children:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + CHILDREN_GRACE_S
        time.sleep(0.05)


def children_on(data: Path) -> list[int]:
    """Living processes that PostgreSQL named ("postgres: …") and that work in `data`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            named = process.joinpath("cmdline").read_bytes().startswith(b"postgres: ")
            if named and process.joinpath("cwd").readlink() == data:
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # gone meanwhile, or another account's
    return found


def _stop_postmaster(data: Path, wait_s: float) -> None:
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
    raise DidNotStart(
        f"上次留下的 PostgreSQL（进程 {pid}）还在使用 {data}，停不下来。请重启这台机器，再启动中心；数据不受影响。",
        f"A PostgreSQL left behind (process {pid}) still runs on {data} and does not stop. Restart this machine, then "
        "start central again; the data are not affected.",
    )


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
