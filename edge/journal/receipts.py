"""Brings events that wait beside the templates into the journal, each once: its correlation is the note's own id."""

from __future__ import annotations

import threading
from pathlib import Path

from edge.journal.about import said
from edge.journal.journal import Entry, Journal
from edge.store.templates import Templates
from models.wire.events import EVENT_BODY

LOOK_S = 1.0
AT_ONCE = 500


class FaceReceipts:
    """`run` is a thread: a technician's command beside the running node leaves its events here too."""

    def __init__(self, templates: Templates, journal: Journal, path: Path) -> None:
        """`path`: the journal's file."""
        self._templates, self._journal, self._path = templates, journal, path
        self._lock = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(LOOK_S):
            self.bring()

    def bring(self) -> int:
        """Returns how many events were written. Raises JournalError, and then they still wait."""
        written = 0
        with self._lock:
            owed = self._templates.owed()
            there = said(self._path, [note_id for note_id, _ in owed]) if owed else frozenset()
            for start in range(0, len(owed), AT_ONCE):
                part = owed[start : start + AT_ONCE]
                entries = [
                    Entry(EVENT_BODY.validate_json(body), correlation=note_id)
                    for note_id, body in part
                    if note_id not in there
                ]
                self._journal.append(*entries)
                self._templates.told([note_id for note_id, _ in part])
                written += len(entries)
        return written
