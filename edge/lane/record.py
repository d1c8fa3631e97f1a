"""Writing down what the lane says: every line goes to the journal, and waits in memory while the disk is full.

Only one thing may not wait: a grant. A door is not opened on a decision that is not on disk (SYNC-06), so `decided`
says whether it is. Everything else that could not be written is kept, bounded, and written once there is room.
"""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from edge.journal.journal import Entry, Journal, JournalCorrupt, JournalFault, JournalFull
from edge.lane.standing import StandingAlarms
from models.access.credential import Kind
from models.access.decision import Decision, Outcome
from models.access.passes import claimed_pass
from models.access.verification import Liveness
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Command
from models.wire.envelope import Event
from models.wire.events import Alarm, AlarmKind, DecisionMade, EventBody, ImageRule, Passage
from models.wire.snapshot import Snapshot

WAITING_MAX = 2000
UNWRITABLE = (JournalFull, JournalFault, JournalCorrupt)
"""Full, refusing writes (a disk that died, or was made read-only), or damaged: the gate goes on as far as it may."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A decision with what the journal says beside it. `took_s`: from the deciding input to the decision."""

    decision: Decision
    seen_at: datetime
    took_s: float
    image: ImageRule
    command: Command | None = None

    def entry(self, correlation: UUID, lane_id: UUID, token: str | None) -> Entry:
        """The token names its holder, so it is sealed under their key."""
        command, claimed = self.command, claimed_pass(token) if token else None
        body = DecisionMade(
            decision=self.decision,
            seen_at=self.seen_at,
            duration_us=max(0, int(self.took_s * 1e6)),
            picture=self.image is ImageRule.KEPT,
            image_rule=self.image,
            liveness=self.decision.detail.get("liveness", Liveness.NOT_MEASURED),
            party=claimed.party if claimed else 1,
            command_id=command.command_id if command else None,
            actor_id=command.actor_id if command else None,
            said=command.reason if command else None,
        )
        personal = token.encode() if token else None
        return Entry(body, correlation, lane_id, personal=personal, person_id=self.decision.cardholder_id)


def image_rule(seen: bool, snapshot: Snapshot | None) -> ImageRule:
    """Whether a picture of this decision is kept, and why not (ACC-06). `seen`: a fresh frame of it is there."""
    if snapshot is None or not snapshot.send_pictures:
        return ImageRule.NOT_ALLOWED
    return ImageRule.KEPT if seen else ImageRule.NO_PICTURE


class Recorder:
    """The lane thread's way to the journal. Not thread-safe: one thread owns it."""

    def __init__(
        self,
        journal: Journal,
        lane_ids: Callable[[str], UUID],
        now: Callable[[], datetime] = utc_now,
        standing: StandingAlarms | None = None,
    ):
        self._journal, self._now = journal, now
        self._lane_ids = lane_ids
        self._waiting: deque[Entry] = deque(maxlen=WAITING_MAX)
        self._standing = standing or StandingAlarms()
        self.hearers: list[Callable[[EventBody, UUID, UUID | None, datetime, int | None], None]] = []
        """Are told of every line that is in the journal now, in its order."""

    def decided(self, entry: Entry, *more: Entry) -> Event | None:
        """The event of a decision that is on disk now; None when the disk would not take it."""
        try:
            return self._append((entry, *more))[0]
        except UNWRITABLE as error:
            log.error("the journal cannot be written, so nothing is opened: %s", error)
            self._wait((entry, *more, *_unopened(entry)), error)
            return None

    def say(self, body: EventBody, lane: str | None = None, correlation: UUID | None = None) -> None:
        """Write one line, at the latest when there is room again."""
        self.say_all((self.entry(body, lane, correlation),))

    def say_all(self, entries: tuple[Entry, ...]) -> None:
        if not entries:
            return
        try:
            self._append(entries)
        except UNWRITABLE as error:
            log.error("the journal cannot be written; %d lines wait: %s", len(self._waiting) + len(entries), error)
            self._wait(entries, error)

    def write_waiting(self) -> None:
        """Try again with what waits; called on every tick."""
        if self._waiting:
            with suppress(*UNWRITABLE):  # said when they began to wait
                self._append(())

    def _append(self, entries: tuple[Entry, ...]) -> tuple[Event, ...]:
        """Write what waits and then these, in the order in which they happened. Raises UNWRITABLE."""
        waiting = tuple(self._waiting)
        events = self._journal.append(*waiting, *entries)
        self._waiting.clear()
        for entry, event in zip((*waiting, *entries), events, strict=True):
            for hear in self.hearers:
                hear(entry.body, event.correlation, event.lane_id, event.at, event.skew_ms)
        self.end_alarm(AlarmKind.DISK)
        return events[len(waiting) :]

    def _wait(self, entries: tuple[Entry, ...], error: Exception) -> None:
        """Keep them, each with the time at which it happened, and say once that the disk is the trouble."""
        lost = len(self._waiting) + len(entries) - WAITING_MAX
        if lost > 0:
            log.error("too many lines wait: the %d oldest are given up", lost)
        self._waiting.extend(replace(entry, at=entry.at or self._now()) for entry in entries)
        self.raise_alarm(AlarmKind.DISK, detail=str(error)[:300])

    def entry(self, body: EventBody, lane: str | None = None, correlation: UUID | None = None) -> Entry:
        return Entry(body=body, correlation=correlation or new_id(), lane_id=self._lane_ids(lane) if lane else None)

    def raise_alarm(
        self, alarm: AlarmKind, lane: str | None = None, device: str | None = None, detail: str | None = None
    ) -> None:
        """Raise once; a second time is silent until it was over."""
        key = (alarm, lane, device)
        if key not in self._standing:
            self._standing.add(key)
            self.say(Alarm(alarm=alarm, device=device, detail=detail), lane)

    def raise_pictured(self, alarm: AlarmKind, lane: str) -> Event | None:
        """Raise one whose picture comes with it; its event, None where it stands already, or the disk would not take it
        now: it is told later then, and promises none."""
        key = (alarm, lane, None)
        if key in self._standing:
            return None
        self._standing.add(key)
        try:
            return self._append((self.entry(Alarm(alarm=alarm, picture=True), lane),))[0]
        except UNWRITABLE as error:
            self._wait((self.entry(Alarm(alarm=alarm), lane),), error)
            return None

    def end_alarm(self, alarm: AlarmKind, lane: str | None = None, device: str | None = None) -> None:
        key = (alarm, lane, device)
        if key in self._standing:
            self._standing.drop(key)
            self.say(Alarm(alarm=alarm, over=True, device=device), lane)
            self._standing.keep()


def _unopened(entry: Entry) -> tuple[Entry, ...]:
    """A grant that is not on disk opens nothing, and its use is given back; but the exit button opens all the same."""
    body = entry.body
    if not isinstance(body, DecisionMade) or body.decision.outcome is not Outcome.GRANT:
        return ()
    if body.decision.kind is Kind.EXIT_BUTTON:
        return ()
    return (replace(entry, body=Passage(passed=False, why="not_released"), personal=None, person_id=None),)
