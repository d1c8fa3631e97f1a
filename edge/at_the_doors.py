"""Whose hands are at the doors of a site file.

A node that drives them holds the file, also while it is not enrolled, or its disk is broken and it has no folder to
hold: it answers exit buttons and fire all the same. A commissioning page asks first, so that no door has two drivers.

The lock hangs on the file as it lies there: whoever holds on looks again now and then, for an editor puts another file
in its place. Where a file system knows no locks nobody is kept from anything.
"""

import fcntl
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


class Doors:
    """The doors of one site file."""

    def __init__(self, site_file: Path) -> None:
        self._path = site_file
        self._held: int | None = None

    def hold(self) -> bool:
        """Hold them, or go on holding them under the file that lies there now. False: another process has them."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return True  # no file, or none for us: what cannot be read drives no doors
        if self._held is not None and os.path.samestat(os.fstat(file), os.fstat(self._held)):
            os.close(file)
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError as error:
            log.info("%s cannot be held: %s", self._path, error)
            os.close(file)
            return True
        self.let_go()
        self._held = file
        return True

    def let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None
