"""What can go wrong with the journal. Whether trying again helps is the type.

    JournalError
      JournalBusy      another process has it open                trying again helps once that one is gone
      JournalFull      no room even after dropping acked events   trying again helps once there is room
      JournalFault     the disk refused a write                   trying again may help
      JournalCorrupt   the file is damaged; kept as it is         a person must set it aside
        RowDamaged     one row of it is                          it is kept aside and the others go on
      JournalLost      it is gone or empty, though there was one  a person puts it back, or sets it aside
      JournalForeign   it belongs to another node                 a person must look
    EntryTooLarge      (a ValueError) a body above what the wire carries

After any of them nothing is half written: the entries of that call are not in the journal, and the next append
continues the chain where it stood.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import overload


class JournalError(Exception):
    """Root. `retry_helps` says what the caller may do."""

    retry_helps = False


class JournalBusy(JournalError):
    retry_helps = True


class JournalFull(JournalError):
    retry_helps = True


class JournalFault(JournalError):
    retry_helps = True


class JournalCorrupt(JournalError):
    """The file is left exactly as it was found; `edge.journal.aside.set_aside` moves it out of the way on request."""


class RowDamaged(JournalCorrupt):
    """One row cannot be read as an event, and the others can. `remains`: its columns, bytes in hexadecimal."""

    def __init__(self, words: str, seq: int, remains: dict[str, int | str | None]) -> None:
        super().__init__(words)
        self.seq, self.remains = seq, remains


class JournalLost(JournalError):
    """No new chain was begun in its place."""


class JournalForeign(JournalError):
    pass


class EntryTooLarge(ValueError):
    """A body longer than the 16,000 characters that the wire carries."""


def says_full(error: sqlite3.Error) -> bool:
    """Whether SQLite means "no room": SQLITE_FULL, or the shared-memory file that could not grow."""
    code = error.sqlite_errorcode or 0
    return code & 0xFF == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE


@overload
def fault_of(error: sqlite3.Error, path: Path) -> JournalError: ...
@overload
def fault_of(error: BaseException, path: Path) -> JournalError | None: ...
def fault_of(error: BaseException, path: Path) -> JournalError | None:
    """SQLite's error in the journal's words; None when it is none of SQLite's."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = (error.sqlite_errorcode or 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return JournalCorrupt(
            f"{path}: 日志文件已损坏（{error}），原样保留。 / the journal is damaged ({error}); it is kept as it is."
        )
    if isinstance(error, sqlite3.OperationalError) and says_full(error):
        return JournalFull(f"{path}: 磁盘已满，事件无法记录。 / the disk is full and the event cannot be kept.")
    return JournalFault(f"{path}: 读写失败（{error}）。 / reading or writing failed ({error}).")
