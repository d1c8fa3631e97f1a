"""Alarms ahead of a backlog: what stands is announced at once, and comes again in its place in the chain (SYNC-11).

The journal goes up in order, or its chain would prove nothing; behind an outage an alarm of this minute may stand
after a hundred thousand events. So the alarms among what waits are sent first, as they are, duress before all others
(ACC-20). Central shows them at once; the event in the chain has the same id and is the same alarm. One that the
journal already says is over is not announced: it would be a card about nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pydantic import ValidationError

from edge.journal.errors import RowDamaged
from edge.journal.journal import Journal
from models.wire.envelope import AHEAD_MAX, BATCH_MAX, Event
from models.wire.events import EVENT_BODY, Alarm, AlarmKind

log = logging.getLogger(__name__)


def standing(events: Iterable[Event]) -> tuple[Event, ...]:
    """The alarms among these events that none of them ends, duress first, then the oldest."""
    open_now: dict[tuple[object, ...], list[tuple[Event, Alarm]]] = {}
    for event in events:
        body = _alarm_of(event)
        if body is not None:
            place = (body.alarm, event.lane_id, body.device)
            if body.over:
                open_now.pop(place, None)
            else:
                open_now.setdefault(place, []).append((event, body))
    found = [one for alarms in open_now.values() for one in alarms]
    found.sort(key=lambda one: (one[1].alarm is not AlarmKind.DURESS, one[0].seq))
    return tuple(event for event, _ in found)


def _alarm_of(event: Event) -> Alarm | None:
    if '"alarm"' not in event.body:  # most events, without reading them
        return None
    try:
        body = EVENT_BODY.validate_json(event.body)
    except ValidationError:
        return None
    return body if isinstance(body, Alarm) else None


class Ahead:
    """Looks through a backlog once, and afterwards only through what is added to it."""

    def __init__(self) -> None:
        self._looked_to = 0
        self._waiting: list[Event] = []

    def next(self, journal: Journal, sent_to: int) -> tuple[Event, ...]:
        """What is to be announced before the batch that follows `sent_to`; asked again until `announced`."""
        head, _ = journal.head()
        if head - sent_to <= BATCH_MAX:  # the next batch carries everything anyway
            self._looked_to, self._waiting = head, []
            return ()
        if self._looked_to < head:
            added = self._added(journal, max(self._looked_to, sent_to))
            self._waiting = list(standing((*self._waiting, *added)))
            self._looked_to = head
        return tuple(self._waiting[:AHEAD_MAX])

    def announced(self, events: tuple[Event, ...]) -> None:
        """Central has these."""
        self._waiting = self._waiting[len(events) :]

    def _added(self, journal: Journal, after: int) -> list[Event]:
        alarms: list[Event] = []
        while True:
            try:
                events = journal.read(after, BATCH_MAX)
            except RowDamaged as damaged:
                after = damaged.seq
                continue
            if not events:
                return alarms
            alarms += [event for event in events if _alarm_of(event) is not None]
            after = events[-1].seq
