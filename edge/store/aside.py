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

FACES_AGAIN = (
    "人脸模板已损坏并移开；请重新采集人脸，再取走此文件并重启节点。 / the face templates were damaged and moved aside: "
    "enrol faces again, then take this file away and restart the node"
)
WATCH_AGAIN = (
    "关注名单的人脸已损坏并移开；请在中心重新送照片，再取走此文件并重启节点。 / the watch group's faces were damaged "
    "and moved aside: send the photos again at central, then take this file away and restart the node"
)
PICTURES_ANEW = (
    "照片文件夹已损坏并移开；看过后请取走并重启节点。 / what stood in the place of the pictures was moved aside: "
    "look at it, then take it away and restart the node"
)


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
