"""The child process: started, watched, started again with growing pauses when it dies, stopped at the end."""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psycopg

from central.base.postgres.errors import PostgresError, explain, of_system
from central.base.postgres.orphan import clear_orphan
from central.base.postgres.place import SUPERUSER, Place, hold_lock, make_cluster, open_log, settle, socket_folder
from central.base.postgres.programs import find_programs

log = logging.getLogger(__name__)

START_MAX_S = 60
STOP_MAX_S = 30
PAUSES_S = (0.5, 1, 2, 5, 10, 30)
STEADY_S = 60
SMALL_SITE = {
    "shared_buffers": "256MB",
    "max_connections": "50",
    "max_wal_size": "512MB",
    "checkpoint_completion_target": "0.9",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
FOR_TESTS = {"shared_buffers": "32MB", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class EmbeddedPostgres:
    """One PostgreSQL on one folder. `start` blocks until it answers; `stop` until it is gone."""

    def __init__(
        self, folder: Path, *, way: str | None = None, settings: Mapping[str, str] | None = None, sync: bool = True
    ) -> None:
        """folder: made when missing. settings: over `SMALL_SITE`. sync False: for tests only."""
        self._folder = folder
        self._way = way
        self._settings = SMALL_SITE | dict(settings or {})
        self._sync = sync
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: BinaryIO | None = None
        self._place: Place | None = None
        self._socket: Path | None = None
        self._watcher: threading.Thread | None = None
        self._log_from = 0  # where this start's part of the log begins
        self.up = threading.Event()

    @property
    def place(self) -> Place:
        assert self._place is not None, "not started"
        return self._place

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def dsn(self, user: str, password: str, database: str) -> str:
        """A libpq connection string through the socket."""
        return psycopg.conninfo.make_conninfo("", host=str(self._socket), user=user, password=password, dbname=database)

    def superuser_dsn(self, database: str = "postgres") -> str:
        return self.dsn(SUPERUSER, self.place.password, database)

    def start(self) -> None:
        """Make the cluster if there is none, run it, wait until it answers. Raises `PostgresError` in words."""
        programs = find_programs()
        try:
            self._place = settle(self._folder, programs, self._way)
            self._lock = hold_lock(self._place)
        except OSError as error:
            raise of_system(self._folder, error) from error
        try:
            clear_orphan(self._place.data, STOP_MAX_S)
            made = make_cluster(self._place, sync=self._sync)
            self._socket = socket_folder(self._place)
            self._launch()
        except OSError as error:
            self._kill()
            self._release()
            raise of_system(self._place.folder, error) from error
        except BaseException:
            self._kill()
            self._release()
            raise
        log.info("postgres is up", extra={"way": self._place.way.name, "new": made, "pid": self.pid})
        self._watcher = threading.Thread(target=self._watch, name="postgres-watch", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Fast stop (SIGINT): open transactions are rolled back, everything committed is on disk."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_MAX_S)
            except subprocess.TimeoutExpired:
                log.error("postgres did not stop in time; it will recover at the next start")
                self._kill()
        if self._watcher is not None:
            self._watcher.join()
        self.up.clear()
        self._release()

    def _launch(self) -> None:
        """Run it and wait for an answer; orphaned children of a killed one may need some seconds to let go."""
        deadline = time.monotonic() + START_MAX_S
        while True:
            self._process = self._run()
            failure = self._wait_until_up(deadline)
            if failure is None:
                self.up.set()
                return
            self._kill()
            if "pre-existing shared memory block" not in str(failure) or time.monotonic() > deadline:
                raise failure
            time.sleep(0.3)

    def _run(self) -> subprocess.Popen[bytes]:
        place = self.place
        settings = self._settings | {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
        }
        command: list[str | Path] = [place.programs.postgres, "-D", place.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with open_log(place) as out:
            self._log_from = out.tell()
            # A session of its own: Ctrl-C at the terminal is for central, which then stops it in order.
            return subprocess.Popen(
                place.way.command(command), stdout=out, stderr=out, cwd=place.data, start_new_session=True,
                **place.way.popen_options(),
            )  # fmt: skip

    def _wait_until_up(self, deadline: float) -> PostgresError | None:
        assert self._process is not None
        place = self.place
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return explain(
                    "PostgreSQL 启动时退出了",
                    "PostgreSQL ended while starting",
                    place.folder,
                    place.log,
                    self._log_from,
                )
            try:
                with psycopg.connect(self.superuser_dsn(), connect_timeout=5):
                    return None
            except psycopg.OperationalError:
                if self._stopping.wait(0.05):
                    break
        return explain(
            f"PostgreSQL {START_MAX_S} 秒内没有应答（上次若被强行停止，它可能还在恢复，可再启动一次）",
            f"PostgreSQL gave no answer within {START_MAX_S} s (after a hard stop it may still be recovering; start it "
            "once more)", place.folder, place.log, self._log_from,
        )  # fmt: skip

    def _watch(self) -> None:
        tries = 0
        while True:
            assert self._process is not None
            since = time.monotonic()
            code = self._process.wait()
            self.up.clear()
            if self._stopping.is_set():
                return
            tries = 0 if time.monotonic() - since > STEADY_S else tries + 1
            pause = PAUSES_S[min(max(tries - 1, 0), len(PAUSES_S) - 1)]
            log.error("postgres died and is started again", extra={"exit": code, "pause_s": pause})
            if self._stopping.wait(pause):
                return
            try:
                clear_orphan(self.place.data, STOP_MAX_S)
                self._launch()
                if self._stopping.is_set():  # told to stop while it came up: `stop` may have met the old process
                    self._process.send_signal(signal.SIGINT)
            except PostgresError as error:  # said and tried again: a full disk may be freed meanwhile
                log.error("postgres could not be started again", extra={"why": str(error)})

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGQUIT)  # immediate: its children go with it
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _release(self) -> None:
        if self._socket is not None and not self._socket.is_relative_to(self.place.folder):
            with suppress(FileNotFoundError):
                shutil.rmtree(self._socket)
        if self._lock is not None:
            self._lock.close()
            self._lock = None
