"""What a person said of a vehicle lane outlives the process: that its arm is held up, until when, and which way it
leads.

A restart in the middle of a removal must not let the arm down on the next van, and must not hold it for ever either:
the hold goes on until its own end, as the node's clock has it.
"""

import logging
import os
from pathlib import Path
from uuid import UUID

from pydantic import Field, ValidationError

from models.site.topology import Direction
from models.values.frozen import WireValue
from models.values.time import Instant

log = logging.getLogger(__name__)


class HeldBy(WireValue):
    """A hold, by the node's wall clock. `storm_id`: nobody's single word, but the storm's that is in force, which lasts
    until `storm_until` by the last word about it."""

    since: Instant
    until: Instant
    passed: int = Field(default=0, ge=0)
    actor_id: UUID | None = None
    said: str | None = None
    storm_id: UUID | None = None
    storm_until: Instant | None = None


class Kept(WireValue):
    """Of one lane. `lets_go`: nobody's word holds it up any more, and its output still does, until nobody drives
    through. `direction`: where it was turned the other way than its site file says. `turned_at`: up to when its
    timetable was followed, or a person said otherwise; None where it has none."""

    hold: HeldBy | None = None
    direction: Direction | None = None
    turned_at: Instant | None = None
    lets_go: bool = False


class KeptLanes:
    """One small file per lane that anything is kept of, in the node's folder."""

    def __init__(self, folder: Path):
        self._folder = folder

    def of(self, lane: str) -> Kept:
        """What is kept of it; nothing where nothing can be read: a start moves no output then (S10)."""
        try:
            return Kept.model_validate_json(self._path(lane).read_bytes())
        except FileNotFoundError:
            return Kept()
        except (OSError, ValidationError) as error:
            log.error("what was said of %s before this start cannot be read: %s", lane, error)
            return Kept()

    def keep(self, lane: str, kept: Kept) -> None:
        """Durable when it returns. Raises OSError when the folder cannot be written."""
        path = self._path(lane)
        if kept == Kept():
            path.unlink(missing_ok=True)
        else:
            beside = path.with_suffix(".new")
            with beside.open("wb") as file:
                file.write(kept.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _path(self, lane: str) -> Path:
        return self._folder / f"lane-kept-{lane}.json"
