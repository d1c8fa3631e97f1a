"""Whether central can keep what comes. Told above every page: who cannot be shown new alarms must not be shown calm."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy.exc import DBAPIError

FULL_MB = 64
"""PostgreSQL takes a new piece of its log, 16 MB, whenever it must; below a few of them nothing is sure to be kept."""
LOW_MB = 1024
STANDS_FOR = timedelta(minutes=2)
"""A node that was refused tries again every half minute at the latest: no refusal for so long, and all goes well."""
REFUSALS = frozenset({"53100", "58030"})
"""What PostgreSQL answers when the disk is full, or does not take what is written to it."""


class Room(StrEnum):
    ENOUGH = "enough"
    LOW = "low"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Stored:
    room: Room
    free_mb: int


class Storage:
    """One per process. `folder`: where this central keeps its database and its pictures."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._refused_at: datetime | None = None

    def refused(self, error: DBAPIError, now: datetime) -> None:
        """The database answered with an error: remembered when it says that nothing can be written."""
        if getattr(error.orig, "sqlstate", None) in REFUSALS:
            self._refused_at = now

    def state(self, now: datetime) -> Stored:
        free_mb = shutil.disk_usage(self._folder).free >> 20
        refused = self._refused_at is not None and now - self._refused_at < STANDS_FOR
        if refused or free_mb < FULL_MB:
            return Stored(Room.FULL, free_mb)
        return Stored(Room.LOW if free_mb < LOW_MB else Room.ENOUGH, free_mb)
