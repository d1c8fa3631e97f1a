"""SQLite as the node uses it: WAL, synchronous FULL, one owner, mode 0600, and errors that say what to do.

FULL, because NORMAL lost acknowledged rows in 196 of 200 power-cut replays while FULL lost none; that a killed process
loses nothing proves neither.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.store.files import make_folder, sync_folder

BUSY_MS = 5000


class DatabaseFault(Exception):
    """Root of what can go wrong with one of the node's own databases."""


class DatabaseBusy(DatabaseFault):
    """Another process has it open. Trying again helps once that one is gone."""


class DatabaseCorrupt(DatabaseFault):
    """The file is no database any more, or is damaged inside. It is left exactly as it was found."""


CANNOT_WRITE = (sqlite3.Error, DatabaseFault, OSError)
"""What a database answers that takes nothing now: no room, read-only, damaged, or held by somebody for too long."""


class Owner:
    """Holds `<file>.lock` for as long as the database is open: two writers would give one chain two heads."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise DatabaseBusy(
                f"{path}: 另一个进程正在使用，不能同时打开。 / another process has it open; only one may write."
            ) from error

    def release(self) -> None:
        os.close(self._handle)


class Database:
    """One SQLite file with one connection for writing; `lock` guards it. Raises DatabaseBusy and DatabaseCorrupt.

    `shared`: other processes may have it open too (a technician's command beside the running node). `secure_delete`:
    what is deleted is overwritten.
    """

    def __init__(self, path: Path, schema: str, *, shared: bool = False, secure_delete: bool = True) -> None:
        make_folder(path.parent)
        self.path = path
        self.lock = threading.RLock()
        self._owner = None if shared else Owner(path)
        try:
            is_new = _prepare_file(path)
            self.connection = connect(path)
            with corruption_named(path):
                self.connection.execute(f"PRAGMA secure_delete={'ON' if secure_delete else 'OFF'}")
                self.connection.executescript(schema)
            if is_new:
                sync_folder(path.parent)
        except BaseException:
            self._release()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is durable when the block ends, or nothing of it happened."""
        with self.lock, corruption_named(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def empty_wal(self) -> bool:
        """Carry the write-ahead log into the file and cut it to nothing, so that deleted bytes remain in neither.

        False when a reader kept it busy for longer than `BUSY_MS`.
        """
        with self.lock:
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def state(self) -> tuple[int, int]:
        """Differs from an earlier answer when anything was committed since, by this process or another."""
        with self.lock:
            row = self.connection.execute("PRAGMA data_version").fetchone()
            return int(row[0]), self.connection.total_changes

    def close(self) -> None:
        with self.lock:
            self.connection.close()
            self._release()

    def _release(self) -> None:
        if self._owner is not None:
            self._owner.release()
            self._owner = None


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode that several threads may use, one at a time."""
    with corruption_named(path):
        if read_only:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
        else:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            if not read_only:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def corruption_named(path: Path) -> Iterator[None]:
    """Turn SQLite's words for a damaged file into DatabaseCorrupt; everything else passes."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if (error.sqlite_errorcode or 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise DatabaseCorrupt(
                f"{path}: 数据库文件已损坏（{error}）。文件原样保留，没有新建。 / the database file is damaged "
                f"({error}). It is kept as it is and nothing was created in its place."
            ) from error
        raise


def _prepare_file(path: Path) -> bool:
    """Create the file with mode 0600 before SQLite does (its -wal and -shm take over that mode). True when new."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True
