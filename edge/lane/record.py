"""Writing down what the lane says: every line goes to the journal, and waits in memory while the disk is full.

Only one thing may not wait: a grant. A door is not opened on a decision that is not on disk (SYNC-06), so `decided`
says whether it is. Everything else that could not be written is kept, bounded, and written once there is room.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from edge.journal.journal import Entry, Journal, JournalFull
from models.access.decision import Outcome
from models.values.ids import new_id
from models.wire.envelope import Event
from models.wire.events import Alarm, AlarmKind, DecisionMade, EventBody, Passage

WAITING_MAX = 2000

log = logging.getLogger(__name__)


class Recorder:
    """The lane thread's way to the journal. Not thread-safe: one thread owns it."""

    def __init__(self, journal: Journal, lane_ids: Callable[[str], UUID]):
        self._journal = journal
        self._lane_ids = lane_ids
        self._waiting: deque[Entry] = deque(maxlen=WAITING_MAX)
        self._open_alarms: set[tuple[AlarmKind, str | None, str | None]] = set()

    def decided(self, entry: Entry, *more: Entry) -> Event | None:
        """The event of a decision that is on disk now; None when the disk would not take it."""
        try:
            event = self._journal.append(entry, *more)[0]
        except JournalFull as error:
            log.error("the journal cannot be written, so nothing is opened: %s", error)
            self._waiting.append(entry)
            if isinstance(entry.body, DecisionMade) and entry.body.decision.outcome is Outcome.GRANT:
                unopened = Passage(passed=False, why="not_released")
                self._waiting.append(replace(entry, body=unopened, personal=None, person_id=None))
            return None
        self.write_waiting()
        return event

    def say(self, body: EventBody, lane: str | None = None, correlation: UUID | None = None) -> None:
        """Write one line, at the latest when there is room again."""
        self.say_all((self.entry(body, lane, correlation),))

    def say_all(self, entries: tuple[Entry, ...]) -> None:
        if not entries:
            return
        try:
            self._journal.append(*entries)
        except JournalFull as error:
            log.error("the journal cannot be written; %d lines wait: %s", len(self._waiting) + len(entries), error)
            self._waiting.extend(entries)
            self.raise_alarm(AlarmKind.DISK, detail=str(error)[:300])

    def write_waiting(self) -> None:
        """Try again with what waits; called on every tick, and at once after anything could be written."""
        if not self._waiting:
            return
        entries = tuple(self._waiting)
        try:
            self._journal.append(*entries)
        except JournalFull:
            return
        self._waiting.clear()
        self.end_alarm(AlarmKind.DISK)

    def entry(self, body: EventBody, lane: str | None = None, correlation: UUID | None = None) -> Entry:
        return Entry(body=body, correlation=correlation or new_id(), lane_id=self._lane_ids(lane) if lane else None)

    def raise_alarm(
        self, alarm: AlarmKind, lane: str | None = None, device: str | None = None, detail: str | None = None
    ) -> None:
        """Raise once; a second time is silent until it was over."""
        key = (alarm, lane, device)
        if key not in self._open_alarms:
            self._open_alarms.add(key)
            self.say(Alarm(alarm=alarm, device=device, detail=detail), lane)

    def end_alarm(self, alarm: AlarmKind, lane: str | None = None, device: str | None = None) -> None:
        key = (alarm, lane, device)
        if key in self._open_alarms:
            self._open_alarms.discard(key)
            self.say(Alarm(alarm=alarm, over=True, device=device), lane)
