"""How full the disk is: told at 80 %, alarmed at 95 % (SYNC-13), and not told again while it wavers at the line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FILLING_PERCENT = 80.0
FULL_PERCENT = 95.0
SLACK_PERCENT = 2.0  # a level is left only this far below its line


class DiskLevel(StrEnum):
    OK = "ok"
    FILLING = "filling"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class DiskReading:
    """`changed`: the level is another one than at the last look; the first look changes from OK."""

    used_percent: float
    free_bytes: int
    level: DiskLevel
    changed: bool


def level_of(used_percent: float, before: DiskLevel) -> DiskLevel:
    """The level now. Rising is told at the line, falling a little below it."""
    was = (DiskLevel.OK, DiskLevel.FILLING, DiskLevel.FULL).index(before)
    if used_percent >= FULL_PERCENT - (SLACK_PERCENT if was == 2 else 0):
        return DiskLevel.FULL
    if used_percent >= FILLING_PERCENT - (SLACK_PERCENT if was >= 1 else 0):
        return DiskLevel.FILLING
    return DiskLevel.OK


def usage(folder: Path) -> tuple[int, int]:
    """(used, free) bytes of the file system under `folder`; free is what this account may still use."""
    found = shutil.disk_usage(folder)
    return found.used, found.free


class DiskWatch:
    """Looks at the file system that holds `folder`."""

    def __init__(self, folder: Path, measure: Callable[[Path], tuple[int, int]] = usage) -> None:
        self._folder, self._measure = folder, measure
        self._level = DiskLevel.OK

    def read(self) -> DiskReading:
        """Raises OSError when the folder is gone."""
        used, free = self._measure(self._folder)
        percent = 100.0 * used / max(used + free, 1)
        before, self._level = self._level, level_of(percent, self._level)
        return DiskReading(percent, free, self._level, self._level is not before)
