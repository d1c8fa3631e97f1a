"""Who turns events into tables. Domains register at start-up; what they write is saved together with the cursor.

An event whose projection fails is parked and the others go on (SYNC-10). So that a good batch costs one savepoint and
not five hundred, all run inside one first; only when something raises does each run inside its own, and then each sees
only those before it: one bad event must not take the good ones of the same access with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from central.gates.ingest.queries import HELD
from central.gates.ingest.rules import ParkReason
from models.wire.envelope import Event
from models.wire.events import Alarm

log = logging.getLogger(__name__)

Project = Callable[[Session, Event, Any], None]
"""(transaction, event, its parsed body). Raises to have the event parked. May run again for the same event."""
OncePer = Callable[[Event], Hashable]
GateOf = Callable[[Session, UUID], UUID | None]
"""(transaction, node id) -> the gate at which it stands."""
AfterBatch = Callable[[Session], None]
"""Called once when a batch is through, in its transaction."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is wrong with a journal itself. `over`: a person has dealt with it."""

    kind: str
    node_id: UUID
    community_id: UUID
    detail: str
    at: datetime
    over: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """An alarm event that is parked. Its visit can wait for a person; who is under threat cannot.

    `rejected_at`: when a person decided that it counts for nothing.
    """

    event: Event
    body: Alarm
    reason: ParkReason
    received_at: datetime
    rejected_at: datetime | None = None


OnTrouble = Callable[[Session, Trouble], None]
OnAside = Callable[[Session, Aside], None]


@dataclass(frozen=True, slots=True)
class _Registered:
    project: Project
    once_per: OncePer | None


class Projections:
    """The registry. Registering the same function twice is harmless: several apps may live in one process.

    `gate_of` is set by gates/nodes, which stands above.
    """

    def __init__(self) -> None:
        self._by_kind: dict[str, list[_Registered]] = {}
        self._after: list[AfterBatch] = []
        self._trouble: list[OnTrouble] = []
        self._aside: list[OnAside] = []
        self.gate_of: GateOf = _no_gate

    def on(self, kind: str, project: Project, *, once_per: OncePer | None = None) -> None:
        """Call `project` for every event of this kind, in order of registration.

        once_per: for a projection whose row is a function of all events with one key (read from the journal), or of
        the last one: in a batch it is then called for the last event of each key only, to the same end.
        """
        _add(self._by_kind.setdefault(kind, []), _Registered(project, once_per))

    def off(self, kind: str, project: Project) -> None:
        self._by_kind[kind] = [one for one in self._by_kind.get(kind, []) if one.project is not project]

    def after_batch(self, call: AfterBatch) -> None:
        _add(self._after, call)

    def on_trouble(self, call: OnTrouble) -> None:
        _add(self._trouble, call)

    def tell(self, db: Session, trouble: Trouble) -> None:
        for call in self._trouble:
            call(db, trouble)

    def on_aside(self, call: OnAside) -> None:
        _add(self._aside, call)

    def tell_aside(self, db: Session, aside: Aside) -> None:
        """Each in a savepoint: an alarm that cannot be shown is parked all the same, and holds up nothing (SYNC-10)."""
        for call in self._aside:
            try:
                with db.begin_nested():
                    call(db, aside)
            except OperationalError:
                raise
            except Exception:  # it stays parked, where a person sees it; the batch must go through
                log.exception("a parked alarm could not be shown", extra={"event_id": str(aside.event.event_id)})

    def settle(self, db: Session) -> None:
        for call in self._after:
            call(db)

    def run(self, db: Session, events: Sequence[tuple[Event, Any]]) -> dict[UUID, str]:
        """Project events in order. Returns what failed: event id -> words. A lost connection is not caught."""
        if not events:
            return {}
        try:
            with db.begin_nested():
                self.project_all(db, events)
            return {}
        except OperationalError:
            raise  # the database, not the event: the whole batch is sent again
        except Exception:  # whichever event it was is found one by one
            log.warning("a projection failed; taking the batch event by event", exc_info=True)
        return self._one_by_one(db, events)

    def _one_by_one(self, db: Session, events: Sequence[tuple[Event, Any]]) -> dict[UUID, str]:
        failed: dict[UUID, str] = {}
        held = {event.event_id for event, _ in events}
        db.info[HELD] = held
        try:
            for event, body in events:
                held.discard(event.event_id)
                words = self._try(db, event, body)
                if words is not None:
                    held.add(event.event_id)
                    failed[event.event_id] = words
        finally:
            del db.info[HELD]
        return failed

    def _try(self, db: Session, event: Event, body: Any) -> str | None:
        try:
            with db.begin_nested():
                self._project(db, event, body)
        except OperationalError:
            raise
        except Exception as error:  # this event is parked and shown; it must not hold up the chain (SYNC-10)
            log.exception("parked: its projection failed", extra={"event_id": str(event.event_id), "seq": event.seq})
            return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
        return None

    def project_all(self, db: Session, events: Sequence[tuple[Event, Any]]) -> None:
        """Consecutive events of one node, or a rebuild's, all of them stored. Raises what a projection raises."""
        last: dict[tuple[Project, Hashable], int] = {}
        for place, (event, body) in enumerate(events):
            for one in self._by_kind.get(body.kind, []):
                if one.once_per is not None:
                    last[one.project, one.once_per(event)] = place
        for place, (event, body) in enumerate(events):
            for one in self._by_kind.get(body.kind, []):
                if one.once_per is None or last[one.project, one.once_per(event)] == place:
                    one.project(db, event, body)

    def _project(self, db: Session, event: Event, body: Any) -> None:
        for one in self._by_kind.get(body.kind, []):
            one.project(db, event, body)


def _no_gate(db: Session, node_id: UUID) -> UUID | None:
    raise LookupError("nobody has said at which gates nodes stand (gates/nodes does, at start)")


def _add(calls: list[Any], call: Any) -> None:
    if call not in calls:
        calls.append(call)


projections = Projections()
"""The process's registry."""
