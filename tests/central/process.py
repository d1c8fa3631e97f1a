"""Central as a process of its own, as a person starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from central.base.postgres.ways import relocated

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90

# The whole program; only postgres is told not to sync, as everywhere in the tests.
RUN = """
import sys
import central.app, central.bootstrap as bootstrap
from central.base.postgres import EmbeddedPostgres
from central.base.postgres.supervisor import FOR_TESTS
from functools import partial
bootstrap.EmbeddedPostgres = lambda folder, **_: EmbeddedPostgres(
    folder, settings=FOR_TESTS | {"synchronous_commit": "on"}, sync=False)
central.app.register_domains.__defaults__ = (("central.base.identity",),)
from central.__main__ import main
sys.exit(main())
"""


class Central:
    """One run of `python -m central` in a folder."""

    def __init__(self, folder: Path, *arguments: str, env: dict[str, str] | None = None, before: str = "") -> None:
        self.folder = folder
        self.ready = folder / "ready.json"
        self.first = folder / "first.json"
        self.process = subprocess.Popen(
            [sys.executable, "-c", before + RUN, "--data", str(folder / "data"), "--port", "0", "--ready-file",
             str(self.ready), "--first-password-file", str(self.first), *arguments],
            cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONFAULTHANDLER": "1"} | (env or {}),
            stdout=subprocess.DEVNULL, stderr=(folder / "stderr").open("a"),  # a pipe that nobody empties fills up
        )  # fmt: skip

    @property
    def said(self) -> str:
        return (self.folder / "stderr").read_text()

    def url(self) -> str:
        until(lambda: self.ready.exists() or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.said
        return json.loads(self.ready.read_text())["url"]

    def stop(self) -> int:
        """One that does not stop says where it hangs, and is killed."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"central did not stop: {self.said}") from None

    def postgres_pid(self) -> int:
        place = relocated((self.folder / "data" / "postgres").resolve())
        folder = place if place.exists() else self.folder / "data" / "postgres"
        return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
