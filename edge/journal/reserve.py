"""Room set aside for the day the disk is full: enough to carry the write-ahead log into the file.

Making room needs room. To drop events, SQLite must first write; to be able to write, the log must be emptied into the
file, which then grows by up to the length of the log. A first version spent the reserve on further events and found
itself, on a file system that was really full, with plenty of acknowledged events and no way to drop one. So the reserve
is freed for that manoeuvre only and set aside again right after it, at least by half: as long as the log may be. The
other half is what the log may then use.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 8 << 20
_PAGE = 4096
_PLENTY_TIMES = 4  # set aside whole only when this many times its size is free, so that it does not flap at the edge


class Reserve:
    """A preallocated file beside the journal."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size, self._least = size, size // 2

    @property
    def is_there(self) -> bool:
        return self._path.exists()

    @property
    def log_pages(self) -> int:
        """How many pages the write-ahead log may have before it is carried over: they fit into half the reserve."""
        return max(16, self._least // _PAGE)

    def fill(self) -> None:
        """Set the whole of it aside when the disk has plenty."""
        there = self._path.stat().st_size if self.is_there else 0
        if there < self._size and self._free() >= _PLENTY_TIMES * self._size:
            self.release()
            self._allocate(self._size)

    def refill(self, free_pages: int) -> None:
        """After the manoeuvre, share what is free between the reserve and the log.

        While the file must grow for whatever the log brings, half the reserve comes before anything else: then the next
        manoeuvre works too. `free_pages` inside the file take that much without growing, so that the log may have it.
        """
        free = self._free()
        kept = min(free, max(self._least, free - self._least))
        for_log = min(free // 2, free_pages * _PAGE)
        size = min(self._size, kept, free - for_log)
        if not self.is_there and size >= _PAGE:
            self._allocate(size)

    def release(self) -> bool:
        """Free the room. False when there was none."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _free(self) -> int:
        return shutil.disk_usage(self._path.parent).free

    def _allocate(self, size: int) -> None:
        """Best effort: without a reserve the journal works, and its health says so."""
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, size)
        except OSError:
            self._path.unlink()
        finally:
            os.close(handle)
