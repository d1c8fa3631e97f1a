"""Two questions to a journal file about faces, asked beside its writer: which decisions name a person, what was said.

Each reads the whole file once, over a connection of its own, so that no lane waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from edge.store.database import connect

_NAMES = re.compile(r'"cardholder_id":"([0-9a-f-]{36})"')


def decisions_about(path: Path, cardholders: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Cardholder -> the decisions (event ids) about them; none where there is no journal. Raises DatabaseCorrupt."""
    wanted = {str(one): one for one in cardholders}
    found: dict[UUID, list[UUID]] = {}
    if not path.exists():
        return found
    connection = connect(path, read_only=True)
    try:
        for raw_id, body in connection.execute(
            'SELECT event_id, body FROM events WHERE instr(body, \'"kind":"decision"\')'
        ):
            named = _NAMES.search(body)
            if named is not None and named[1] in wanted:
                found.setdefault(wanted[named[1]], []).append(UUID(bytes=raw_id))
    finally:
        connection.close()
    return found


def said(path: Path, correlations: Collection[UUID]) -> frozenset[UUID]:
    """Those of the correlation ids under which the journal has an event."""
    wanted = {one.bytes: one for one in correlations}
    connection = connect(path, read_only=True)
    try:
        rows = connection.execute("SELECT correlation FROM events")
        return frozenset(wanted[raw_id] for (raw_id,) in rows if raw_id in wanted)
    finally:
        connection.close()
