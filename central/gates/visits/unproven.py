"""Alarms whose place in the chain is not proven: they stand all the same, before anybody has looked into the chain.

A broken or forked chain says that records may have been altered. It is no reason to keep a fire or a person under
threat from the guard: the node signed the word, as it signs one that it announces ahead (`ahead.py`). The alarm has
the event's id, so that the event, once it is taken, makes the same one.

An end is believed of what stands on the same footing only: it ends no alarm that the chain proves, none of another
stretch, and nothing at all while two speak as this node, since either could then call off the other's alarm. What is
not ended here waits, standing, for the person who decides about the chain.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from central.gates.ingest import queries as journal
from central.gates.ingest.projections import Aside
from central.gates.ingest.rules import UNPROVEN, ParkReason
from central.gates.visits.live import mark
from central.gates.visits.projection import close_alarms, raise_ahead
from central.gates.visits.tables import AlarmRow


def on_aside(db: Session, aside: Aside) -> None:
    """An alarm event was parked, or rejected. May run again for the same event."""
    if aside.body.over:
        if aside.rejected_at is None:
            _end(db, aside)
        else:
            _undo(db, aside)
        return
    if aside.reason in UNPROVEN:
        raise_ahead(db, aside.event, aside.body, aside.received_at)
    if aside.rejected_at is not None:
        _reject(db, aside)


def _end(db: Session, aside: Aside) -> None:
    if aside.reason is ParkReason.FORK or journal.is_forked(db, aside.event.node_id):
        return
    alike = journal.waiting_alarms(db, aside.event.node_id, aside.reason)
    close_alarms(db, aside.event, aside.body, AlarmRow.alarm_id.in_(alike))


def _undo(db: Session, aside: Aside) -> None:
    """The end counts for nothing: what it ended stands again."""
    if aside.reason is ParkReason.FORK:
        return  # it ended nothing, and its number may be that of an end that did
    event = aside.event
    _set(db, AlarmRow.node_id == event.node_id, AlarmRow.over_seq == event.seq, over_at=None, over_seq=None)


def _reject(db: Session, aside: Aside) -> None:
    taken = journal.by_event_id(db, aside.event.event_id)
    if taken is not None and taken.event.hash != aside.event.hash:
        return  # the alarm of that id, if any, is another event's
    _set(db, AlarmRow.alarm_id == aside.event.event_id, AlarmRow.over_at.is_(None), over_at=aside.rejected_at)


def _set(db: Session, *which: ColumnElement[bool], **values: object) -> None:
    changed = db.execute(
        update(AlarmRow)
        .where(AlarmRow.origin == "node", *which)
        .values(**values)
        .returning(AlarmRow.alarm_id, AlarmRow.community_id)
    )
    for alarm_id, community_id in changed:
        mark(db, "alarm", alarm_id, community_id)
