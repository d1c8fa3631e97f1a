"""Room set aside for the day the disk is full: freed, it lets the journal write long enough to make more."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 4 << 20  # the write-ahead log grows to about this before SQLite carries it over (1000 pages of 4 KiB)
_FREE_TIMES = 4  # refilled only when this many times its size is free, so that it does not flap at the edge


class Reserve:
    """A preallocated file beside the journal."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size

    @property
    def is_there(self) -> bool:
        return self._path.exists()

    def fill(self) -> bool:
        """Set the room aside when the disk has plenty. False when it has not: the journal then works without."""
        if self.is_there:
            return True
        if shutil.disk_usage(self._path.parent).free < _FREE_TIMES * self._size:
            return False
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
        except OSError:
            self._path.unlink()
            return False
        finally:
            os.close(handle)
        return True

    def release(self) -> bool:
        """Free the room. False when there was none."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True
