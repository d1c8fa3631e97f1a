"""Questions to a journal file about faces, asked beside its writer: which decisions name a person, what was said.

Each reads the whole file once, over a connection of its own, so that no lane waits for it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from edge.store.database import DatabaseCorrupt, connect
from edge.store.files import copies_aside
from models.values.time import EPOCH
from models.wire.events import ABOUT_PEOPLE, EVENT_BODY, Alarm

_NAMES = re.compile(r'"cardholder_id":"([0-9a-f-]{36})"')
_ABOUT = """
SELECT event_id, at_us, CAST(body AS BLOB) FROM events
WHERE instr(body, '"kind":"decision"') OR instr(body, '"kind":"alarm"')
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """What the journals say. `about`: person -> the decisions (event ids) about them. `known`: of whomever. `alarms`:
    when one about people was raised."""

    about: dict[UUID, set[UUID]] = field(default_factory=dict)
    known: set[UUID] = field(default_factory=set)
    alarms: list[datetime] = field(default_factory=list)


def decided_about(path: Path, cardholders: Collection[UUID]) -> Decided:
    """By the journal at `path`, if there is one, and those that were set aside beside it, as far as these can be read.
    Raises DatabaseCorrupt for the journal itself."""
    wanted, found = {str(one): one for one in cardholders}, Decided()
    for aside in copies_aside(path):
        try:
            _read(aside, wanted, found)
        except (DatabaseCorrupt, sqlite3.Error):  # nobody can say what else it says
            continue
    if path.exists():
        _read(path, wanted, found)
    return found


def _read(path: Path, wanted: dict[str, UUID], found: Decided) -> None:
    for raw_id, at_us, raw in _rows(path, _ABOUT):
        body = raw.decode(errors="replace")
        if '"kind":"alarm"' in body:
            alarm = _alarm(body)
            if alarm is not None and not alarm.over and alarm.alarm in ABOUT_PEOPLE:
                found.alarms.append(EPOCH + timedelta(microseconds=at_us))
            continue
        if len(raw_id) != 16:  # a damaged row
            continue
        event_id, named = UUID(bytes=raw_id), _NAMES.search(body)
        found.known.add(event_id)
        if named is not None and named[1] in wanted:
            found.about.setdefault(wanted[named[1]], set()).add(event_id)


def said(path: Path, correlations: Collection[UUID]) -> frozenset[UUID]:
    """Those of the correlation ids under which the journal has an event."""
    wanted = {one.bytes: one for one in correlations}
    rows = _rows(path, "SELECT correlation FROM events")
    return frozenset(wanted[raw_id] for (raw_id,) in rows if raw_id in wanted)


def _rows(path: Path, query: str) -> Iterator[tuple[Any, ...]]:
    connection = connect(path, read_only=True)
    try:
        yield from connection.execute(query)
    finally:
        connection.close()


def _alarm(body: str) -> Alarm | None:
    """None: of another kind, or damaged."""
    try:
        read = EVENT_BODY.validate_json(body)
    except ValueError:
        return None
    return read if isinstance(read, Alarm) else None
