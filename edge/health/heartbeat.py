"""What the node says about itself with each poll, for the page of nodes (SYNC-18). What it cannot say it leaves out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from edge.health.clock import Clock
from edge.health.disk import usage
from edge.journal.journal import Journal
from edge.sync.letters import Letters
from edge.version import VERSION

log = logging.getLogger(__name__)


class Heartbeat:
    """A call gives the query parameters of the poll: events not yet acknowledged, dead letters, skew, free disk."""

    def __init__(
        self, journal: Journal, clock: Clock, folder: Path, letters: Letters,
        measure: Callable[[Path], tuple[int, int]] = usage,
    ) -> None:  # fmt: skip
        self._journal, self._clock, self._folder, self._measure = journal, clock, folder, measure
        self._letters = letters

    def __call__(self) -> dict[str, str]:
        head, _ = self._journal.head()
        said = {"queue": str(max(0, head - self._journal.acked_seq)), "software": VERSION}
        skew_ms = self._clock.skew_ms()
        if skew_ms is not None:
            said["skew_ms"] = str(skew_ms)
        try:
            said["letters"] = str(len(self._letters.seqs()))
            said["disk_free_mb"] = str(self._measure(self._folder)[1] // 1_000_000)
        except OSError as error:
            log.warning("the disk cannot be measured: %s", error)
        return said
