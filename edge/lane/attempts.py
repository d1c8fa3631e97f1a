"""Wrong attempts at a lane and with a pass (ACC-21): counted through the store, and in memory while the disk is full.

A full or broken disk must neither stop the gate nor make it forget what it counted.
"""

import logging
import sqlite3

from pydantic import ValidationError

from edge.store.database import DatabaseFault
from edge.store.store import Store
from models.access.attempts import Attempts
from models.access.decision import Decision

UNSAVED_MAX = 256

log = logging.getLogger(__name__)


class WrongAttempts:
    """Owned by the lane thread."""

    def __init__(self, store: Store):
        self._store = store
        self._unsaved: dict[str, Attempts] = {}

    def of(self, key: str) -> Attempts:
        unsaved = self._unsaved.get(key)
        if unsaved is not None:
            return unsaved
        try:
            return self._store.attempts(key)
        except (sqlite3.Error, DatabaseFault, ValidationError) as error:
            log.error("the wrong attempts of before are not known and are counted anew: %s", error)
            return Attempts()

    def count(self, key: str, decision: Decision) -> bool:
        """Count a decision; whether it raises the alarm."""
        before = self.of(key)
        after, alarm = before.after(decision)
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
