"""What decides nothing about passes, templates and pictures for two: damaged, it keeps no gate shut."""

import logging
import os
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from edge.store.database import DatabaseCorrupt
from edge.store.files import copies_aside, move_aside

log = logging.getLogger(__name__)
OPENED = TypeVar("OPENED")


def opened_or_aside(path: Path, opening: Callable[[Path], OPENED], now: datetime) -> tuple[OPENED, str | None]:
    """Open it; what is damaged is moved aside first and begun anew.

    Returns what was opened, and the name of the newest copy that lies there, through restarts, until a person has seen
    to it. Raises what `opening` raises where that is no damage: no room, no file handles, no permission.
    """
    try:
        made = opening(path)
    except (DatabaseCorrupt, sqlite3.OperationalError, OSError) as error:
        belongs = path.is_file() if path.suffix else path.is_dir()
        if not isinstance(error, DatabaseCorrupt) and (belongs or not os.path.lexists(path)):
            raise
        kept = move_aside(path, now)
        log.error("%s is damaged, was moved to %s and is begun anew: %s", path, kept.name, error)
        made = opening(path)
    copies = copies_aside(path)
    return made, copies[-1].name if copies else None
