"""Fire holds outlive the process: a restart in the middle of a fire must not find the doors secured again."""

import os
from pathlib import Path


class FireHolds:
    """One empty file per held lane, in the node's folder. The file is there before the hold counts as remembered."""

    def __init__(self, folder: Path):
        self._folder = folder

    def holds(self, lane: str) -> bool:
        return self._path(lane).exists()

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
