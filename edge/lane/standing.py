"""Which alarms are raised and not over. It outlives the process: a restart must still be able to say that one is over.

The file is written before an alarm is said, and after its end is: a power cut in between costs an "over" too many,
which central takes for what it is, and never an alarm that stands for ever.
"""

import json
import logging
from pathlib import Path

from edge.store.files import write_private
from models.wire.events import AlarmKind

Key = tuple[AlarmKind, str | None, str | None]
"""Kind, lane (its code), device."""

log = logging.getLogger(__name__)


class StandingAlarms:
    """A set of keys in one small file. Without a file, in memory only."""

    def __init__(self, path: Path | None = None):
        self._path = path
        self._keys: set[Key] = _read(path) if path is not None else set()

    def __contains__(self, key: Key) -> bool:
        return key in self._keys

    def add(self, key: Key) -> None:
        self._keys.add(key)
        self.keep()

    def drop(self, key: Key) -> None:
        """In memory; `keep` once its end was said."""
        self._keys.discard(key)

    def keep(self) -> None:
        if self._path is None:
            return
        try:
            write_private(self._path, json.dumps(sorted(map(list, self._keys), key=str)).encode())
        except OSError as error:  # alarms are said all the same; only a restart will not remember this one
            log.error("the standing alarms cannot be written: %s", error)


def _read(path: Path) -> set[Key]:
    try:
        return {(AlarmKind(kind), lane, device) for kind, lane, device in json.loads(path.read_bytes())}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, TypeError) as error:
        log.error("the standing alarms of before are not known: %s", error)
        return set()
