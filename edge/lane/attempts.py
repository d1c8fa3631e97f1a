"""Wrong attempts at a lane and with a pass (ACC-21): counted through the store, and in memory while the disk is full.

A full or broken disk must neither stop the gate nor make it forget what it counted.
"""

import logging
import sqlite3
from datetime import datetime

from pydantic import ValidationError

from edge.lane.shell import LaneShell
from edge.store.database import DatabaseFault
from edge.store.store import Store
from models.access.attempts import Attempts, Limits, counted_at, locked_by
from models.access.decision import Decision
from models.wire.events import Alarm, AlarmKind

UNSAVED_MAX = 256

log = logging.getLogger(__name__)


class WrongAttempts:
    """Owned by the lane thread."""

    def __init__(self, store: Store):
        self._store = store
        self._unsaved: dict[str, Attempts] = {}

    def pin_locked(self, shell: LaneShell, unit: str | None, now: datetime) -> bool:
        """Whether PIN entry for this unit is closed at this lane."""
        keys = locked_by(shell.code, unit)
        return any(self._of(key).pin_locked(shell.lane.direction, now, shell.limits) for key in keys)

    def count(self, shell: LaneShell, decision: Decision, unit: str | None) -> tuple[Alarm, ...]:
        """Count a decision wherever it belongs; the alarms that it raises."""
        keys = [key for key in counted_at(shell.code, decision, unit) if self._count(key, decision, shell.limits)]
        detail = f"{shell.limits.wrong_max} in 10 min"
        return tuple(Alarm(alarm=AlarmKind.WRONG_ATTEMPTS, device=_named(key), detail=detail) for key in keys)

    def _of(self, key: str) -> Attempts:
        unsaved = self._unsaved.get(key)
        if unsaved is not None:
            return unsaved
        try:
            return self._store.attempts(key)
        except (sqlite3.Error, DatabaseFault, ValidationError) as error:
            log.error("the wrong attempts of before are not known and are counted anew: %s", error)
            return Attempts()

    def _count(self, key: str, decision: Decision, limits: Limits) -> bool:
        before = self._of(key)
        after, alarm = before.after(decision, limits)
        if after != before or key in self._unsaved:
            self._save(key, after)
        return alarm

    def _save(self, key: str, attempts: Attempts) -> None:
        try:
            self._store.save_attempts(key, attempts)
            self._unsaved.pop(key, None)
        except (sqlite3.Error, DatabaseFault) as error:
            log.error("wrong attempts are kept in memory only: %s", error)
            self._unsaved.pop(key, None)
            self._unsaved[key] = attempts
            if len(self._unsaved) > UNSAVED_MAX:
                del self._unsaved[next(iter(self._unsaved))]


def _named(key: str) -> str:
    """What the record calls a counter: the number of a home that was guessed at is left out of it."""
    return "unit" if key.startswith("unit:") else key[:80]
