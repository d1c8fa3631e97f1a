"""Events up: from the cursor, in batches, as often as needed, until central says it has them.

Central stores each event once, however often it is sent; so an answer that was lost costs a second sending and nothing
else. An event that central refuses five times, alone, becomes a dead letter and holds up nothing (SYNC-10); nor does
one whose row in the journal is damaged: what is left of it is kept beside the letters. Alarms are announced
ahead of a backlog (`ahead.py`). Pictures go after events and one
at a time, so that a full picture queue never delays an event (SYNC-11).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from edge.journal.errors import RowDamaged
from edge.journal.journal import Journal, JournalError
from edge.journal.pictures import Pictures
from edge.sync.ahead import Ahead
from edge.sync.client import CentralClient
from edge.sync.errors import Refused, SyncError, Unauthorised
from edge.sync.letters import Held, Letter, Letters
from edge.sync.status import Backoff, LinkState, SyncStatus
from models.values.time import utc_now
from models.wire.envelope import BATCH_MAX, AlarmsAhead, Batch, Event

BATCH_BYTES = 1_000_000  # of bodies and sealed parts; one event always goes, whatever its size
PICTURE_TRIES = 5
EVENT_TRIES = 5
FORK = "fork"  # central's word for an event whose number it knows with another content
LETTERS_IN_A_ROW = 10
"""After so many, and no event taken in between, the trouble is central and not the events: then all of them wait."""

LOOK_S = 0.5  # how often a waiting uplink looks whether it shall stop, or pictures have come

log = logging.getLogger(__name__)


class Uplink:
    """`run` is the thread; it ends when `stop` is set, and for no answer of central's."""

    def __init__(
        self, journal: Journal, pictures: Pictures | None, client: CentralClient, *,
        send_pictures: Callable[[], bool] = lambda: False, now: Callable[[], datetime] = utc_now,
        backoff: Backoff | None = None, letters: Letters | None = None,
        alarm: Callable[[str | None], None] = lambda detail: None,
    ) -> None:  # fmt: skip
        """`send_pictures`: whether the community lets event pictures leave the node, asked before each.

        Without `letters` a refused event is tried for ever. `alarm` is told when central has other events under these
        numbers: this journal began twice. None says that it is over.
        """
        self._journal, self._pictures, self._client = journal, pictures, client
        self._send_pictures, self._now, self._alarm = send_pictures, now, alarm
        self._backoff = backoff or Backoff()
        self._state = LinkState(now)
        self._sent_to = journal.acked_seq  # what the next batch follows
        self._lost_before = False
        self._forked: bool | None = None  # nobody has said yet
        self._ahead: Ahead | None = Ahead()
        self._batch_max = BATCH_MAX
        self._letters = letters
        held = letters.held() if letters is not None else Held((), (), ())
        self._letters_again = sorted((*(letter.event.seq for letter in held.letters), *held.unread))
        self._letters_in_a_row = 0
        self._refused_seq, self._refusals = 0, 0
        self._picture_refusals: dict[UUID, int] = {}
        self._pictures_backoff, self._pictures_from_s = Backoff(), 0.0

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                busy = self.step()
            except (SyncError, JournalError, OSError) as error:
                self._state.went_wrong(error, offline=not isinstance(error, Refused))
                log.warning("uplink: %s", error)
                stop.wait(self._backoff.next_s())
                continue
            if not busy:
                self._journal.wait_for_news(self._sent_to, LOOK_S)

    def step(self) -> bool:
        """Send what comes next, once. False when there was nothing. Raises SyncError, JournalError."""
        if self._send_ahead():
            return True
        events = self._next_events()
        if events:
            self._send(events)
            return True
        return self._send_letter() or self._send_picture()

    def status(self) -> SyncStatus:
        """`queue`: events that central does not have yet."""
        head, _ = self._journal.head()
        waiting = self._pictures.waiting() if self._pictures is not None else 0
        return self._state.status(head - self._journal.acked_seq, waiting)

    # -- alarms ahead ---------------------------------------------------------------------------------------------

    def _send_ahead(self) -> bool:
        """Announce what stands, before a backlog of more than one batch. False when there is nothing to announce."""
        alarms = self._ahead.next(self._journal, self._sent_to) if self._ahead is not None else ()
        if self._ahead is None or not alarms:
            return False
        try:
            self._client.send_alarms_ahead(
                AlarmsAhead.model_construct(v=1, node_id=alarms[0].node_id, sent_at=self._now(), events=alarms)
            )
        except Refused as refusal:
            log.warning("central takes no alarms ahead (%s); they come in their turn", refusal.problem)
            self._ahead = None
            return False
        self._ahead.announced(alarms)
        self._went_well()
        return True

    # -- events --------------------------------------------------------------------------------------------------

    def _next_events(self) -> tuple[Event, ...]:
        """What follows, as far as it is consecutive. What is kept aside is left out, and what is damaged put aside."""
        head, _ = self._journal.head()
        aside = self._letters.seqs() if self._letters is not None else frozenset[int]()
        after = self._sent_to
        while events := self._readable(after, aside):
            batch: list[Event] = []
            size = 0
            for event in events:
                size += len(event.body) + len(event.sealed or b"")
                if batch and (size > BATCH_BYTES or event.seq in aside or event.seq != batch[-1].seq + 1):
                    break
                if event.seq not in aside:
                    batch.append(event)
            if batch:
                return tuple(batch)
            after = events[-1].seq
        if head > self._sent_to:  # all the rest is kept aside, or is not there: central hears that with the next event
            self._sent_to, self._lost_before = head, False
            self._journal.mark_acked(head)
        return ()

    def _readable(self, after: int, aside: frozenset[int]) -> tuple[Event, ...]:
        """The next events that can be read; rows that cannot are kept aside on the way, as letters are."""
        while True:
            try:
                return self._journal.read(after, self._batch_max)
            except RowDamaged as damaged:
                if self._letters is None:
                    raise
                if damaged.seq not in aside:
                    self._letters.keep_damaged(damaged.seq, damaged.remains, str(damaged))
                    log.error("event %d was kept aside: %s", damaged.seq, damaged)
                after = damaged.seq

    def _send(self, events: tuple[Event, ...]) -> None:
        batch = Batch.model_construct(
            v=1,
            node_id=events[0].node_id,
            sent_at=self._now(),
            lost_before=self._lost_before and events[0].seq > self._sent_to + 1,
            events=events,
        )
        try:
            receipt = self._client.send_batch(batch)
        except Refused as refusal:
            if refusal.problem.slug == "gap" and self._fill_gap(refusal):
                return
            if refusal.problem.slug != "gap" and len(events) == 1 and self._becomes_letter(events[0], refusal):
                return
            self._batch_max = max(1, len(events) // 2)  # if one event is the trouble, it shall not hold 499 others
            raise
        self._went_well()
        self._batch_max = min(BATCH_MAX, self._batch_max * 2)
        self._lost_before = False
        self._letters_in_a_row = 0
        if receipt.acked_seq > self._sent_to:
            self._sent_to = min(receipt.acked_seq, events[-1].seq)
            self._journal.mark_acked(self._sent_to)
        for parked in receipt.parked:
            log.warning("central parked event %d: %s", parked.seq, parked.reason)
        forked = [parked.seq for parked in receipt.parked if parked.reason == FORK]
        if forked:
            self._forked = True
            self._alarm(
                f"中心在事件 {forked[0]} 的序号上已有别的内容：日志重新开始过，通行码次数可能少计。"
                f"请告知管理员，再执行 set-aside / central has another event {forked[0]}: this journal began anew and "
                "may count too few uses of passes. Tell the administrator, then set the journal aside"
            )
        elif self._forked is None:  # the counts stay wrong, so that it stands until a person has started the node anew
            self._forked = False
            self._alarm(None)

    def _fill_gap(self, refusal: Refused) -> bool:
        """Central lacks events before these: go back to them, or say that they are gone. False when that was tried."""
        expected = refusal.problem.extra.get("expected_seq")
        tried, self._lost_before = self._lost_before, False
        if tried or not isinstance(expected, int) or not 1 <= expected <= self._journal.head()[0]:
            return False
        log.warning("central lacks events from %d on", expected)
        self._sent_to, self._lost_before = expected - 1, True
        return True

    # -- letters -------------------------------------------------------------------------------------------------

    def _becomes_letter(self, event: Event, refusal: Refused) -> bool:
        """Count a refusal of one event alone; with the fifth it is kept aside, and the queue goes on behind it.

        Central then misses it, says so (a gap), and hears with the next batch that it is to go on without.
        """
        self._refusals = self._refusals + 1 if event.seq == self._refused_seq else 1
        self._refused_seq = event.seq
        if self._letters is None or self._refusals < EVENT_TRIES or self._letters_in_a_row >= LETTERS_IN_A_ROW:
            return False
        self._letters.keep(event, str(refusal.problem))
        self._letters_in_a_row += 1
        log.error("event %d is a dead letter now: %s", event.seq, refusal.problem)
        self._sent_to = event.seq
        self._journal.mark_acked(event.seq)
        return True

    def _send_letter(self) -> bool:
        """Once per start, and only when nothing else waits: central takes a late event only behind later ones."""
        if self._letters is None or not self._letters_again:
            return False
        seq = self._letters_again[0]
        letter = self._letters.get(seq) or self._letter_from_journal(seq)
        refused = self._letters.resend(letter, self._client) if letter is not None else "it is nowhere to be read"
        del self._letters_again[0]
        log.warning("the letter of event %d: %s", seq, refused or "central has it now")
        return True

    def _letter_from_journal(self, seq: int) -> Letter | None:
        """For a letter whose file was damaged; None when the journal no longer has the event."""
        try:
            events = self._journal.read(seq - 1, 1)
        except RowDamaged:
            return None
        found = next((event for event in events if event.seq == seq), None)
        return Letter(event=found, reason="", at=self._now()) if found is not None else None

    # -- pictures ------------------------------------------------------------------------------------------------

    def _send_picture(self) -> bool:
        """Send the oldest waiting picture. False when none waits or none may be sent."""
        if self._pictures is None or time.monotonic() < self._pictures_from_s or not self._send_pictures():
            return False
        for event_id in self._pictures.pending(1):
            jpeg = self._pictures.take(event_id)
            if jpeg is None:
                return True  # torn or gone: it no longer waits
            try:
                self._client.send_picture(event_id, jpeg, self._pictures.about(event_id).shows)
            except (Refused, Unauthorised) as error:
                self._picture_refused(self._pictures, event_id, error)
                return False
            self._picture_refusals.pop(event_id, None)
            self._pictures_backoff.reset()
            self._pictures.sent(event_id)
            self._went_well()
            return True
        return False

    def _picture_refused(self, pictures: Pictures, event_id: UUID, error: SyncError) -> None:
        """Pictures wait a while; events do not. After five refusals it is set aside for a person to see (SYNC-10)."""
        log.warning("the picture of event %s: %s", event_id, error)
        self._state.went_wrong(error, offline=False)
        self._pictures_from_s = time.monotonic() + self._pictures_backoff.next_s()
        tries = self._picture_refusals[event_id] = self._picture_refusals.get(event_id, 0) + 1
        if tries >= PICTURE_TRIES:
            pictures.refused(event_id)
            del self._picture_refusals[event_id]

    def _went_well(self) -> None:
        self._backoff.reset()
        self._state.went_well()
