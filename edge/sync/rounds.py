"""When a desk asks central for its mail: at once when somebody knocks, else once in a while; after a fault it waits.

A knock ends that wait too, for who knocks has just heard of central. But once only: central says with every answer that
mail waits, for as long as it cannot be fetched, and a gate that tried again each time would knock its central down.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from edge.sync.status import Backoff

STOP_LOOK_S = 0.5
"""How long a stop goes unnoticed at most."""

log = logging.getLogger(__name__)


class Rounds:
    """`run` is the thread. Any thread may knock."""

    def __init__(
        self, every_s: float, faults: tuple[type[Exception], ...], backoff: Backoff | None = None,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`every_s`: seconds between two rounds for which nobody knocked. `faults`: what is waited out and tried again;
        anything else ends `run`."""
        self._every_s, self._faults, self._backoff, self._mono = every_s, faults, backoff or Backoff(), mono
        self._knocked = threading.Event()

    def knock(self) -> None:
        self._knocked.set()

    def is_knocked(self) -> bool:
        """Whether the next round begins at once."""
        return self._knocked.is_set()

    def run(self, step: Callable[[], None], stop: threading.Event, what: str) -> None:
        """`what`: whose rounds, for the log."""
        hurried = False
        while not stop.is_set():
            self._knocked.clear()  # what was knocked for until now, this round does
            try:
                step()
            except self._faults as error:
                log.warning("%s: %s", what, error)
                wait_s = self._backoff.next_s()
                hurried = stop.wait(wait_s) if hurried else self._rested(stop, wait_s)
                continue
            hurried = False
            self._backoff.reset()
            self._rested(stop, self._every_s)

    def _rested(self, stop: threading.Event, seconds: float) -> bool:
        """Wait; True where a knock ended it."""
        until = self._mono() + seconds
        while not stop.is_set() and (left := until - self._mono()) > 0:
            if self._knocked.wait(min(STOP_LOOK_S, left)):
                return True
        return False
