"""skeleton: being filled now."""

from __future__ import annotations
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class DiskLevel(StrEnum):
    OK = "ok"
    FILLING = "filling"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class DiskReading:
    used_percent: float
    free_bytes: int
    level: DiskLevel
    changed: bool


class DiskWatch:
    def __init__(self, folder: Path) -> None:
        raise NotImplementedError

    def look(self) -> DiskReading:
        raise NotImplementedError
