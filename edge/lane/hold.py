"""Fire holds outlive the process: a restart in the middle of a fire must not find the doors secured again."""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


class FireHolds:
    """One empty file per held lane, in the node's folder. The file is there before the hold counts as remembered."""

    def __init__(self, folder: Path):
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where the node keeps what must outlive it."""
        return self._folder

    def holds(self, lane: str) -> bool:
        """Whether a hold of before goes on. Unknown is no: a start moves no output (S10), and what the board still
        holds it goes on holding; the fire contact speaks for itself."""
        try:
            return self._path(lane).exists()
        except OSError as error:
            log.error("whether %s is held for fire is not known: %s", lane, error)
            return False

    def remember(self, lane: str, held: bool) -> None:
        """Durable when it returns. Raises OSError when the folder cannot be written."""
        if held:
            self._path(lane).touch(mode=0o600)
        else:
            self._path(lane).unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _path(self, lane: str) -> Path:
        return self._folder / f"fire-hold-{lane}"
